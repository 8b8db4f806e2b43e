/**
 * When what of a material leaves: opus packet by packet, video as frames that are paced as libwebrtc paces them, so
 * that the SFU meets the bursts of a real encoder and no others. Instants are CLOCK_MONOTONIC in milliseconds.
 */
import { comfortNoise, type Material } from './material.ts';
import type { Outgoing } from './outgoing.ts';
import { type Speech, slot } from './speech.ts';

/**
 * libwebrtc's pacing controller: what was sent is a debt, paid off at this multiple of the encoder's bitrate, that may grow to a
 * burst of 40 ms and 63 kB (`kDefaultBurstInterval`, `kMaxBurstSize`). A usual frame leaves at once.
 */
const pacingFactor = 2.5;
const burst = { ms: 40, bytes: 63_000 } as const;
/** Frames that wait to be paced; the cassettes' own bursts never get there. */
const queueLength = 8;
/** A generator that was away for longer does not make up for it: the schedule moves on. */
const longestCatchUpMs = 500;

export interface Play {
  readonly framesTotal: number;
  /** When `work` has something to do. */
  readonly dueMs: number;
  /** Sends what is due. */
  work(nowMs: number): void;
  /** RTP's clock now, for sender reports. */
  timestampAt(nowMs: number): number;
  /** The next frame is to be a key frame. */
  requestKey(): void;
  /** The schedule goes on, but nothing is made of it; afterwards video begins with a key frame. */
  mute(muted: boolean): void;
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

  /** Leaves out what is too late to be sent; returns how many units that are. */
  catchUp(nowMs: number): number {
    if (nowMs - this.dueMs <= longestCatchUpMs) return 0;
    const before = this.#number;
    this.#number = Math.ceil(((nowMs - this.startMs) * this.#rate) / 1000);
    return this.#number - before;
  }
}

export interface PlayOptions {
  readonly material: Material;
  readonly outgoing: Outgoing;
  readonly startMs: number;
  readonly clockRate: number;
  /** Where RTP's clock begins (RFC 3550 §5.1). */
  readonly timestamp: number;
  /** 0 … 1, for where in the material it begins. */
  readonly random: () => number;
  /** Told of each unit that is sent, how long after it was due; and of one that is left out, as it is too late. */
  readonly onSent?: (lateMs: number) => void;
}

/** RTP's clock at a distance from its beginning. */
function rtpAt({ timestamp, clockRate }: PlayOptions, sinceMs: number): number {
  return (timestamp + Math.round((sinceMs * clockRate) / 1000)) >>> 0;
}

/** What is left out was never sent: later than anything that was. */
function tellLeftOut(schedule: Schedule, nowMs: number, onSent: PlayOptions['onSent']): void {
  const { dueMs } = schedule;
  for (let left = schedule.catchUp(nowMs); left > 0; left -= 1) onSent?.(nowMs - dueMs);
}

export class AudioPlay implements Play {
  framesTotal = 0;
  readonly #options: PlayOptions;
  readonly #schedule: Schedule;
  readonly #speech: Speech | null;
  #unit: number;
  #isMuted = false;
  #isNext = false;

  /** @param speech null: speaks without a pause */
  constructor(options: PlayOptions, speech: Speech | null) {
    const { material, startMs, random } = options;
    this.#options = options;
    this.#schedule = new Schedule(startMs, material.rate);
    this.#speech = speech;
    this.#unit = material.first(random());
  }

  get dueMs(): number {
    return this.#schedule.dueMs;
  }

