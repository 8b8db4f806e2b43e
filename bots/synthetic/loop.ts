/**
 * The one loop of a host: it sleeps until something is due, and then does all that is. Every socket has its turn each
 * 100 ms, when what waits there is read and answered: a receiver that is woken per packet charges its waking to the SFU, and
 * reading more often would find one packet at a time; arrival times are the kernel's, so that they are exact all the
 * same. Who sends, connects or misses packets reads its own socket more often. Where the SFU is to be charged as
 * browsers charge it, each datagram wakes the loop.
 */
import { nowMs as clockMs } from '../clock.ts';
import type { SyntheticHealth } from '../messages.ts';
import { type OpenedUdp, openUdp, type UdpChoice } from '../udp/open.ts';
import { defaultUdpOptions } from '../udp/port.ts';
import { ShapedUdp } from '../udp/shaped.ts';

/** What is due between two instants of this grid is done at the later one. */
const gridMs = 5;
/** Many publishers are not in step with each other: on a fine grid fewer of them send at the same instant. */
const fineGridMs = 2;
const fewBusy = 12;
/** Feedback leaves each transport every 100 ms. */
const rotation = 10;
const turnMs = 10;
/** When more than one look in a hundred is later, the generator was the limit. */
const lateLookMs = 50;
/** A socket that would fill up between two turns is read so often. */
const busySocketMs = 20;
/** Of a datagram of video, as the kernel accounts it. */
const datagramBytes = 2304;

/** What owns a socket. None of these may throw. */
export interface LoopMember {
  readonly handle: number;
  /** The socket's, as the kernel granted it. */
  readonly receiveBufferBytes: number;
  /** While it is busy, how old the last reading of its socket may be when it works. */
  readonly freshMs: number;
  /** A datagram of its socket: `bytes[at, at + length)`, gone when this returns. */
  receive(bytes: Buffer, at: number, length: number, arrivalMs: number): void;
  /** Once in a rotation, when its socket was read: feedback, reports, timers. */
  turn(nowMs: number): void;
  /** While it is busy: does what is due, and returns when it wants to work again; infinity takes it from the busy ones. */
  work(nowMs: number): number;
}

/** A member at its place in the rotation. */
class Seat {
  readonly member: LoopMember;
  /** Datagrams from one turn to the next that may well fill its buffer. */
  readonly manyDatagrams: number;
  readMs = Number.NEGATIVE_INFINITY;
  dueMs = Number.POSITIVE_INFINITY;
  datagrams = 0;

  constructor(member: LoopMember) {
    this.member = member;
    this.manyDatagrams = member.receiveBufferBytes / datagramBytes / 4;
  }
}

/** Owner of a host's sockets and of their rhythm. */
export interface LoopOptions {
  readonly udp: UdpChoice;
  readonly wake: 'batch' | 'packet';
}

export class Loop {
  readonly port: ShapedUdp;
  /** Which implementation of UDP, and why. */
  readonly udp: Pick<OpenedUdp, 'kind' | 'reason'>;
  readonly #seats: (Seat | null)[] = [];
  readonly #busy = new Set<Seat>();
  /** Whose sockets fill up between two turns. */
  readonly #flooded = new Set<Seat>();
  #count = 0;
  #isWoken = false;
  /** Turns since the clock's beginning. */
  #turns = 0;
  #dueMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #pollLagMs: number | null = null;
  #sendLagMs: number | null = null;
  #sends = 0;
  #lateSends = 0;
  #looks = 0;
  #lateLooks = 0;
  #isClosed = false;

  static async create({ udp, wake }: LoopOptions): Promise<Loop> {
    // `auto` leaves the choice to the environment's word, and then to what is possible.
    const choice = udp === 'auto' ? undefined : udp;
    const loop = Loop.of(await openUdp(choice, { ...defaultUdpOptions, sockets: 16_384 }));
    if (wake === 'packet') loop.#wakeByPacket();
    return loop;
  }

  /** Over sockets that the caller opened. */
  static of(opened: OpenedUdp): Loop {
    return new Loop(opened);
  }

  private constructor({ port, kind, reason }: OpenedUdp) {
    this.port = ShapedUdp.over(port, clockMs);
    this.udp = { kind, reason };
  }

