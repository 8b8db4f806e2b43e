/**
 * Reads a socket with recvmmsg(2) into slots that every socket shares. The vectors are laid out once:
 * struct mmsghdr has 64 bytes on 64-bit Linux: name 0, namelen 8, iov 16, iovlen 24, control 32, controllen 40, flags 48, msg_len 56.
 */
import { datagramFlags, noAddress, type Receive, type UdpCounters } from '../port.ts';
import { type AddressBook, sockaddrBytes, sockaddrWords } from './address-book.ts';
import { type Address, error, errorName, type Libc, level, message, option, pinned } from './libc.ts';
import type { RealtimeOffset } from './realtime-offset.ts';

/** Datagrams read by one call. Those of one socket stay in the processor's cache until they are handed over. */
export const batch = 64;
const headerBytes = 64;
const headerWords = headerBytes / 4;
/** One SO_TIMESTAMPNS message takes 32: cmsghdr (length 0, level 8, type 12), seconds 16, nanoseconds 24. */
const controlBytes = 64;
const controlWords = controlBytes / 4;
const word = { nameLength: 2, controlLength: 10, flags: 12, length: 14 } as const;

/** Whether the socket has more to read. */
export type Left = 'nothing' | 'more';

export class Inbox {
  readonly bytes: Buffer;
  readonly #libc: Libc;
  readonly #book: AddressBook;
  readonly #clock: RealtimeOffset;
  readonly #counters: UdpCounters;
  readonly #fds: Int32Array;
  readonly #slotBytes: number;
  readonly #data: ReturnType<typeof pinned>;
  readonly #vectors = pinned(batch * 16);
  readonly #names = pinned(batch * sockaddrBytes);
  readonly #controls = pinned(batch * controlBytes);
  /** Connected sockets have vectors of their own, that ask for no sender's address. */
  readonly #headers = [pinned(batch * headerBytes), pinned(batch * headerBytes)] as const;
  readonly #connected: Int32Array;
  readonly #unconnected: Int32Array;
  readonly #nameWords: Int32Array;
  readonly #controlWords: Int32Array;
  readonly #connectedAt: Address;
  readonly #unconnectedAt: Address;

  /** `fds` belongs to the port: the descriptor of each handle, negative when closed. */
  constructor(
    libc: Libc,
    book: AddressBook,
    realtime: RealtimeOffset,
    counters: UdpCounters,
    fds: Int32Array,
    datagramBytes: number,
  ) {
    this.#libc = libc;
    this.#book = book;
    this.#clock = realtime;
    this.#counters = counters;
    this.#fds = fds;
    this.#slotBytes = datagramBytes;
    this.#data = pinned(batch * datagramBytes);
    this.bytes = Buffer.from(this.#data.memory);
    this.#nameWords = new Int32Array(this.#names.memory);
    this.#controlWords = new Int32Array(this.#controls.memory);
    const [connected, unconnected] = this.#headers;
    this.#layOut(connected.memory, 0);
    this.#layOut(unconnected.memory, this.#names.address);
    this.#connected = new Int32Array(connected.memory);
    this.#unconnected = new Int32Array(unconnected.memory);
    this.#connectedAt = connected.address;
    this.#unconnectedAt = unconnected.address;
  }

  #layOut(memory: ArrayBuffer, names: Address): void {
    const headers = new DataView(memory);
    const vectors = new DataView(this.#vectors.memory);
    for (let slot = 0; slot < batch; slot++) {
      vectors.setBigUint64(slot * 16, BigInt(this.#data.address + slot * this.#slotBytes), true);
      vectors.setBigUint64(slot * 16 + 8, BigInt(this.#slotBytes), true);
      const at = slot * headerBytes;
      headers.setBigUint64(at, names === 0 ? 0n : BigInt(names + slot * sockaddrBytes), true);
      headers.setInt32(at + 8, names === 0 ? 0 : sockaddrBytes, true);
      headers.setBigUint64(at + 16, BigInt(this.#vectors.address + slot * 16), true);
      headers.setBigUint64(at + 24, 1n, true);
      headers.setBigUint64(at + 32, BigInt(this.#controls.address + slot * controlBytes), true);
      headers.setInt32(at + 40, controlBytes, true);
    }
  }

  /**
   * One call's worth of datagrams. What is left of it is dropped when the receiver closes the socket meanwhile.
   */
  read(handle: number, unconnected: boolean, receive: Receive): Left {
    const headers = unconnected ? this.#unconnected : this.#connected;
    const at = unconnected ? this.#unconnectedAt : this.#connectedAt;
    this.#counters.calls++;
    const count = this.#libc.recvmmsg(this.#fds[handle] as number, at, batch, message.dontWait, 0);
    if (count <= 0) return this.#failed();
    const counters = this.#counters;
    for (let slot = 0; slot < count; slot++) {
      const header = slot * headerWords;
      const length = headers[header + word.length] as number;
      const flags = headers[header + word.flags] as number;
      // The kernel wrote what it used: set anew, or the next call has no room.
      headers[header + word.controlLength] = controlBytes;
      headers[header + word.flags] = 0;
      if (unconnected) headers[header + word.nameLength] = sockaddrBytes;
      if ((this.#fds[handle] as number) < 0) continue;
      const truncated = (flags & message.truncated) !== 0;
      if (truncated) counters.truncated++;
      counters.received++;
      counters.receivedBytes += length;
      const stamped = (flags & message.controlTruncated) === 0 && this.#stamped(slot);
      receive(
        handle,
        slot * this.#slotBytes,
        length,
        stamped ? this.#arrivalMs(slot) : Number(process.hrtime.bigint()) / 1e6,
        (truncated ? datagramFlags.truncated : 0) | (stamped ? 0 : datagramFlags.readTime),
        unconnected ? this.#book.find(this.#nameWords, slot * sockaddrWords) : noAddress,
      );
    }
    return count === batch ? 'more' : 'nothing';
  }

  #stamped(slot: number): boolean {
    const control = slot * controlWords;
    const stamped =
      this.#controlWords[control + 2] === level.socket &&
      this.#controlWords[control + 3] === option.timestampNs;
    // So that a message without one does not find the last one's.
    this.#controlWords[control + 3] = 0;
    return stamped;
  }

  #arrivalMs(slot: number): number {
    const control = slot * controlWords;
    const seconds = ((this.#controlWords[control + 4] as number) - this.#clock.baseSeconds) | 0;
    return seconds * 1000 + (this.#controlWords[control + 6] as number) / 1e6 + this.#clock.offsetMs;
  }

  /** An error of the socket, such as an ICMP's, comes instead of a datagram once; datagrams may be behind it. */
  #failed(): Left {
    const errno = this.#libc.errno();
    if (errno === error.again) return 'nothing';
    if (errno === error.interrupted) return 'more';
    this.#counters.receiveErrors++;
    this.#counters.lastError = errorName(errno);
    return errno === error.refused ? 'more' : 'nothing';
  }
}