  work(nowMs: number): void {
    const schedule = this.#schedule;
    const { onSent } = this.#options;
    while (schedule.dueMs <= nowMs) {
      if (!this.#isMuted) tellLeftOut(schedule, nowMs, onSent);
      else schedule.catchUp(nowMs);
      const next = this.#speech === null ? slot.talk : this.#speech.next();
      if (next !== slot.nothing && !this.#isMuted) {
        onSent?.(nowMs - schedule.dueMs);
        this.#send(next === slot.noise, next === slot.onset, nowMs);
      }
      schedule.next();
    }
  }

  timestampAt(nowMs: number): number {
    return rtpAt(this.#options, nowMs - this.#options.startMs);
  }

  requestKey(): void {
    // Every packet of opus stands by itself.
  }

  mute(muted: boolean): void {
    this.#isMuted = muted;
  }

  #send(isNoise: boolean, isOnset: boolean, nowMs: number): void {
    const { material, outgoing, startMs } = this.#options;
    const { current } = outgoing;
    const { dueMs } = this.#schedule;
    if (!isNoise) {
      if (this.#isNext) this.#unit = material.after(this.#unit, false);
      this.#isNext = true;
    }
    current.unit = isNoise ? comfortNoise : this.#unit;
    current.frame = this.framesTotal;
    current.timestampBits = rtpAt(this.#options, dueMs - startMs) | 0;
    current.capturedMs = dueMs;
    current.isOnset = isOnset;
    current.isSilent = isNoise;
    outgoing.send(0, nowMs);
    this.framesTotal += 1;
  }
}

export class VideoPlay implements Play {
  framesTotal = 0;
  readonly #options: PlayOptions;
  readonly #schedule: Schedule;
  readonly #bytesPerMs: number;
  // The queue: a ring of frames that are due and not wholly sent.
  readonly #units = new Int32Array(queueLength);
  readonly #dueMs = new Float64Array(queueLength);
  #head = 0;
  #waiting = 0;
  /** The next packet of the frame at the head. */
  #packet = 0;
  /** The unit that was queued last; −1 before. */
  #unit = -1;
  readonly #burstBytes: number;
  #debt = 0;
  #paidMs: number;
  #wantsKey = false;
  #isMuted = false;

  constructor(options: PlayOptions) {
    const { material, startMs } = options;
    this.#options = options;
    this.#schedule = new Schedule(startMs, material.rate);
    this.#bytesPerMs = (pacingFactor * material.bitrateBps) / 8000;
    this.#burstBytes = Math.min(burst.ms * this.#bytesPerMs, burst.bytes);
    this.#paidMs = startMs;
  }

  get dueMs(): number {
    const { dueMs } = this.#schedule;
    if (this.#waiting === 0) return dueMs;
    return Math.min(dueMs, this.#paidMs + (this.#debt - this.#burstBytes) / this.#bytesPerMs);
  }

  requestKey(): void {
    this.#wantsKey = true;
  }

  mute(muted: boolean): void {
    if (this.#isMuted && !muted) this.#wantsKey = true;
    this.#isMuted = muted;
  }

  work(nowMs: number): void {
    this.#enqueue(nowMs);
    this.#debt = Math.max(0, this.#debt - (nowMs - this.#paidMs) * this.#bytesPerMs);
    this.#paidMs = nowMs;
    while (this.#waiting > 0 && (this.#debt <= this.#burstBytes || this.#waiting === queueLength))
      this.#sendPacket(nowMs);
  }

  timestampAt(nowMs: number): number {
    return rtpAt(this.#options, nowMs - this.#options.startMs);
  }

  #enqueue(nowMs: number): void {
    const schedule = this.#schedule;
    const { onSent } = this.#options;
    while (schedule.dueMs <= nowMs && this.#waiting < queueLength) {
      if (!this.#isMuted) tellLeftOut(schedule, nowMs, onSent);
      else schedule.catchUp(nowMs);
      if (!this.#isMuted) {
        onSent?.(nowMs - schedule.dueMs);
        const place = (this.#head + this.#waiting) % queueLength;
        this.#units[place] = this.#take();
        this.#dueMs[place] = schedule.dueMs;
        this.#waiting += 1;
      }
      schedule.next();
    }
  }

  /** The unit that plays now. */
  #take(): number {
    const { material, random } = this.#options;
    const unit = this.#unit < 0 ? material.first(random()) : material.after(this.#unit, this.#wantsKey);
    if (material.isKey(unit)) this.#wantsKey = false;
    this.#unit = unit;
    return unit;
  }

  #sendPacket(nowMs: number): void {
    const { outgoing } = this.#options;
    if (this.#packet === 0) this.#begin();
    this.#debt += outgoing.send(this.#packet, nowMs);
    this.#packet += 1;
    if (this.#packet < outgoing.current.packets) return;
    this.#packet = 0;
    this.#head = (this.#head + 1) % queueLength;
    this.#waiting -= 1;
    this.framesTotal += 1;
  }

  /** Makes the frame at the head the current one. */
  #begin(): void {
    const { material, outgoing, startMs } = this.#options;
    const { current, longestPayload } = outgoing;
    const unit = this.#units[this.#head] as number;
    const dueMs = this.#dueMs[this.#head] as number;
    current.unit = unit;
    current.packets = material.packetsOf(unit, longestPayload);
    current.frame = this.framesTotal;
    current.timestampBits = rtpAt(this.#options, dueMs - startMs) | 0;
    current.capturedMs = dueMs;
  }
}
