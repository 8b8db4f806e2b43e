/** Maps kernel receive timestamps (CLOCK_REALTIME, socket(7) SO_TIMESTAMP) to CLOCK_MONOTONIC milliseconds. */
import { clock, type Libc, pinned } from './libc.ts';

const refreshMs = 250;
/** Of a few readings the one with the shortest window around it is the least disturbed. */
const readings = 4;
/** NTP slews by at most 0.5 ms per second; more than this was a step. */
const stepMs = 1;

export class RealtimeOffset {
  readonly #libc: Libc;
  readonly #time = pinned(48);
  readonly #words = new Int32Array(this.#time.memory);
  /** Seconds are taken relative to this one, so that a double keeps nanoseconds. */
  readonly baseSeconds: number;
  offsetMs: number;
  steps = 0;
  #dueMs: number;

  constructor(libc: Libc, nowMs: number) {
    this.#libc = libc;
    libc.clock_gettime(clock.realtime, this.#time.address);
    this.baseSeconds = this.#words[0] as number;
    this.offsetMs = this.#read();
    this.#dueMs = nowMs + refreshMs;
  }

  refresh(nowMs: number): void {
    if (nowMs < this.#dueMs) return;
    this.#dueMs = nowMs + refreshMs;
    const offsetMs = this.#read();
    if (Math.abs(offsetMs - this.offsetMs) > stepMs) this.steps++;
    this.offsetMs = offsetMs;
  }

  #read(): number {
    let best = 0;
    let narrowest = Number.POSITIVE_INFINITY;
    for (let reading = 0; reading < readings; reading++) {
      this.#libc.clock_gettime(clock.monotonic, this.#time.address);
      this.#libc.clock_gettime(clock.realtime, this.#time.address + 16);
      this.#libc.clock_gettime(clock.monotonic, this.#time.address + 32);
      const before = this.#ms(0, 0);
      const after = this.#ms(8, 0);
      if (after - before >= narrowest) continue;
      narrowest = after - before;
      best = (before + after) / 2 - this.#ms(4, this.baseSeconds);
    }
    return best;
  }

  /** The timespec at a word, in milliseconds after a second. */
  #ms(word: number, base: number): number {
    // The low word wraps in 2038; the difference, as an int32, does not until 68 years after `base`.
    return (((this.#words[word] as number) - base) | 0) * 1000 + (this.#words[word + 2] as number) / 1e6;
  }
}