  /** Hands the datagrams of an open socket to its owner. */
  add(member: LoopMember): void {
    this.#seats[member.handle] = new Seat(member);
    this.#count += 1;
    if (this.#timer === null && !this.#isClosed) this.#sleep(clockMs());
  }

  /** Closes the socket. Idempotent. */
  remove(handle: number): void {
    const seat = this.#seats[handle];
    if (seat === null || seat === undefined) return;
    this.#seats[handle] = null;
    this.#busy.delete(seat);
    this.#flooded.delete(seat);
    this.#count -= 1;
    this.port.close(handle);
  }

  /** Has `work` called soon, and then whenever it wants. */
  keepBusy(handle: number): void {
    const seat = this.#seats[handle];
    if (seat === null || seat === undefined) return;
    seat.dueMs = 0;
    this.#busy.add(seat);
  }

  /** Something of the schedule left this long after it was due; late is what the next one of its stream overtook. */
  sent(byMs: number, intervalMs: number): void {
    if (this.#sendLagMs === null || byMs > this.#sendLagMs) this.#sendLagMs = byMs;
    this.#sends += 1;
    if (byMs > intervalMs) this.#lateSends += 1;
  }

  /** Since the previous call. A packet is late by up to a tick as designed. */
  takeHealth(): SyntheticHealth {
    const { pollLagMs, sendLagMs } = { pollLagMs: this.#pollLagMs, sendLagMs: this.#sendLagMs };
    this.#pollLagMs = null;
    this.#sendLagMs = null;
    // A port that nothing listens on any more is the SFU's: it is not counted.
    const { sent, blocked, unsent } = this.port.counters;
    return {
      pollLagMs,
      looksTotal: this.#looks,
      lateLooksTotal: this.#lateLooks,
      sendLagMs,
      sendsTotal: this.#sends,
      lateSendsTotal: this.#lateSends,
      socketDropsTotal: this.port.dropsTotal(),
      datagramsTotal: sent + blocked + unsent,
      unsentTotal: blocked + unsent,
    };
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.port.shut();
  }

  #wakeByPacket(): void {
    this.#isWoken = true;
    this.port.wakeBy(() => {
      if (!this.#isClosed) this.port.poll(clockMs(), this.#receive);
    });
  }

  #tick(): void {
    const now = clockMs();
    const lagMs = Math.max(0, now - this.#dueMs);
    if (this.#pollLagMs === null || lagMs > this.#pollLagMs) this.#pollLagMs = lagMs;
    this.#takeTurns(now, lagMs);
    for (const seat of this.#flooded) if (now - seat.readMs >= busySocketMs) this.#read(seat, now);
    this.#work(now);
    this.port.flush();
    if (this.#isClosed) return;
    // What the last one sent may be under way yet, in an emulated network.
    if (this.#count === 0 && this.port.nextAtMs === Number.POSITIVE_INFINITY) this.#timer = null;
    else this.#sleep(now);
  }

  /** A tick that is missed is not made up for: the next one does what it would have done. */
  #sleep(nowMs: number): void {
    let dueMs = (this.#turns + 1) * turnMs;
    for (const seat of this.#busy) if (seat.dueMs < dueMs) dueMs = seat.dueMs;
    const grid = this.#busy.size > fewBusy ? fineGridMs : gridMs;
    const gridDueMs = Math.max(Math.ceil(dueMs / grid), Math.floor(nowMs / grid) + 1) * grid;
    // An emulated network keeps no grid: what was under way shall arrive to the millisecond.
    this.#dueMs = Math.min(gridDueMs, Math.max(Math.ceil(this.port.nextAtMs), Math.floor(nowMs) + 1));
    this.#timer = setTimeout(this.#wake, Math.max(1, Math.ceil(this.#dueMs - clockMs())));
  }

  readonly #wake = (): void => this.#tick();

  #read(seat: Seat, nowMs: number): void {
    seat.readMs = nowMs;
    if (!this.#isWoken) seat.datagrams += this.port.read(seat.member.handle, nowMs, this.#receive);
  }

  /** Members in their order, by the clock: a late tick takes the turns that were missed. */
  #takeTurns(nowMs: number, lagMs: number): void {
    const turns = Math.floor(nowMs / turnMs);
    if (turns === this.#turns) return;
    this.#looks += 1;
    if (lagMs > lateLookMs) this.#lateLooks += 1;
    for (let turn = Math.max(this.#turns + 1, turns - rotation + 1); turn <= turns; turn += 1) {
      for (let handle = turn % rotation; handle < this.#seats.length; handle += rotation) {
        const seat = this.#seats[handle];
        if (seat !== null && seat !== undefined) this.#takeTurn(seat, nowMs);
      }
    }
    this.#turns = turns;
  }

  #takeTurn(seat: Seat, nowMs: number): void {
    this.#read(seat, nowMs);
    // What it received may have ended it.
    if (this.#seats[seat.member.handle] !== seat) return;
    if (seat.datagrams > seat.manyDatagrams) this.#flooded.add(seat);
    else this.#flooded.delete(seat);
    seat.datagrams = 0;
    seat.member.turn(nowMs);
  }

  #work(nowMs: number): void {
    for (const seat of this.#busy) {
      if (seat.dueMs > nowMs) continue;
      if (nowMs - seat.readMs >= seat.member.freshMs) this.#read(seat, nowMs);
      seat.dueMs = seat.member.work(nowMs);
      if (seat.dueMs === Number.POSITIVE_INFINITY) this.#busy.delete(seat);
    }
  }

  readonly #receive = (handle: number, offset: number, length: number, arrivalMs: number): void => {
    this.#seats[handle]?.member.receive(this.port.inbox, offset, length, arrivalMs);
  };
}
