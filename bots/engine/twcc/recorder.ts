/**
 * draft-holmer-rmcat-transport-wide-cc-extensions-01: what arrived when on one transport, by transport-wide sequence
 * number, and the feedback about it. As Chrome does, the first arrival of a packet counts, and one that comes after
 * its number was reported lost makes the next feedback begin there again.
 */
import { copyBytes, writeUint16, writeUint24 } from '../bytes.ts';
import { reason } from '../reason.ts';
import { feedbackFormat, rtcpType } from '../rtcp/compound.ts';
import { writeFeedbackHead } from '../rtcp/feedback.ts';
import type { RtpHeader } from '../rtp/header.ts';
import { StatusChunks } from './status-chunks.ts';

const headLength = 20;
/** Of 250 µs. */
const ticksPerMs = 4;
/** The reference time counts 64 ms. */
const referenceTicks = 256;
const maxDelta = 0x7fff;
const minDelta = -0x8000;
const scratchLength = 1500;

/** Shared by all recorders: a feedback is built in one call. */
const chunks = new StatusChunks();
const deltas = new Uint8Array(scratchLength);

export class TransportFeedbackRecorder {
  receivedTotal = 0;
  duplicatesTotal = 0;
  /** Came later than the window reaches: never reported. */
  tooLateTotal = 0;
  /** Numbers that were never reported because the caller did not build feedback in time. */
  unreportedTotal = 0;
  readonly #window: number;
  readonly #mask: number;
  /** Arrival in ticks of 250 µs; −1: not received. */
  readonly #ticks: Float64Array;
  /** Numbers without wrap. */
  #highest = -1;
  #next = 0;
  #pending = false;
  #feedbackCount = 0;

  /** `window`: packets, a power of two, more than arrive between two feedbacks. 8 bytes each. */
  constructor(window = 2048) {
    if (window < 64 || (window & (window - 1)) !== 0) throw new RangeError(`window of ${window} packets`);
    this.#window = window;
    this.#mask = window - 1;
    this.#ticks = new Float64Array(window).fill(-1);
  }

  /** Whether `build` has something to say. */
  get pending(): boolean {
    return this.#pending;
  }

  /** `sequence`: transport-wide; `header.arrivalMs` is set, ≥ 0. */
  record(sequence: number, header: RtpHeader): void {
    if (this.#highest < 0) {
      this.#highest = 65_536 + sequence - 1; // room for reordering before the first
      this.#next = this.#highest + 1;
    }
    const extended = this.#highest + (((sequence - this.#highest) << 16) >> 16);
    if (extended > this.#highest) this.#advance(extended);
    else if (extended <= this.#highest - this.#window) {
      this.tooLateTotal += 1;
      return;
    }
    const slot = extended & this.#mask;
    if ((this.#ticks[slot] as number) >= 0) {
      this.duplicatesTotal += 1;
      return;
    }
    this.#ticks[slot] = Math.floor(header.arrivalMs * ticksPerMs);
    this.receivedTotal += 1;
    this.#pending = true;
    if (extended < this.#next) this.#next = extended;
  }

  #advance(extended: number): void {
    const from = Math.max(this.#highest + 1, extended - this.#window + 1);
    for (let skipped = from; skipped <= extended; skipped += 1) this.#ticks[skipped & this.#mask] = -1;
    this.#highest = extended;
    const oldest = extended - this.#window + 1;
    if (this.#next < oldest) {
      this.unreportedTotal += oldest - this.#next;
      this.#next = oldest;
    }
  }

  /**
   * Writes one feedback packet of at most `capacity` bytes; returns its length, 0 where nothing is left to report, or
   * `noSpace`. Call it until it returns 0: what does not fit in one packet goes into the next.
   */
  build(bytes: Uint8Array, at: number, capacity: number, senderSsrc: number, mediaSsrc: number): number {
    if (!this.#pending) return 0;
    const room = Math.min(capacity, bytes.length - at, scratchLength);
    if (room < headLength + 12) return reason.noSpace;
    const base = this.#next;
    let previous = -1;
    let reference = 0;
    let chunkAt = at + headLength;
    let deltaLength = 0;
    let next = base;
    chunks.clear();
    for (; next <= this.#highest; next += 1) {
      const tick = this.#ticks[next & this.#mask] as number;
      // One more symbol may complete a chunk and leave one open; then its delta and the padding.
      if (chunkAt - at + 4 + deltaLength + 2 + 3 > room) break;
      if (tick < 0) {
        chunkAt = chunks.add(0, bytes, chunkAt);
        continue;
      }
      if (previous < 0) {
        reference = Math.floor(tick / referenceTicks);
        previous = reference * referenceTicks;
      }
      const delta = tick - previous;
      if (delta > maxDelta || delta < minDelta) break;
      const small = delta >= 0 && delta <= 0xff;
      chunkAt = chunks.add(small ? 1 : 2, bytes, chunkAt);
      if (small) deltas[deltaLength] = delta;
      else writeUint16(deltas, deltaLength, delta & 0xffff);
      deltaLength += small ? 1 : 2;
      previous = tick;
    }
    chunkAt = chunks.finish(bytes, chunkAt);
    copyBytes(deltas, 0, bytes, chunkAt, deltaLength);
    this.#next = next;
    if (next > this.#highest) this.#pending = false;
    return this.#writeHead(
      bytes,
      at,
      chunkAt + deltaLength,
      base,
      next - base,
      reference,
      senderSsrc,
      mediaSsrc,
    );
  }

  /** Also pads to a whole word; the last byte then says by how much (RFC 3550 §6.4.1, P). */
  #writeHead(
    bytes: Uint8Array,
    at: number,
    end: number,
    base: number,
    count: number,
    reference: number,
    senderSsrc: number,
    mediaSsrc: number,
  ): number {
    const used = end - at;
    const length = (used + 3) & ~3;
    const type = rtcpType.transportFeedback;
    writeFeedbackHead(bytes, at, type, feedbackFormat.transportWide, length, senderSsrc, mediaSsrc);
    for (let index = used; index < length; index += 1) bytes[at + index] = 0;
    if (length > used) {
      bytes[at] = (bytes[at] as number) | 0x20;
      bytes[at + length - 1] = length - used;
    }
    writeUint16(bytes, at + 12, base & 0xffff);
    writeUint16(bytes, at + 14, count);
    writeUint24(bytes, at + 16, reference % 0x1000000);
    bytes[at + 19] = this.#feedbackCount;
    this.#feedbackCount = (this.#feedbackCount + 1) & 0xff;
    return length;
  }
}
