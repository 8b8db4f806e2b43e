/**
 * UDP in batches on Linux: epoll(7) says which sockets are readable, recvmmsg(2) reads each into one arena, sendmmsg(2) sends.
 * Edge-triggered: a level-triggered socket is looked at once more by the poll after it was emptied. An edge comes once,
 * so a socket stays in the queue of readable ones until a call has found it empty.
 */
import { arch, endianness } from 'node:os';
import { AddressBook } from './linux/address-book.ts';
import { Inbox } from './linux/inbox.ts';
import { epoll, errorName, type Libc, loadLibc, pinned } from './linux/libc.ts';
import { longestDatagram, Outbox } from './linux/outbox.ts';
import { RealtimeOffset } from './linux/realtime-offset.ts';
import { Sleepers } from './linux/sleepers.ts';
import { Sockets } from './linux/sockets.ts';
import {
  defaultUdpOptions,
  type Endpoint,
  newCounters,
  noAddress,
  type Opening,
  type Receive,
  type SocketRequest,
  type UdpOptions,
  type UdpPort,
} from './port.ts';

const eventCapacity = 512;
/** struct epoll_event is packed on x86-64 only (epoll_ctl(2)). */
const eventBytes = arch() === 'x64' ? 12 : 16;
const eventWords = eventBytes / 4;
const eventHandle = arch() === 'x64' ? 1 : 2;
const closed = -1;
const nobody = -1;
/** Calls in a row on one socket, before the others have their turn. */
const turn = 8;

export class LinuxUdp implements UdpPort {
  readonly kind = 'linux';
  readonly counters = newCounters();
  readonly inbox: Buffer;
  readonly outbox: Buffer;
  readonly #libc: Libc;
  readonly #options: UdpOptions;
  readonly #book: AddressBook;
  readonly #sockets: Sockets;
  readonly #clock: RealtimeOffset;
  readonly #in: Inbox;
  readonly #out: Outbox;
  readonly #epoll: number;
  readonly #events = pinned(eventCapacity * eventBytes);
  readonly #eventWords = new Int32Array(this.#events.memory);
  readonly #change = pinned(16);
  readonly #changeWords = new Int32Array(this.#change.memory);
  // By handle.
  readonly #fds: Int32Array;
  readonly #generations: Int32Array;
  readonly #unconnected: Uint8Array;
  readonly #queued: Uint8Array;
  readonly #free: number[] = [];
  #handles = 0;
  // The readable sockets, in their order: a ring.
  readonly #readable: Int32Array;
  #readableAt = 0;
  #readableCount = 0;
  #reading = nobody;
  #closedDrops = 0;
  #sleepers: Sleepers | null = null;
  #open = true;

  /** Throws when the calls cannot be made here: then there is `DgramUdp`. */
  static create(options: Partial<UdpOptions> = {}): LinuxUdp {
    if (process.platform !== 'linux')
      throw new Error(`recvmmsg and epoll are Linux's; this is ${process.platform}`);
    if (endianness() !== 'LE' || !['x64', 'arm64'].includes(arch()))
      throw new Error(`the layout of the kernel's structures is known for x64 and arm64; this is ${arch()}`);
    return new LinuxUdp(loadLibc(), { ...defaultUdpOptions, ...options });
  }

  private constructor(libc: Libc, options: UdpOptions) {
    this.#libc = libc;
    this.#options = options;
    this.#epoll = libc.epoll_create1(epoll.cloexec);
    if (this.#epoll < 0) throw new Error(`epoll_create1: ${errorName(libc.errno())}`);
    this.#fds = new Int32Array(options.sockets).fill(closed);
    this.#generations = new Int32Array(options.sockets);
    this.#unconnected = new Uint8Array(options.sockets);
    this.#queued = new Uint8Array(options.sockets);
    this.#readable = new Int32Array(options.sockets);
    this.#book = new AddressBook(libc, options.addresses);
    this.#sockets = new Sockets(libc, this.#book);
    this.#clock = new RealtimeOffset(libc, 0);
    this.#in = new Inbox(libc, this.#book, this.#clock, this.counters, this.#fds, options.datagramBytes);
    this.#out = new Outbox(
      libc,
      this.#book,
      this.counters,
      this.#fds,
      options.sendQueue,
      options.datagramBytes,
    );
    this.inbox = this.#in.bytes;
    this.outbox = this.#out.bytes;
  }

  wakeBy(woken: () => void): void {
    this.#sleepers = new Sleepers(this.#libc, woken);
  }

