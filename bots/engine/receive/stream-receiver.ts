/**
 * RFC 3550 §6.4.1, appendix A.1, A.3 and A.8: exact reception statistics of one SSRC. `lostTotal` is what the network
 * lost: a packet that RTX brought again is `recovered`, and still lost on its way, as Chrome counts it.
 */
import { sequenceDistance } from '../bytes.ts';
import type { ReportBlock } from '../rtcp/report-block.ts';
import type { RtpHeader } from '../rtp/header.ts';
import { type Arrival, arrival } from './arrival.ts';

/** Appendix A.1: a larger step forward must be confirmed by the packet that follows. */
const maxDropout = 3000;
const original = 1;
const restored = 2;
const maxJitterStep = 450_000; // Chrome's: five seconds of 90 kHz

export class StreamReceiver {
  readonly ssrc: number;
  readonly clockRate: number;
  /** Unique packets of the stream's own SSRC, padding included. */
  receivedTotal = 0;
  /** As on the wire after SRTP: header, payload and padding. */
  receivedBytesTotal = 0;
  duplicatesTotal = 0;
  reorderedTotal = 0;
  lateTotal = 0;
  strayTotal = 0;
  paddingOnlyTotal = 0;
  /** Missing packets that RTX brought, and those that it brought although they were there. */
  recoveredTotal = 0;
  recoveredDuplicatesTotal = 0;
  /** How often the sender began anew with other sequence numbers. */
  restartsTotal = 0;
  firstArrivalMs = Number.NaN;
  lastArrivalMs = Number.NaN;
  /** Of the last packet recorded: its number without wrap. */
  extended = 0;
  readonly #window: number;
  readonly #mask: number;
  readonly #flags: Uint8Array;
  /** What the numbers without wrap are counted from; it grows when the sender begins anew. */
  #origin = 65_536;
  #base = -1;
  #highest = -1;
  /** Expected packets of the times before a restart. */
  #expectedBefore = 0;
  #strayNext = -1;
  #strayBytes = 0;
  #jitter = 0;
  #lastTimestamp = 0;
  #inOrder = 0;
  #inOrderMs = 0;
  #expectedPrior = 0;
  #receivedPrior = 0;
  #lastSenderReport = 0;
  #lastSenderReportMs = 0;

  /** `window`: packets within which duplicates and reordering are told apart, a power of two; one byte each. */
  constructor(ssrc: number, clockRate: number, window = 2048) {
    if (window < 64 || window > 32_768 || (window & (window - 1)) !== 0) {
      throw new RangeError(`window of ${window} packets`);
    }
    this.ssrc = ssrc;
    this.clockRate = clockRate;
    this.#window = window;
    this.#mask = window - 1;
    this.#flags = new Uint8Array(window);
  }

  get expectedTotal(): number {
    return this.#base < 0 ? 0 : this.#expectedBefore + this.#highest - this.#base + 1;
  }

  get lostTotal(): number {
    return this.expectedTotal - this.receivedTotal;
  }

  /** Lost on the way, and not recovered by RTX either. */
  get missingTotal(): number {
    return this.lostTotal - this.recoveredTotal;
  }

