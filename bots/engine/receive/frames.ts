/**
 * Frames from packets: a frame is the packets of one RTP timestamp up to the marker (RFC 7741 §4.1, RFC 6184 §5.1). It is
 * complete when none is missing between its start and its end, and decodable when the frames before it were, back to a
 * key frame. Where payloads cannot be read, every complete frame that is newer than the last counts as decodable.
 */
import type { RtpHeader } from '../rtp/header.ts';

const slots = 64;
const unknown = -1;
const free = Number.POSITIVE_INFINITY;

/** What is read of a packet's header: handed on whole, since a time by itself would be an object each time. */
export type FramePacket = Pick<RtpHeader, 'timestampBits' | 'marker' | 'arrivalMs'>;

export class Frames {
  completeTotal = 0;
  keyFramesTotal = 0;
  /** Shown in order; what a decoder would have been given. */
  decodedTotal = 0;
  /** Begun, and passed over by a later frame without having been decoded. */
  droppedTotal = 0;
  lastDecodedMs = Number.NaN;
  firstKeyFrameMs = Number.NaN;
  /** Where the key frame that was decoded last begins: nothing before it is needed any more. */
  keyFrameFrom = -1;
  readonly #onDecoded: ((nowMs: number) => void) | null;
  readonly #timestamp = new Float64Array(slots).fill(free);
  readonly #first = new Float64Array(slots);
  readonly #last = new Float64Array(slots);
  readonly #count = new Int32Array(slots);
  readonly #flags = new Uint8Array(slots);
  /** Of the packet that is being taken. */
  #nowMs = 0.5;
  #newest = 0;
  #begun = false;
  #highest = unknown;
  #decodedUpTo = unknown;
  #streamFirst = unknown;

  /** `onDecoded` is called for each frame that a decoder would show. */
  constructor(onDecoded: ((nowMs: number) => void) | null = null) {
    this.#onDecoded = onDecoded;
  }

  /**
   * A packet that was not here before, its own or restored. `starts`, `key`: 1 yes, 0 no, −1 not readable; `key` is
   * asked of the packet that starts the frame only.
   */
  packet(
    extended: number,
    { timestampBits, marker, arrivalMs }: FramePacket,
    starts: number,
    key: number,
  ): void {
    this.#nowMs = arrivalMs;
    if (!this.#begun) {
      this.#begun = true;
      this.#streamFirst = extended;
    }
    if (extended > this.#highest) this.#highest = extended;
    const slot = this.#slotOf(timestampBits, extended);
    if (slot < 0) return;
    this.#count[slot] = (this.#count[slot] as number) + 1;
    if (extended < (this.#first[slot] as number)) this.#first[slot] = extended;
    if (extended > (this.#last[slot] as number)) this.#last[slot] = extended;
    let flags = this.#flags[slot] as number;
    if (marker) flags |= flag.ended;
    if (starts === 1) flags |= flag.started;
    if (key === 1) flags |= flag.key;
    if (key === unknown) flags |= flag.opaque;
    this.#flags[slot] = flags;
    if ((flags & flag.decoded) !== 0) {
      // Padding behind a frame has its timestamp.
      if (extended === this.#decodedUpTo + 1) this.#decodedUpTo = extended;
    }
    this.#settle(slot);
    // It may be the end of one frame, and what says that the next one has its start.
    const next = this.#beginningAt((this.#last[slot] as number) + 1);
    if (next >= 0) this.#settle(next);
  }

  #slotOf(timestamp: number, extended: number): number {
    for (let back = 0; back < slots; back += 1) {
      const slot = (this.#newest - back) & (slots - 1);
      if (this.#timestamp[slot] === timestamp) return slot;
      if (this.#timestamp[slot] === free) break;
    }
    if (extended <= this.#decodedUpTo) return -1; // of a frame that nobody waits for
    this.#newest = (this.#newest + 1) & (slots - 1);
    const slot = this.#newest;
    this.#abandon(slot);
    this.#timestamp[slot] = timestamp;
    this.#first[slot] = extended;
    this.#last[slot] = extended;
    this.#count[slot] = 0;
    this.#flags[slot] = 0;
    return slot;
  }

  #abandon(slot: number): void {
    if (this.#timestamp[slot] === free) return;
    if (((this.#flags[slot] as number) & (flag.decoded | flag.dropped)) === 0) this.droppedTotal += 1;
  }

  /** The slot of the frame whose first packet so far is this one; −1: none. */
  #beginningAt(extended: number): number {
    if (extended > this.#highest) return -1; // in order, as nearly always
    for (let back = 0; back < slots; back += 1) {
      const slot = (this.#newest - back) & (slots - 1);
      if (this.#timestamp[slot] === free) return -1;
      if (this.#first[slot] === extended) return slot;
    }
    return -1;
  }

  #endsAt(extended: number): boolean {
    for (let back = 0; back < slots; back += 1) {
      const slot = (this.#newest - back) & (slots - 1);
      if (this.#timestamp[slot] === free) return false;
      if (this.#last[slot] === extended) return true;
    }
    return false;
  }

  #settle(slot: number): void {
    const flags = this.#flags[slot] as number;
    if ((flags & flag.ended) === 0 || (flags & flag.complete) !== 0) return;
    const first = this.#first[slot] as number;
    if (this.#count[slot] !== (this.#last[slot] as number) - first + 1) return;
    const started =
      (flags & flag.started) !== 0 ||
      (first === this.#streamFirst && (flags & flag.opaque) !== 0) ||
      first === this.#decodedUpTo + 1 ||
      this.#endsAt(first - 1);
    if (!started) return;
    this.#flags[slot] = flags | flag.complete;
    this.completeTotal += 1;
    if ((flags & flag.key) !== 0) this.keyFramesTotal += 1;
    this.#decode(slot);
  }

  #decode(slot: number): void {
    const nowMs = this.#nowMs;
    let next = slot;
    while (next >= 0) {
      const flags = this.#flags[next] as number;
      const first = this.#first[next] as number;
      const follows = first === this.#decodedUpTo + 1;
      const alone = (flags & flag.key) !== 0 || (flags & flag.opaque) !== 0;
      if ((flags & flag.complete) === 0 || (flags & (flag.decoded | flag.dropped)) !== 0) return;
      if (first <= this.#decodedUpTo || !(follows || alone)) return;
      if (!follows) this.#dropBefore(first);
      this.#flags[next] = flags | flag.decoded;
      this.#decodedUpTo = this.#last[next] as number;
      this.decodedTotal += 1;
      this.lastDecodedMs = nowMs;
      if ((flags & flag.key) !== 0) {
        this.keyFrameFrom = first;
        if (Number.isNaN(this.firstKeyFrameMs)) this.firstKeyFrameMs = nowMs;
      }
      this.#onDecoded?.(nowMs);
      next = this.#beginningAt(this.#decodedUpTo + 1);
    }
  }

  #dropBefore(extended: number): void {
    for (let slot = 0; slot < slots; slot += 1) {
      const flags = this.#flags[slot] as number;
      if (this.#timestamp[slot] === free || (this.#first[slot] as number) >= extended) continue;
      if ((flags & (flag.decoded | flag.dropped)) !== 0) continue;
      this.#flags[slot] = flags | flag.dropped;
      this.droppedTotal += 1;
    }
  }
}

const flag = { ended: 1, started: 2, key: 4, opaque: 8, complete: 16, decoded: 32, dropped: 64 } as const;
