/**
 * When what of a cassette leaves: opus packet by packet, video as frames that are paced as libwebrtc paces them, so
 * that the SFU meets the bursts of a real encoder and no others. Instants are CLOCK_MONOTONIC in milliseconds.
 */
import type { Cassette } from '../media/cassette.ts';
import { type Outgoing, packetCount } from './outgoing.ts';

/** libwebrtc empties its queue at this multiple of the encoder's bitrate. */
const pacingFactor = 2.5;
/** What was not sent in time leaves in bursts no longer than this. */
const longestBurstMs = 10;
/** Frames that wait to be paced; the cassettes' own bursts never get there. */
const queueLength = 8;
/** Chrome answers requests for a key frame at most this often. */
const leastKeyIntervalMs = 300;
/** A generator that was away for longer does not make up for it: the schedule moves on. */
const longestCatchUpMs = 500;

export interface Play {
  readonly framesTotal: number;
  /** Sends what is due; returns how late the latest of it was, −1 when nothing was due. */
  work(nowMs: number): number;
  /** RTP's clock now, for sender reports. */
  timestampAt(nowMs: number): number;
  /** Somebody cannot go on without a key frame. */
  requestKey(nowMs: number): void;
}

/** The schedule of units: number n is due at start + n / rate. */
class Schedule {
  readonly startMs: number;
  readonly #rate: number;
  #number = 0;

  constructor(startMs: number, rate: number) {
    this.startMs = startMs;
    this.#rate = rate;
  }

  get number(): number {
    return this.#number;
  }

  get dueMs(): number {
    return this.startMs + (this.#number * 1000) / this.#rate;
  }

  next(): void {
    this.#number += 1;
  }

  /** Leaves out what is too late to be sent. */
  catchUp(nowMs: number): void {
    if (nowMs - this.dueMs > longestCatchUpMs)
      this.#number = Math.ceil(((nowMs - this.startMs) * this.#rate) / 1000);
  }
}

export interface PlayOptions {
  readonly cassette: Cassette;
  readonly outgoing: Outgoing;
  readonly startMs: number;
  readonly clockRate: number;
  /** Where RTP's clock begins (RFC 3550 §5.1). */
  readonly timestamp: number;
}

export class AudioPlay implements Play {
  framesTotal = 0;
  readonly #options: PlayOptions;
  readonly #schedule: Schedule;
  #unit = 0;

  constructor(options: PlayOptions) {
    this.#options = options;
    this.#schedule = new Schedule(options.startMs, options.cassette.rate);
  }

