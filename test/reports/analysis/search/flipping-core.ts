/** A core that a neighbour outside of the machine slows now and then: fast or slow, and the other after a while. Seeded. */

export const slowSpeed = 0.71;
/** As the harness has it: the mean of two seconds decides, the first fifteen are told. */
const means = 2;
const slowLimit = 0.82;
const toldSeconds = 15;

export class FlippingCore {
  readonly #random: () => number;
  readonly #flipsPerSecond: number;
  #isSlow = false;

  /** @param dwellSeconds how long it stays as it is, in the mean */
  constructor(dwellSeconds: number, random: () => number) {
    this.#flipsPerSecond = 1 / dwellSeconds;
    this.#random = random;
  }

  /** The speed of each of the next seconds. */
  live(seconds: number): number[] {
    return Array.from({ length: Math.round(seconds) }, () => {
      if (this.#random() < this.#flipsPerSecond) this.#isSlow = !this.#isSlow;
      return this.#isSlow ? slowSpeed : 1;
    });
  }
}

/** Of every two seconds in succession. */
function speedsOf(seconds: readonly number[]): number[] {
  return seconds.slice(1).map((speed, index) => means / (1 / speed + 1 / (seconds[index] ?? speed)));
}

/** The second in which it is clear that it was slow; null where it never was. */
export function slowedAfter(seconds: readonly number[]): number | null {
  const index = speedsOf(seconds).findIndex((speed) => speed < slowLimit);
  return index < 0 ? null : index + means;
}

/** At its slowest. */
export function slowest(seconds: readonly number[]): number {
  return Math.min(1, ...speedsOf(seconds));
}

export function slowestAtStart(seconds: readonly number[]): number {
  return slowest(seconds.slice(0, toldSeconds));
}
