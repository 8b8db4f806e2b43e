/**
 * A UDP port over another one, whose sockets may have a worse network: what they send and receive is lost, waits for
 * its turn and is under way as their links say. Arrival times are those at which datagrams come out of the link, exact
 * even where they are read later. Sockets without conditions are the other port's own.
 */
import {
  type Endpoint,
  noAddress,
  type Opening,
  type Receive,
  type SocketRequest,
  type UdpCounters,
  type UdpPort,
} from './port.ts';
import { DelayLine } from './shaped/delay-line.ts';
import { Link, type NetworkConditions } from './shaped/link.ts';

/** A socket with conditions. */
interface Path {
  readonly handle: number;
  readonly up: Link;
  readonly down: Link;
  readonly leaving: DelayLine;
  readonly coming: DelayLine;
  /** Closed by its owner, while something was still under way. */
  isClosed: boolean;
}

export class ShapedUdp implements UdpPort {
  readonly kind: UdpPort['kind'];
  readonly outbox: Buffer;
  readonly counters: Readonly<UdpCounters>;
  /** Datagrams that the conditions kept, both ways. */
  lostTotal = 0;
  readonly #port: UdpPort;
  readonly #nowMs: () => number;
  readonly #paths: (Path | undefined)[] = [];
  /** Those with something under way upwards. */
  readonly #leaving = new Set<Path>();
  /** Where the datagrams lie that are handed over now. */
  #inbox: Buffer;
  #claimed = 0;

  /** `nowMs`: CLOCK_MONOTONIC. */
  static over(port: UdpPort, nowMs: () => number): ShapedUdp {
    return new ShapedUdp(port, nowMs);
  }

  private constructor(port: UdpPort, nowMs: () => number) {
    this.kind = port.kind;
    this.outbox = port.outbox;
    this.counters = port.counters;
    this.#port = port;
    this.#nowMs = nowMs;
    this.#inbox = port.inbox;
  }

  get inbox(): Buffer {
    return this.#inbox;
  }

  /** Gives an open socket conditions, until it is closed. `random`: 0 ≤ value < 1. */
  shape(handle: number, { up, down }: NetworkConditions, random: () => number): void {
    this.#paths[handle] = {
      handle,
      up: new Link(up, random),
      down: new Link(down, random),
      leaving: new DelayLine(),
      coming: new DelayLine(),
      isClosed: false,
    };
  }

  /** When the next datagram leaves its link, to be sent by `flush`; infinity when none is under way. */
  get nextAtMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { leaving } of this.#leaving) if (leaving.headAtMs < next) next = leaving.headAtMs;
    return next;
  }

  wakeBy(woken: () => void): void {
    this.#port.wakeBy(woken);
  }

  open(request: SocketRequest): Opening {
    return this.#port.open(request);
  }

  /** What is under way arrives all the same. */
  close(handle: number): void {
    const path = this.#paths[handle];
    if (path === undefined) return this.#port.close(handle);
    path.isClosed = true;
    if (path.leaving.isEmpty) this.#end(path);
  }

  poll(nowMs: number, receive: Receive): number {
    let count = 0;
    this.#port.poll(nowMs, (handle, offset, length, arrivalMs, flags, from) => {
      if (this.#paths[handle] !== undefined)
        return this.#keep(handle, offset, length, arrivalMs, flags, from);
      count += 1;
      receive(handle, offset, length, arrivalMs, flags, from);
    });
    for (const path of this.#paths) if (path !== undefined) count += this.#deliver(path, nowMs, receive);
    return count;
  }

  read(handle: number, nowMs: number, receive: Receive): number {
    const path = this.#paths[handle];
    if (path === undefined) return this.#port.read(handle, nowMs, receive);
    this.#port.read(handle, nowMs, this.#keep);
    return this.#deliver(path, nowMs, receive);
  }

  claim(length: number): number {
    this.#claimed = this.#port.claim(length);
    return this.#claimed;
  }

  commit(handle: number, length: number, to: number = noAddress): boolean {
    const path = this.#paths[handle];
    if (path === undefined) return this.#port.commit(handle, length, to);
    return this.#launch(path, this.outbox, this.#claimed, length, to);
  }

  send(handle: number, bytes: Buffer, offset: number, length: number, to: number = noAddress): boolean {
    const path = this.#paths[handle];
    if (path === undefined) return this.#port.send(handle, bytes, offset, length, to);
    return this.#launch(path, bytes, offset, length, to);
  }

  flush(): number {
    if (this.#leaving.size > 0) this.#release(this.#nowMs());
    return this.#port.flush();
  }

  address(endpoint: Endpoint): number {
    return this.#port.address(endpoint);
  }

  endpoint(number: number): Endpoint {
    return this.#port.endpoint(number);
  }

  drops(handle: number): number | null {
    return this.#port.drops(handle);
  }

  dropsTotal(): number | null {
    return this.#port.dropsTotal();
  }

  /** Who leaves says goodbye: what is under way goes at once. */
  shut(): void {
    this.#release(Number.POSITIVE_INFINITY);
    this.#port.flush();
    this.#port.shut();
    this.#paths.length = 0;
  }

  #launch(path: Path, bytes: Buffer, offset: number, length: number, to: number): boolean {
    if (path.isClosed) return false;
    const atMs = path.up.pass(this.#nowMs(), length);
    if (Number.isNaN(atMs) || !path.leaving.push(atMs, bytes, offset, length, 0, to)) this.lostTotal += 1;
    else this.#leaving.add(path);
    return true;
  }

  readonly #keep: Receive = (handle, offset, length, arrivalMs, flags, from) => {
    const path = this.#paths[handle];
    // Closed, by what came before it in the same reading.
    if (path === undefined) return;
    const atMs = path.down.pass(arrivalMs, length);
    const isKept =
      !Number.isNaN(atMs) && path.coming.push(atMs, this.#port.inbox, offset, length, flags, from);
    if (!isKept) this.lostTotal += 1;
  };

  #deliver({ handle, coming }: Path, nowMs: number, receive: Receive): number {
    let count = 0;
    while (coming.headAtMs <= nowMs && this.#paths[handle]?.coming === coming) {
      const { headAtMs, headOffset, headLength, headMark, headPeer } = coming;
      // Its slot is not given away before the next reading.
      coming.shift();
      this.#inbox = coming.bytes;
      count += 1;
      receive(handle, headOffset, headLength, headAtMs, headMark, headPeer);
    }
    this.#inbox = this.#port.inbox;
    return count;
  }

  #release(nowMs: number): void {
    for (const path of this.#leaving) {
      const { handle, leaving } = path;
      while (!leaving.isEmpty && leaving.headAtMs <= nowMs) {
        this.#port.send(handle, leaving.bytes, leaving.headOffset, leaving.headLength, leaving.headPeer);
        leaving.shift();
      }
      if (!leaving.isEmpty) continue;
      this.#leaving.delete(path);
      if (path.isClosed) this.#end(path);
    }
  }

  #end({ handle }: Path): void {
    this.#paths[handle] = undefined;
    this.#port.close(handle);
  }
}