  get jitterMs(): number {
    return (this.#jitter / this.clockRate) * 1000;
  }

  get highestExtended(): number {
    return this.#highest;
  }

  /** `length` of the packet without SRTP's tag; `header.arrivalMs` is set. */
  record(header: RtpHeader, length: number, paddingOnly: boolean): Arrival {
    const sequence = header.sequence;
    if (this.#highest < 0) this.#start(header);
    const distance = sequenceDistance(this.#highest & 0xffff, sequence);
    const extended = this.#highest + distance;
    this.extended = extended;
    if (distance > 0 && distance <= maxDropout) {
      this.#advance(extended);
    } else if (distance > maxDropout || distance <= -this.#window) {
      if (sequence !== this.#strayNext) return this.#stray(sequence, distance, length);
      this.#confirm(extended, distance);
    } else {
      const slot = extended & this.#mask;
      const flags = this.#flags[slot] as number;
      if ((flags & original) !== 0) {
        this.duplicatesTotal += 1;
        return arrival.duplicate;
      }
      this.#flags[slot] = flags | original;
      if (flags === restored) {
        this.recoveredTotal -= 1;
        this.recoveredDuplicatesTotal += 1;
      }
      if (extended < this.#base) this.#base = extended;
      this.reorderedTotal += 1;
      this.#count(header, length, paddingOnly);
      return flags === restored ? arrival.overtaken : arrival.reordered;
    }
    this.#updateJitter(header);
    this.#count(header, length, paddingOnly);
    return arrival.next;
  }

  /** A packet that RTX restored. Its number must be known from a gap. */
  recordRestored(sequence: number): Arrival {
    if (this.#highest < 0) return arrival.stray;
    const distance = sequenceDistance(this.#highest & 0xffff, sequence);
    this.extended = this.#highest + distance;
    if (distance <= -this.#window || this.extended < this.#base) return arrival.late;
    if (distance > maxDropout) return arrival.stray;
    if (distance > 0) {
      // Ahead of the stream itself: the numbers between are gaps now.
      this.#advance(this.extended);
      this.#flags[this.extended & this.#mask] = restored;
      this.recoveredTotal += 1;
      return arrival.next;
    }
    const slot = this.extended & this.#mask;
    const flags = this.#flags[slot] as number;
    if (flags !== 0) {
      this.recoveredDuplicatesTotal += 1;
      return arrival.duplicate;
    }
    this.#flags[slot] = restored;
    this.recoveredTotal += 1;
    return arrival.reordered;
  }

  /** Whether the packet has come, on its own or by RTX; false for what the window no longer knows. */
  has(extended: number): boolean {
    if (extended > this.#highest || extended <= this.#highest - this.#window) return false;
    return this.#flags[extended & this.#mask] !== 0;
  }

  recordSenderReport(compactNtp: number, arrivalMs: number): void {
    this.#lastSenderReport = compactNtp;
    this.#lastSenderReportMs = arrivalMs;
  }

  /** Fills what an RR says of this stream, and begins the next interval of `fractionLost`. */
  report(block: ReportBlock, nowMs: number): void {
    const expected = this.expectedTotal;
    const expectedInterval = expected - this.#expectedPrior;
    const lostInterval = expectedInterval - (this.receivedTotal - this.#receivedPrior);
    this.#expectedPrior = expected;
    this.#receivedPrior = this.receivedTotal;
    block.ssrc = this.ssrc;
    block.fractionLost =
      expectedInterval <= 0 || lostInterval <= 0
        ? 0
        : Math.min(255, Math.floor((lostInterval * 256) / expectedInterval));
    block.cumulativeLost = this.lostTotal;
    block.extendedHighest = this.#highest < 0 ? 0 : (this.#highest - this.#origin) % 2 ** 32;
    block.jitter = Math.floor(this.#jitter);
    block.lastSenderReport = this.#lastSenderReport;
    block.delaySinceLast =
      this.#lastSenderReport === 0
        ? 0
        : Math.max(0, Math.round((nowMs - this.#lastSenderReportMs) * 65.536)) % 2 ** 32;
  }

  #start({ sequence, arrivalMs }: RtpHeader): void {
    // One cycle above zero: what was sent before the first arrival may still come.
    this.#base = this.#origin + sequence;
    this.#highest = this.#base - 1;
    this.firstArrivalMs = arrivalMs;
  }

  #count(header: RtpHeader, length: number, paddingOnly: boolean): void {
    this.receivedTotal += 1;
    this.receivedBytesTotal += length;
    if (paddingOnly) this.paddingOnlyTotal += 1;
    this.lastArrivalMs = header.arrivalMs;
  }

  #advance(extended: number): void {
    const from = Math.max(this.#highest + 1, extended - this.#window + 1);
    for (let skipped = from; skipped < extended; skipped += 1) this.#flags[skipped & this.#mask] = 0;
    this.#flags[extended & this.#mask] = original;
    this.#highest = extended;
    this.#strayNext = -1;
  }

  #stray(sequence: number, distance: number, length: number): Arrival {
    this.#strayNext = (sequence + 1) & 0xffff;
    this.#strayBytes = length;
    if (distance > 0) {
      this.strayTotal += 1;
      return arrival.stray;
    }
    this.lateTotal += 1;
    return arrival.late;
  }

  /** Two packets in a row from elsewhere: forward is a long outage, backward a sender that began anew. */
  #confirm(extended: number, distance: number): void {
    if (distance > 0) {
      this.strayTotal -= 1;
      this.#advance(extended - 1);
      this.#advance(extended);
    } else {
      this.lateTotal -= 1;
      this.restartsTotal += 1;
      this.#expectedBefore += this.#highest - this.#base + 1;
      // Upwards, so that whoever counts by these numbers sees a gap and not the past.
      this.#origin = Math.floor(this.#highest / 65_536) * 65_536 + 131_072;
      this.#base = this.#origin + ((extended - 1) & 0xffff);
      this.#highest = this.#base - 1;
      this.#flags.fill(0);
      this.#advance(this.#base);
      this.#advance(this.#base + 1);
      this.extended = this.#highest;
    }
    this.receivedTotal += 1;
    this.receivedBytesTotal += this.#strayBytes;
  }

  /** A.8, as Chrome does it: between frames only, as packets of one frame share a timestamp. */
  #updateJitter({ timestampBits, arrivalMs }: RtpHeader): void {
    if (timestampBits !== this.#lastTimestamp && this.#inOrder > 0) {
      const sinceLast = (arrivalMs - this.#inOrderMs) * (this.clockRate / 1000);
      const step = Math.abs(sinceLast - ((timestampBits - this.#lastTimestamp) | 0));
      if (step < maxJitterStep) this.#jitter += (step - this.#jitter) / 16;
    }
    this.#inOrder += 1;
    this.#inOrderMs = arrivalMs;
    this.#lastTimestamp = timestampBits;
  }
}