  work(nowMs: number): number {
    const { cassette, outgoing, clockRate, timestamp } = this.#options;
    const schedule = this.#schedule;
    let lateMs = -1;
    while (schedule.dueMs <= nowMs) {
      lateMs = Math.max(lateMs, nowMs - schedule.dueMs);
      schedule.catchUp(nowMs);
      const rtp = (timestamp + Math.round((schedule.number * clockRate) / cassette.rate)) >>> 0;
      const [from, length] = [cassette.offsets[this.#unit] ?? 0, cassette.lengths[this.#unit] ?? 0];
      outgoing.send(from, length, 3, 0, rtp, nowMs);
      this.framesTotal += 1;
      this.#unit = (this.#unit + 1) % cassette.count;
      schedule.next();
    }
    return lateMs;
  }

  timestampAt(nowMs: number): number {
    const { startMs, clockRate, timestamp } = this.#options;
    return (timestamp + Math.round(((nowMs - startMs) * clockRate) / 1000)) >>> 0;
  }

  requestKey(): void {
    // Every packet of opus stands by itself.
  }
}

export class VideoPlay implements Play {
  framesTotal = 0;
  readonly #options: PlayOptions;
  readonly #schedule: Schedule;
  readonly #bytesPerMs: number;
  // The queue: a ring of frames that are due and not wholly sent.
  readonly #units = new Int32Array(queueLength);
  readonly #stamps = new Float64Array(queueLength);
  #head = 0;
  #waiting = 0;
  /** The next packet of the frame at the head. */
  #packet = 0;
  #unit: number;
  #picture = 0;
  #budget = 0;
  #paidMs: number;
  #wantsKey = false;
  #keyMs = Number.NEGATIVE_INFINITY;

  /** @param unit a key frame to begin with */
  constructor(options: PlayOptions, unit: number) {
    const { cassette, startMs } = options;
    this.#options = options;
    this.#schedule = new Schedule(startMs, cassette.rate);
    this.#bytesPerMs = (pacingFactor * cassette.bitrateBps) / 8000;
    this.#unit = unit;
    this.#paidMs = startMs;
  }

  requestKey(): void {
    this.#wantsKey = true;
  }

  work(nowMs: number): number {
    const lateMs = this.#enqueue(nowMs);
    // After a pause the pacer goes on, it does not make up for it: neither does libwebrtc's.
    const earned = Math.min(nowMs - this.#paidMs, longestBurstMs) * this.#bytesPerMs;
    this.#paidMs = nowMs;
    // What was not used while nothing waited is gone: a burst is never longer than a poll allows.
    this.#budget = Math.min(this.#budget + earned, earned);
    while (this.#waiting > 0 && (this.#budget > 0 || this.#waiting === queueLength)) this.#sendPacket(nowMs);
    return lateMs;
  }

  timestampAt(nowMs: number): number {
    const { startMs, clockRate, timestamp } = this.#options;
    return (timestamp + Math.round(((nowMs - startMs) * clockRate) / 1000)) >>> 0;
  }

  #enqueue(nowMs: number): number {
    const { cassette, clockRate, timestamp } = this.#options;
    const schedule = this.#schedule;
    let lateMs = -1;
    while (schedule.dueMs <= nowMs && this.#waiting < queueLength) {
      lateMs = Math.max(lateMs, nowMs - schedule.dueMs);
      schedule.catchUp(nowMs);
      const slot = (this.#head + this.#waiting) % queueLength;
      this.#units[slot] = this.#take(nowMs);
      this.#stamps[slot] = (timestamp + Math.round((schedule.number * clockRate) / cassette.rate)) >>> 0;
      this.#waiting += 1;
      schedule.next();
    }
    return lateMs;
  }

  /** The unit that plays now. A wish for a key frame is answered by going on from the next one of the cassette. */
  #take(nowMs: number): number {
    const { keys, count } = this.#options.cassette;
    let unit = this.#unit;
    if (this.#wantsKey && nowMs - this.#keyMs >= leastKeyIntervalMs) {
      while (keys[unit] !== 1) unit = (unit + 1) % count;
    }
    if (keys[unit] === 1) {
      this.#wantsKey = false;
      this.#keyMs = nowMs;
    }
    this.#unit = (unit + 1) % count;
    return unit;
  }

  #sendPacket(nowMs: number): void {
    const { cassette, outgoing } = this.#options;
    const unit = this.#units[this.#head] as number;
    const [offset, length] = [cassette.offsets[unit] as number, cassette.lengths[unit] as number];
    const packets = packetCount(length, outgoing.longestPayload);
    const index = this.#packet;
    const from = Math.floor((length * index) / packets);
    const to = Math.floor((length * (index + 1)) / packets);
    const place = (index === 0 ? 1 : 0) | (index === packets - 1 ? 2 : 0);
    const stamp = this.#stamps[this.#head] as number;
    this.#budget -= outgoing.send(offset + from, to - from, place, this.#picture, stamp, nowMs);
    this.#packet += 1;
    if (this.#packet < packets) return;
    this.#packet = 0;
    this.#picture = (this.#picture + 1) & 0x7fff;
    this.#head = (this.#head + 1) % queueLength;
    this.#waiting -= 1;
    this.framesTotal += 1;
  }
}
