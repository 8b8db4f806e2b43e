/**
 * The one loop of a host: a tick every few milliseconds, at which bots send what is due, and every few ticks a look at
 * all sockets together. A receiver that is woken per packet charges its waking to the SFU, and a look at every tick
 * would find one packet per socket; arrival times are the kernel's, so that they are exact all the same. Where the SFU
 * is to be charged as browsers charge it, each datagram wakes the loop.
 */
import { nowMs } from '../clock.ts';
import type { SyntheticHealth } from '../messages.ts';
import { type OpenedUdp, openUdp, type UdpChoice } from '../udp/open.ts';
import { defaultUdpOptions, type UdpPort } from '../udp/port.ts';

/** Every busy member works about this often, as libwebrtc's pacer does. */
const tickMs = 5;
/**
 * More busy members than this are divided: publishers are not in step with each other, and a burst of all of them
 * would overflow an SFU's socket as no real crowd does.
 */
const mostAtOnce = 12;
const divided = { tickMs: 2, parts: 3 } as const;
/** Nothing that a bot answers by itself is needed sooner; fewer looks find more packets each. */
const pollMs = 40;
/** While packets are missing: Chrome, too, looks after them every 20 ms. While somebody connects, every tick looks. */
const promptPollMs = 20;
/** METHODS: when more than one in a hundred is later, the generator was the limit. */
const lateLookMs = 50;
/** What is due now and then is spread over so many turns of 5 ms: feedback leaves each transport every 100 ms. */
const rotation = 20;
const turnMs = 5;

/** What a member wants of the next ticks. */
export const pace = { idle: 0, busy: 1, prompt: 2, urgent: 3 } as const;
export type Pace = (typeof pace)[keyof typeof pace];

/** What owns a socket. None of these may throw. */
export interface LoopMember {
  /** A datagram of its socket: `bytes[at, at + length)`, gone when this returns. */
  receive(bytes: Buffer, at: number, length: number, arrivalMs: number): void;
  /** Once in a rotation: feedback, reports, timers. */
  turn(nowMs: number): void;
  /**
   * At every tick while it is among the busy ones. `idle` takes it from them; `prompt` has the sockets looked at more
   * often, `urgent` in every tick.
   */
  work(nowMs: number): Pace;
}

/** Owner of a host's sockets and of their rhythm. */
export interface LoopOptions {
  readonly udp: UdpChoice;
  readonly wake: 'batch' | 'packet';
}

export class Loop {
  readonly port: UdpPort;
  /** Which implementation of UDP, and why. */
  readonly udp: Pick<OpenedUdp, 'kind' | 'reason'>;
  readonly #members: (LoopMember | null)[] = [];
  readonly #busy = new Set<LoopMember>();
  #count = 0;
  /** Which part of the busy members works now. */
  #part = 0;
  /** Turns since the clock's beginning. */
  #turns = 0;
  #polledMs = Number.NEGATIVE_INFINITY;
  #pollEveryMs: number = pollMs;
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
    if (wake === 'packet') loop.port.wakeBy(() => loop.#look(nowMs()));
    return loop;
  }

  /** Over sockets that the caller opened. */
  static of(opened: OpenedUdp): Loop {
    return new Loop(opened);
  }

  private constructor({ port, kind, reason }: OpenedUdp) {
    this.port = port;
    this.udp = { kind, reason };
  }

  /** Hands the datagrams of an open socket to its owner. */
  add(handle: number, member: LoopMember): void {
    this.#members[handle] = member;
    this.#count += 1;
    if (this.#timer !== null || this.#isClosed) return;
    this.#dueMs = nowMs() + tickMs;
    this.#timer = setTimeout(() => this.#tick(), tickMs);
  }

  /** Closes the socket. Idempotent. */
  remove(handle: number): void {
    const member = this.#members[handle];
    if (member === null || member === undefined) return;
    this.#members[handle] = null;
    this.#busy.delete(member);
    this.#count -= 1;
    this.port.close(handle);
  }

  /** Has `work` called at every tick from now on. */
  keepBusy(member: LoopMember): void {
    this.#busy.add(member);
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
    return {
      pollLagMs,
      looksTotal: this.#looks,
      lateLooksTotal: this.#lateLooks,
      sendLagMs,
      sendsTotal: this.#sends,
      lateSendsTotal: this.#lateSends,
      socketDropsTotal: this.port.dropsTotal(),
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

  #tick(): void {
    const now = nowMs();
    const lagMs = Math.max(0, now - this.#dueMs);
    if (this.#pollLagMs === null || lagMs > this.#pollLagMs) this.#pollLagMs = lagMs;
    if (now - this.#polledMs >= this.#pollEveryMs) {
      this.#looks += 1;
      if (lagMs > lateLookMs) this.#lateLooks += 1;
      this.#look(now);
    }
    this.#pollEveryMs = pollMs;
    this.#takeTurns(now);
    const parts = this.#busy.size > mostAtOnce ? divided.parts : 1;
    this.#work(now, parts);
    this.port.flush();
    if (this.#isClosed) return;
    if (this.#count === 0) {
      this.#timer = null;
      return;
    }
    // A tick that is missed is not made up for: the next one does what it would have done.
    this.#dueMs = Math.max(this.#dueMs + (parts === 1 ? tickMs : divided.tickMs), now + 1);
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, this.#dueMs - nowMs()));
  }

  #look(nowMs: number): void {
    if (this.#isClosed) return;
    this.#polledMs = nowMs;
    this.port.poll(nowMs, this.#receive);
  }

  /** Members in their order, by the clock: a late tick takes the turns that were missed. */
  #takeTurns(nowMs: number): void {
    const turns = Math.floor(nowMs / turnMs);
    for (let turn = Math.max(this.#turns + 1, turns - rotation + 1); turn <= turns; turn += 1) {
      for (let handle = turn % rotation; handle < this.#members.length; handle += rotation) {
        this.#members[handle]?.turn(nowMs);
      }
    }
    this.#turns = turns;
  }

  #work(nowMs: number, parts: number): void {
    this.#part = (this.#part + 1) % parts;
    let index = 0;
    for (const member of this.#busy) {
      index += 1;
      if (index % parts !== this.#part) continue;
      const wanted = member.work(nowMs);
      if (wanted === pace.idle) this.#busy.delete(member);
      else if (wanted === pace.prompt) this.#pollEveryMs = Math.min(this.#pollEveryMs, promptPollMs);
      else if (wanted === pace.urgent) this.#pollEveryMs = 0;
    }
  }

  readonly #receive = (handle: number, offset: number, length: number, arrivalMs: number): void => {
    this.#members[handle]?.receive(this.port.inbox, offset, length, arrivalMs);
  };
}
