/** W3C webrtc-stats, freezeCount and totalFreezesDuration: an interval far above the mean of the last thirty. */

const meanOver = 30;
/** Chrome's: a mean of fewer says nothing. */
const minIntervals = 5;
const slackMs = 150;

export class Freezes {
  freezesTotal = 0;
  freezeMsTotal = 0;
  readonly #intervalsMs = new Float64Array(meanOver);
  #count = 0;
  #next = 0;
  #sumMs = 0;
  #lastMs = Number.NaN;

  /** A frame was shown. */
  frame(nowMs: number): void {
    const intervalMs = nowMs - this.#lastMs;
    const first = Number.isNaN(this.#lastMs);
    this.#lastMs = nowMs;
    if (first) return;
    if (this.#count === meanOver) this.#sumMs -= this.#intervalsMs[this.#next] as number;
    else this.#count += 1;
    this.#intervalsMs[this.#next] = intervalMs;
    this.#sumMs += intervalMs;
    this.#next = (this.#next + 1) % meanOver;
    // As Chrome: the mean is that of the last thirty, this one among them.
    if (intervalMs >= this.#limitMs()) {
      this.freezesTotal += 1;
      this.freezeMsTotal += intervalMs;
    }
  }

  /** The stream was paused on purpose: the time until it goes on is no freeze. */
  pause(): void {
    this.#lastMs = Number.NaN;
  }

  #limitMs(): number {
    if (this.#count < minIntervals) return Number.POSITIVE_INFINITY;
    const meanMs = this.#sumMs / this.#count;
    return Math.max(3 * meanMs, meanMs + slackMs);
  }
}
