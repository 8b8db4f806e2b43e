/**
 * A UDP port over another one, whose sockets may have a worse network: what they send and receive is lost, waits for
 * its turn and is under way as their links say. Arrival times are those at which datagrams come out of the link, exact
 * even where they are read later. Sockets without conditions are the other port's own.
 */
import { UdpOver } from './over.ts';
import { noAddress, type Receive, type UdpPort } from './port.ts';
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

export class ShapedUdp extends UdpOver {
  readonly #nowMs: () => number;
  readonly #paths: (Path | undefined)[] = [];
  /** How many of them there are. */
  #shaped = 0;
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
    super(port);
    this.#nowMs = nowMs;
    this.#inbox = port.inbox;
  }

  override get inbox(): Buffer {
    return this.#inbox;
  }

  /**
   * Gives an open socket conditions, until it is closed. `draw`: random numbers of 0 ≤ value < 1 for each purpose, so that
   * what one draws does not depend on when the others did.
   */
  shape(handle: number, { up, down }: NetworkConditions, draw: (purpose: string) => () => number): void {
    if (this.#paths[handle] === undefined) this.#shaped += 1;
    this.#paths[handle] = {
      handle,
      up: new Link(up, (purpose) => draw(`up ${purpose}`)),
      down: new Link(down, (purpose) => draw(`down ${purpose}`)),
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

  /** What is under way arrives all the same. */
  override close(handle: number): void {
    const path = this.#paths[handle];
    if (path === undefined) return this.below.close(handle);
    path.isClosed = true;
    if (path.leaving.isEmpty) this.#end(path);
  }

  override poll(nowMs: number, receive: Receive): number {
    let count = this.#sort(receive, (each) => this.below.poll(nowMs, each));
    for (const path of this.#paths) if (path !== undefined) count += this.#deliver(path, nowMs, receive);
    return count;
  }

  override read(handle: number, nowMs: number, receive: Receive): number {
    if (this.#shaped === 0) return this.below.read(handle, nowMs, receive);
    // What is below may hand over what other sockets have, too.
    const count = this.#sort(receive, (each) => this.below.read(handle, nowMs, each));
    const path = this.#paths[handle];
    return path === undefined ? count : count + this.#deliver(path, nowMs, receive);
  }

  /** Keeps what came over a path, and hands over the rest; returns how many that were. */
  #sort(receive: Receive, look: (each: Receive) => number): number {
    let count = 0;
    look((handle, offset, length, arrivalMs, flags, from) => {
      if (this.#paths[handle] !== undefined)
        return this.#keep(handle, offset, length, arrivalMs, flags, from);
      count += 1;
      receive(handle, offset, length, arrivalMs, flags, from);
    });
    return count;
  }

  override claim(length: number): number {
    this.#claimed = this.below.claim(length);
    return this.#claimed;
  }

  override commit(handle: number, length: number, to: number = noAddress): boolean {
    const path = this.#paths[handle];
    if (path === undefined) return this.below.commit(handle, length, to);
    return this.#launch(path, this.outbox, this.#claimed, length, to);
  }

  override send(
    handle: number,
    bytes: Buffer,
    offset: number,
    length: number,
    to: number = noAddress,
  ): boolean {
    const path = this.#paths[handle];
    if (path === undefined) return this.below.send(handle, bytes, offset, length, to);
    return this.#launch(path, bytes, offset, length, to);
  }

  override flush(): number {
    if (this.#leaving.size > 0) this.#release(this.#nowMs());
    return this.below.flush();
  }

  /** Who leaves says goodbye: what is under way goes at once. */
  override shut(): void {
    this.#release(Number.POSITIVE_INFINITY);
    this.below.flush();
    this.below.shut();
    this.#paths.length = 0;
    this.#shaped = 0;
  }

  #launch(path: Path, bytes: Buffer, offset: number, length: number, to: number): boolean {
    if (path.isClosed) return false;
    const atMs = path.up.pass(this.#nowMs(), length);
    if (!Number.isNaN(atMs) && path.leaving.push(atMs, bytes, offset, length, 0, to)) this.#leaving.add(path);
    return true;
  }

  readonly #keep: Receive = (handle, offset, length, arrivalMs, flags, from) => {
    const path = this.#paths[handle];
    // Closed, by what came before it in the same reading.
    if (path === undefined) return;
    const atMs = path.down.pass(arrivalMs, length);
    if (!Number.isNaN(atMs)) path.coming.push(atMs, this.below.inbox, offset, length, flags, from);
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
    this.#inbox = this.below.inbox;
    return count;
  }

  #release(nowMs: number): void {
    for (const path of this.#leaving) {
      const { handle, leaving } = path;
      while (!leaving.isEmpty && leaving.headAtMs <= nowMs) {
        this.below.send(handle, leaving.bytes, leaving.headOffset, leaving.headLength, leaving.headPeer);
        leaving.shift();
      }
      if (!leaving.isEmpty) continue;
      this.#leaving.delete(path);
      if (path.isClosed) this.#end(path);
    }
  }

  #end({ handle }: Path): void {
    this.#paths[handle] = undefined;
    this.#shaped -= 1;
    this.below.close(handle);
  }
}