  open(request: SocketRequest): Opening {
    if (!this.#open) return { state: 'refused', code: 'EBADF', reason: 'the port is shut' };
    const handle = this.#free.pop() ?? this.#handles;
    if (handle >= this.#options.sockets)
      return { state: 'refused', code: 'SOCKETS', reason: `${this.#options.sockets} sockets are open` };
    const opening = this.#sockets.open(request);
    if (opening.state === 'refused') {
      if (handle < this.#handles) this.#free.push(handle);
      return opening;
    }
    if (handle === this.#handles) this.#handles++;
    const { fd, ...socket } = opening;
    this.#fds[handle] = fd;
    this.#unconnected[handle] = request.remote === undefined ? 1 : 0;
    this.#changeWords[0] = epoll.in | epoll.edge;
    this.#changeWords[eventHandle] = handle;
    this.#changeWords[eventHandle + 1] = this.#generations[handle] as number;
    if (this.#libc.epoll_ctl(this.#epoll, epoll.add, fd, this.#change.address) !== 0) {
      const code = errorName(this.#libc.errno());
      this.close(handle);
      return { state: 'refused', code, reason: `epoll_ctl: ${code}` };
    }
    if (this.#sleepers?.add(handle, fd) === false) {
      this.close(handle);
      return { state: 'refused', code: 'SLEEPERS', reason: 'no thread is left to be woken by its datagrams' };
    }
    return { ...socket, handle };
  }

  close(handle: number): void {
    const fd = this.#fds[handle] ?? closed;
    if (fd === closed) return;
    this.#out.flushOne(handle);
    this.#sleepers?.remove(handle);
    this.#closedDrops += this.#sockets.drops(fd) ?? 0;
    // The kernel takes it out of the epoll set: nobody else holds this descriptor (SOCK_CLOEXEC).
    this.#libc.close(fd);
    this.#fds[handle] = closed;
    this.#generations[handle] = ((this.#generations[handle] as number) + 1) | 0;
    // The one that is being read comes back when that is over.
    if (handle !== this.#reading) this.#giveBack(handle);
  }

  poll(nowMs: number, receive: Receive): number {
    this.#clock.refresh(nowMs);
    this.counters.clockSteps = this.#clock.steps;
    this.#collect();
    const before = this.counters.received;
    const limit = before + this.#options.pollLimit;
    while (this.#readableCount > 0 && this.counters.received < limit) {
      const handle = this.#readable[this.#readableAt] as number;
      this.#readableAt = (this.#readableAt + 1) % this.#readable.length;
      this.#readableCount--;
      this.#queued[handle] = 0;
      this.#readOne(handle, limit, receive);
    }
    return this.counters.received - before;
  }

  read(handle: number, nowMs: number, receive: Receive): number {
    if ((this.#fds[handle] ?? closed) === closed) return 0;
    this.#clock.refresh(nowMs);
    const before = this.counters.received;
    this.#readOne(handle, before + this.#options.pollLimit, receive);
    return this.counters.received - before;
  }

  /** Its receiver may close it: it is not given away before that is over. */
  #readOne(handle: number, limit: number, receive: Receive): void {
    this.#reading = handle;
    const left = this.#read(handle, limit, receive);
    this.#reading = nobody;
    if (this.#fds[handle] === closed) this.#giveBack(handle);
    else if (left === 'more' && this.#queued[handle] === 0) this.#enqueue(handle);
  }

  #giveBack(handle: number): void {
    if (this.#queued[handle] === 1) this.#dequeue(handle);
    this.#free.push(handle);
  }

  #read(handle: number, limit: number, receive: Receive): 'nothing' | 'more' {
    const unconnected = this.#unconnected[handle] === 1;
    for (let call = 0; call < turn && this.counters.received < limit; call++) {
      // The receiver may have closed it; its handle is not given away while it is queued.
      if (this.#fds[handle] === closed || this.#in.read(handle, unconnected, receive) === 'nothing')
        return 'nothing';
    }
    return 'more';
  }

  /** Edges since the last poll, into the queue of readable sockets. */
  #collect(): void {
    const rounds = Math.ceil(this.#options.sockets / eventCapacity);
    for (let round = 0; round < rounds; round++) {
      const count = this.#libc.epoll_wait(this.#epoll, this.#events.address, eventCapacity, 0);
      for (let event = 0; event < count; event++) {
        const at = event * eventWords + eventHandle;
        const handle = this.#eventWords[at] as number;
        if (this.#generations[handle] !== this.#eventWords[at + 1]) this.counters.stale++;
        else if (this.#queued[handle] === 0) this.#enqueue(handle);
      }
      if (count < eventCapacity) return;
    }
  }

  /** One that is closed; the others keep their order. */
  #dequeue(handle: number): void {
    const { length } = this.#readable;
    let kept = 0;
    for (let at = 0; at < this.#readableCount; at++) {
      const other = this.#readable[(this.#readableAt + at) % length] as number;
      if (other !== handle) this.#readable[(this.#readableAt + kept++) % length] = other;
    }
    this.#readableCount = kept;
    this.#queued[handle] = 0;
  }

  #enqueue(handle: number): void {
    this.#queued[handle] = 1;
    this.#readable[(this.#readableAt + this.#readableCount) % this.#readable.length] = handle;
    this.#readableCount++;
  }

  claim(length: number): number {
    return this.#out.claim(length);
  }

  commit(handle: number, length: number, to: number = noAddress): boolean {
    if ((this.#fds[handle] ?? closed) === closed) return false;
    this.#out.commit(handle, length, to);
    return true;
  }

  send(handle: number, bytes: Buffer, offset: number, length: number, to: number = noAddress): boolean {
    if ((this.#fds[handle] ?? closed) === closed || length > longestDatagram) return false;
    bytes.copy(this.outbox, this.#out.claim(length), offset, offset + length);
    this.#out.commit(handle, length, to);
    return true;
  }

  flush(): number {
    return this.#out.flush();
  }

  address(endpoint: Endpoint): number {
    return this.#book.number(endpoint);
  }

  endpoint(number: number): Endpoint {
    return this.#book.endpoint(number);
  }

  drops(handle: number): number | null {
    const fd = this.#fds[handle] ?? closed;
    return fd === closed ? null : this.#sockets.drops(fd);
  }

  dropsTotal(): number {
    let total = this.#closedDrops;
    for (let handle = 0; handle < this.#handles; handle++) total += this.drops(handle) ?? 0;
    return total;
  }

  shut(): void {
    if (!this.#open) return;
    this.#open = false;
    for (let handle = 0; handle < this.#handles; handle++) this.close(handle);
    this.#sleepers?.shut();
    this.#libc.close(this.#epoll);
  }
}
