/**
 * When a receiver of video asks for a key frame, as libwebrtc's VideoReceiveStream2 and RtpVideoStreamReceiver2 do: before
 * the first one, as soon as another frame is whole, and each 200 ms; later after 3 s without a frame that could be decoded,
 * and each 3 s. Never while one arrives, or when the stream has been silent for 5 s.
 */
import type { FramePacket } from './frames.ts';

export const keyFrameLimits = { startMs: 200, stallMs: 3000, arrivingMs: 200, silentMs: 5000 } as const;

export class KeyFrameWish {
  #isStarted: boolean;
  /** A frame was whole, whatever it was. */
  #isBegun = false;
  #isWanted = false;
  #askedMs = Number.NEGATIVE_INFINITY;
  /** Of the key frame that came last, and when its last packet did. */
  #timestampBits = 0;
  #arrivedMs = Number.NEGATIVE_INFINITY;
  /** Since when a decoder stands still, as it lacks a packet that will not come; NaN: none does. */
  #stuckMs = Number.NaN;

  /** `isStarted`: nobody can tell key frames apart: the first frame is taken for one. */
  constructor(isStarted: boolean) {
    this.#isStarted = isStarted;
  }

  /** A key frame was shown. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  get isStuck(): boolean {
    return !Number.isNaN(this.#stuckMs);
  }

  /** Not later than at the next look. */
  want(): void {
    this.#isWanted = true;
  }

  /** What was missed at `sinceMs` will not come. */
  stick(sinceMs: number): void {
    if (!(this.#stuckMs <= sinceMs)) this.#stuckMs = sinceMs;
  }

  /** A packet whose payload may have been read: `isKey`, a key frame begins with it. */
  packet({ timestampBits, arrivalMs }: FramePacket, isKey: boolean): void {
    if (isKey) this.#timestampBits = timestampBits;
    if (timestampBits === this.#timestampBits) this.#arrivedMs = arrivalMs;
  }

  /** A frame is whole. Where it is the first and no key frame, what it needs went before. */
  whole(): void {
    if (!this.#isBegun && !this.#isStarted) this.#isWanted = true;
    this.#isBegun = true;
  }

  /** Whoever is stuck goes on with a key frame only, whatever is whole. */
  shown(isKey: boolean): void {
    if (isKey) this.#isStarted = true;
    else if (this.isStuck) return;
    this.reset();
  }

  /** Nothing is wanted any more: it goes on, or was paused. */
  reset(): void {
    this.#isWanted = false;
    this.#askedMs = Number.NEGATIVE_INFINITY;
    this.#stuckMs = Number.NaN;
  }

  /** The answer cannot be seen: it is taken for given. */
  answered(): void {
    this.#stuckMs = Number.NaN;
  }

  /** Whether to ask now. `shownMs`: of the last frame that was shown, or since when one could be. */
  take(nowMs: number, shownMs: number, lastArrivalMs: number): boolean {
    if (!this.#isWanted && !this.#isDue(nowMs, shownMs, lastArrivalMs)) return false;
    this.#isWanted = false;
    this.#askedMs = nowMs;
    return true;
  }

  #isDue(nowMs: number, shownMs: number, lastArrivalMs: number): boolean {
    const { startMs, stallMs, arrivingMs, silentMs } = keyFrameLimits;
    const sinceMs = this.isStuck ? this.#stuckMs : shownMs;
    const waitMs = this.#isStarted ? stallMs : startMs;
    return (
      nowMs - sinceMs >= waitMs &&
      nowMs - this.#askedMs >= waitMs &&
      nowMs - this.#arrivedMs >= arrivingMs &&
      nowMs - lastArrivalMs < silentMs
    );
  }
}
