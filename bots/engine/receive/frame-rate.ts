/** Frames per second from one reading to the next, of a counter. */

/** Two readings closer than this say nothing of a rate. */
const leastIntervalMs = 200;

export class FrameRate {
  #readMs = Number.NaN;
  #readFrames = 0;

  /** Since the reading before; null at the first one, and where that was just now. */
  read(atMs: number, framesTotal: number): number | null {
    const sinceMs = atMs - this.#readMs;
    if (sinceMs < leastIntervalMs) return null;
    const isFirst = Number.isNaN(sinceMs);
    const fps = isFirst ? null : ((framesTotal - this.#readFrames) * 1000) / sinceMs;
    this.#readMs = atMs;
    this.#readFrames = framesTotal;
    return fps;
  }

  /** What was until now is no part of any rate. */
  reset(): void {
    this.#readMs = Number.NaN;
  }
}
