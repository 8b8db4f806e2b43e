/**
 * The one loop of a host: polls the sockets of all its bots together, every few milliseconds. A receiver that is
 * woken per packet would charge its waking to the SFU, and an own timer per bot would cost more than its packets.
 */
import { nowMs } from '../clock.ts';
import type { SyntheticHealth } from '../messages.ts';
import { type OpenedUdp, openUdp, type UdpChoice } from '../udp/open.ts';
import { defaultUdpOptions, type UdpPort } from '../udp/port.ts';

const pollMs = 5;
/** What is due now and then is spread over so many polls: feedback leaves each transport every 100 ms. */
const rotation = 20;

/** What owns a socket. None of these may throw. */
export interface LoopMember {
  /** A datagram of its socket: `bytes[at, at + length)`, gone when this returns. */
  receive(bytes: Buffer, at: number, length: number, arrivalMs: number): void;
  /** Once in a rotation: feedback, reports, timers. */
  turn(nowMs: number): void;
  /** At every poll while it is among the busy ones; false takes it from them. */
  work(nowMs: number): boolean;
}

/** Owner of a host's sockets and of their rhythm. */
export class Loop {
  readonly port: UdpPort;
  /** Which implementation of UDP, and why. */
  readonly udp: Pick<OpenedUdp, 'kind' | 'reason'>;
  readonly #members: (LoopMember | null)[] = [];
  readonly #busy = new Set<LoopMember>();
  #count = 0;
  #turn = 0;
  #dueMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #pollLagMs: number | null = null;
  #sendLagMs: number | null = null;
  #isClosed = false;

  static async create(choice?: UdpChoice): Promise<Loop> {
    return new Loop(await openUdp(choice, { ...defaultUdpOptions, sockets: 16_384 }));
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
    this.#dueMs = nowMs() + pollMs;
    this.#timer = setTimeout(() => this.#poll(), pollMs);
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

  /** Has `work` called at every poll from now on. */
  keepBusy(member: LoopMember): void {
    this.#busy.add(member);
  }

  /** A packet left this long after it was due. */
  sentLate(byMs: number): void {
    if (this.#sendLagMs === null || byMs > this.#sendLagMs) this.#sendLagMs = byMs;
  }

  /** Since the previous call. A packet is late by up to a poll's interval as designed. */
  takeHealth(): SyntheticHealth {
    const { pollLagMs, sendLagMs } = { pollLagMs: this.#pollLagMs, sendLagMs: this.#sendLagMs };
    this.#pollLagMs = null;
    this.#sendLagMs = null;
    return { pollLagMs, sendLagMs, socketDropsTotal: this.port.dropsTotal() };
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.port.shut();
  }

  #poll(): void {
    const now = nowMs();
    const lagMs = Math.max(0, now - this.#dueMs);
    if (this.#pollLagMs === null || lagMs > this.#pollLagMs) this.#pollLagMs = lagMs;
    this.port.poll(now, this.#receive);
    this.#turn = (this.#turn + 1) % rotation;
    for (let handle = this.#turn; handle < this.#members.length; handle += rotation) {
      this.#members[handle]?.turn(now);
    }
    for (const member of this.#busy) if (!member.work(now)) this.#busy.delete(member);
    this.port.flush();
    if (this.#isClosed) return;
    if (this.#count === 0) {
      this.#timer = null;
      return;
    }
    // A poll that is missed is not made up for: the next one reads what it would have read.
    this.#dueMs = Math.max(this.#dueMs + pollMs, now + 1);
    this.#timer = setTimeout(() => this.#poll(), Math.max(0, this.#dueMs - nowMs()));
  }

  readonly #receive = (handle: number, offset: number, length: number, arrivalMs: number): void => {
    this.#members[handle]?.receive(this.port.inbox, offset, length, arrivalMs);
  };
}
