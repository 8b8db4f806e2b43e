/**
 * The effect of paired blocks, and how sure it is: the Hodges–Lehmann median with the interval that inverts Wilcoxon's
 * exact signed-rank test, which matches that estimate (Hollander & Wolfe, Nonparametric Statistical Methods, §3.2–3.3).
 * It assumes nothing of the differences but that they are independent and symmetric about the effect. Pure.
 */

export interface Effect {
  /** Median of the Walsh averages; null without a value. */
  readonly estimate: number | null;
  /** Ends of the interval; null where so few values reach the confidence at no width. */
  readonly low: number | null;
  readonly high: number | null;
  /** That the interval has in truth: at least what was asked for; null without one. */
  readonly coverage: number | null;
  readonly blocks: number;
}

/** Means of all pairs, each value with itself included, rising: n(n+1)/2 of them. */
export function walshAverages(values: readonly number[]): Float64Array {
  const averages = new Float64Array((values.length * (values.length + 1)) / 2);
  let at = 0;
  for (const [index, first] of values.entries()) {
    for (let other = index; other < values.length; other += 1) {
      // Halves first: the sum of two large ones would be infinite.
      averages[at] = first / 2 + (values[other] ?? Number.NaN) / 2;
      at += 1;
    }
  }
  return averages.sort();
}

/** P(W⁺ = w) for w = 0 … n(n+1)/2 when the effect is null: each rank is in the sum with probability ½. */
export function signedRankDistribution(blocks: number): Float64Array {
  const probabilities = new Float64Array((blocks * (blocks + 1)) / 2 + 1);
  probabilities[0] = 1;
  for (let rank = 1; rank <= blocks; rank += 1) {
    for (let sum = (rank * (rank + 1)) / 2; sum >= 0; sum -= 1) {
      const without = probabilities[sum] ?? 0;
      const withRank = sum >= rank ? (probabilities[sum - rank] ?? 0) : 0;
      probabilities[sum] = (without + withRank) / 2;
    }
  }
  return probabilities;
}

/**
 * @param values one difference per block, such as ln(B/A); every one finite
 * @param confidence asked of the interval; 0.95 takes six blocks
 */
export function signedRankEffect(values: readonly number[], confidence = 0.95): Effect {
  const blocks = values.length;
  const averages = walshAverages(values);
  const upper = averages[averages.length >> 1];
  if (upper === undefined) return { estimate: null, low: null, high: null, coverage: null, blocks };
  const lower = averages[(averages.length - 1) >> 1] ?? upper;
  const estimate = lower / 2 + upper / 2;
  const { cut, tail } = cutOf(blocks, confidence);
  if (cut === 0) return { estimate, low: null, high: null, coverage: null, blocks };
  return {
    estimate,
    low: averages[cut - 1] ?? null,
    high: averages[averages.length - cut] ?? null,
    coverage: 1 - 2 * tail,
    blocks,
  };
}

/** The most averages that may be cut off at each end, from one on counted, and the probability of that tail. */
function cutOf(blocks: number, confidence: number): { readonly cut: number; readonly tail: number } {
  // Probabilities are sums of powers of two, exact up to dozens of blocks: nothing to be lenient about but this.
  const allowed = (1 - confidence) / 2 + 1e-12;
  let [cut, tail] = [0, 0];
  let next = 0;
  for (const probability of signedRankDistribution(blocks)) {
    next += probability;
    if (next > allowed) break;
    cut += 1;
    tail = next;
  }
  return { cut, tail };
}
