/**
 * Queues datagrams between two flushes and sends those of one socket with one sendmmsg(2), in their order.
 * Nothing waits: what a socket does not take is lost, as it would be in a browser, and counted.
 */
import type { UdpCounters } from '../port.ts';
import type { AddressBook } from './address-book.ts';
import { error, errorName, type Libc, message, pinned } from './libc.ts';

const batch = 64;
const headerBytes = 64;
const headerWords = headerBytes / 4;
const word = { name: 0, nameLength: 2, length: 14 } as const;
const none = -1;
/** UDP's payload limit over IPv4; sending more is refused by the kernel anyhow. */
export const longestDatagram = 65_507;

export class Outbox {
  readonly bytes: Buffer;
  readonly #libc: Libc;
  readonly #book: AddressBook;
  readonly #counters: UdpCounters;
  readonly #fds: Int32Array;
  readonly #limit: number;
  readonly #data: ReturnType<typeof pinned>;
  readonly #headers = pinned(batch * headerBytes);
  readonly #headerWords = new Uint32Array(this.#headers.memory);
  readonly #vectors = pinned(batch * 16);
  readonly #vectorWords = new Uint32Array(this.#vectors.memory);
  // Columns of the queue; `next` chains those of one socket.
  readonly #offset: Int32Array;
  readonly #length: Int32Array;
  readonly #to: Int32Array;
  readonly #next: Int32Array;
  // Per socket: its chain, and the sockets that have one.
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  readonly #waiting: Int32Array;
  #waitingCount = 0;
  #count = 0;
  #used = 0;

  /** `fds` belongs to the port: the descriptor of each handle, negative when closed. */
  constructor(
    libc: Libc,
    book: AddressBook,
    counters: UdpCounters,
    fds: Int32Array,
    limit: number,
    datagramBytes: number,
  ) {
    this.#libc = libc;
    this.#book = book;
    this.#counters = counters;
    this.#fds = fds;
    this.#limit = limit;
    this.#data = pinned(Math.max(limit * datagramBytes, 2 * longestDatagram));
    this.bytes = Buffer.from(this.#data.memory);
    this.#offset = new Int32Array(limit);
    this.#length = new Int32Array(limit);
    this.#to = new Int32Array(limit);
    this.#next = new Int32Array(limit);
    this.#first = new Int32Array(fds.length).fill(none);
    this.#last = new Int32Array(fds.length);
    this.#waiting = new Int32Array(limit);
    const headers = new DataView(this.#headers.memory);
    for (let slot = 0; slot < batch; slot++) {
      headers.setBigUint64(slot * headerBytes + 16, BigInt(this.#vectors.address + slot * 16), true);
      headers.setBigUint64(slot * headerBytes + 24, 1n, true);
    }
  }

  claim(length: number): number {
    if (length < 0 || length > longestDatagram)
      throw new RangeError(`a datagram of ${length} bytes cannot be sent`);
    if (this.#count === this.#limit || this.#used + length > this.bytes.length) this.flush();
    return this.#used;
  }

  commit(handle: number, length: number, to: number): void {
    const entry = this.#count++;
    this.#offset[entry] = this.#used;
    this.#length[entry] = length;
    this.#to[entry] = to;
    this.#next[entry] = none;
    this.#used += length;
    if (this.#first[handle] === none) {
      this.#first[handle] = entry;
      this.#waiting[this.#waitingCount++] = handle;
    } else {
      this.#next[this.#last[handle] as number] = entry;
    }
    this.#last[handle] = entry;
  }

  flush(): number {
    let sent = 0;
    for (let index = 0; index < this.#waitingCount; index++)
      sent += this.flushOne(this.#waiting[index] as number);
    this.#waitingCount = 0;
    this.#count = 0;
    this.#used = 0;
    return sent;
  }

  /** Sends one socket's chain; its entries' room comes back with the next whole flush. */
  flushOne(handle: number): number {
    let entry = this.#first[handle] as number;
    let sent = 0;
    while (entry !== none) {
      let count = 0;
      for (; entry !== none && count < batch; count++) {
        this.#layOut(count, entry);
        entry = this.#next[entry] as number;
      }
      sent += this.#send(this.#fds[handle] as number, count);
    }
    this.#first[handle] = none;
    return sent;
  }

  #layOut(slot: number, entry: number): void {
    const header = slot * headerWords;
    const to = this.#to[entry] as number;
    const name = to < 0 ? 0 : this.#book.at(to);
    this.#headerWords[header + word.name] = name % 2 ** 32;
    this.#headerWords[header + word.name + 1] = name / 2 ** 32;
    this.#headerWords[header + word.nameLength] = to < 0 ? 0 : this.#book.length(to);
    const at = this.#data.address + (this.#offset[entry] as number);
    this.#vectorWords[slot * 4] = at % 2 ** 32;
    this.#vectorWords[slot * 4 + 1] = at / 2 ** 32;
    this.#vectorWords[slot * 4 + 2] = this.#length[entry] as number;
  }

  /** Every round sends or gives up at least one datagram, or uses up the one excuse there is. */
  #send(fd: number, count: number): number {
    let done = 0;
    let sent = 0;
    let excused = false;
    while (done < count) {
      this.#counters.calls++;
      const taken = this.#libc.sendmmsg(
        fd,
        this.#headers.address + done * headerBytes,
        count - done,
        message.dontWait,
      );
      if (taken > 0) {
        for (let slot = done; slot < done + taken; slot++)
          this.#counters.sentBytes += this.#headerWords[slot * headerWords + word.length] as number;
        this.#counters.sent += taken;
        sent += taken;
        done += taken;
        continue;
      }
      const errno = this.#libc.errno();
      if (errno === error.again || errno === error.noBuffers) {
        this.#counters.blocked += count - done;
        break;
      }
      // An ICMP's error belongs to a datagram sent before: this one has not been tried.
      if (!excused && (errno === error.refused || errno === error.interrupted)) {
        excused = true;
        continue;
      }
      this.#counters.lastError = errorName(errno);
      if (errno === error.refused) this.#counters.refused++;
      else this.#counters.unsent++;
      done++;
    }
    return sent;
  }
}
