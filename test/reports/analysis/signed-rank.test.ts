import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  signedRankDistribution,
  signedRankEffect,
  walshAverages,
} from '../../../reports/analysis/signed-rank.ts';

/** Halves of whole numbers: their sums are exact, so that equations hold to the bit. */
const values = (min: number, max: number): fc.Arbitrary<number[]> =>
  fc.array(
    fc.integer({ min: -1000, max: 1000 }).map((whole) => whole / 2),
    { minLength: min, maxLength: max },
  );

function close(actual: number | null, expected: number): void {
  ok(actual !== null && Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

/** Wilcoxon's two-sided p-value of "the effect is `null`", by all 2ⁿ signs; no ties, no zeros. */
function pValue(all: readonly number[], effect: number): number {
  const differences = all.map((value) => value - effect);
  const ranked = [...differences].sort((a, b) => Math.abs(a) - Math.abs(b));
  const sum = ranked.reduce((total, value, at) => total + (value > 0 ? at + 1 : 0), 0);
  const extreme = Math.min(sum, (all.length * (all.length + 1)) / 2 - sum);
  let count = 0;
  for (let signs = 0; signs < 2 ** all.length; signs += 1) {
    let other = 0;
    for (let at = 0; at < all.length; at += 1) other += (signs >> at) & 1 ? at + 1 : 0;
    if (other <= extreme) count += 1;
  }
  return Math.min(1, (2 * count) / 2 ** all.length);
}

/** P(W⁺ ≤ w) */
function atMost(blocks: number, w: number): number {
  const below = signedRankDistribution(blocks).slice(0, w + 1);
  return below.reduce((sum, probability) => sum + probability, 0);
}

describe('the signed-rank distribution', () => {
  it('is what the tables say', () => {
    // n = 3: sums 0 1 2 3 3 4 5 6 of the eight sets of ranks.
    deepEqual(
      [...signedRankDistribution(3)],
      [1, 1, 1, 2, 1, 1, 1].map((count) => count / 8),
    );
    equal(atMost(8, 3), 5 / 256);
    equal(atMost(8, 4), 7 / 256);
    equal(atMost(10, 8), 25 / 1024);
  });

  it('sums to one and is symmetric', () => {
    for (const blocks of [1, 6, 20, 60]) {
      const all = signedRankDistribution(blocks);
      close(
        all.reduce((sum, probability) => sum + probability, 0),
        1,
      );
      for (const [at, probability] of all.entries()) close(all[all.length - 1 - at] ?? null, probability);
    }
  });
});

describe('the effect of paired blocks', () => {
  it('by hand: three values', () => {
    // Walsh averages of 1, 2, 6: 1 1.5 2 3.5 4 6.
    deepEqual([...walshAverages([6, 1, 2])], [1, 1.5, 2, 3.5, 4, 6]);
    deepEqual(signedRankEffect([6, 1, 2]), {
      estimate: 2.75,
      low: null,
      high: null,
      coverage: null,
      blocks: 3,
    });
    // P(W⁺ = 0) = ⅛: three values reach 75 %, by their range.
    deepEqual(signedRankEffect([6, 1, 2], 0.75), {
      estimate: 2.75,
      low: 1,
      high: 6,
      coverage: 0.75,
      blocks: 3,
    });
  });

  it('by hand: six values give 95 % by their range, five do not', () => {
    const six = [0.04, -0.01, 0.02, 0.05, 0.03, 0.01];
    const effect = signedRankEffect(six);
    close(effect.low, -0.01);
    close(effect.high, 0.05);
    close(effect.coverage, 1 - 2 / 64);
    equal(signedRankEffect(six.slice(1)).low, null);
  });

  it('by the book: Hamilton’s depression scale, nine patients (Hollander & Wolfe, example 3.1)', () => {
    const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
    const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    const effect = signedRankEffect(
      after.map((value, at) => value - (before[at] ?? 0)),
      0.95,
    );
    close(effect.estimate, -0.46);
    close(effect.low, -0.786);
    close(effect.high, -0.01);
    close(effect.coverage, 1 - 2 * (10 / 512));
  });

  it('has none without a value, and no width where all are one value', () => {
    equal(signedRankEffect([]).estimate, null);
    const same = signedRankEffect(Array.from({ length: 8 }, () => 0.25));
    deepEqual([same.low, same.estimate, same.high], [0.25, 0.25, 0.25]);
  });

  it('holds exactly the effects that the test does not reject', () => {
    const distinct = fc.uniqueArray(fc.integer({ min: -10_000, max: 10_000 }), {
      minLength: 6,
      maxLength: 9,
      selector: (value) => value,
    });
    fc.assert(
      fc.property(distinct, (all) => {
        const { low, high } = signedRankEffect(all);
        ok(low !== null && high !== null);
        // Just inside and just outside of the ends; between integers' averages there are no ties at these offsets.
        const inside = [low + 0.01, high - 0.011].filter((effect) => effect > low && effect < high);
        for (const effect of inside) ok(pValue(all, effect) > 0.05, `${effect} is rejected`);
        for (const effect of [low - 0.01, high + 0.011]) ok(pValue(all, effect) <= 0.05, `${effect} is not`);
      }),
      { numRuns: 40 },
    );
  });

  it('moves with the values, turns with their sign, and knows no order', () => {
    fc.assert(
      fc.property(values(6, 14), fc.integer({ min: -50, max: 50 }), (all, shift) => {
        const effect = signedRankEffect(all);
        const moved = signedRankEffect(all.map((value) => value + shift));
        const turned = signedRankEffect(all.map((value) => -value));
        deepEqual(signedRankEffect(all.toReversed()), effect);
        for (const end of ['estimate', 'low', 'high'] as const)
          close(moved[end], (effect[end] ?? NaN) + shift);
        close(turned.low, -(effect.high ?? NaN));
        close(turned.estimate, -(effect.estimate ?? NaN));
      }),
    );
  });

  it('lies within the values, and is wider where more confidence is asked for', () => {
    fc.assert(
      fc.property(values(8, 14), (all) => {
        const [narrow, wide] = [signedRankEffect(all, 0.9), signedRankEffect(all, 0.98)];
        const ends = [Math.min(...all), wide.low, narrow.low, narrow.estimate, narrow.high, wide.high];
        const rising = [...ends, Math.max(...all)].map((value) => value ?? NaN);
        for (const [at, value] of rising.entries()) ok(at === 0 || value >= (rising[at - 1] ?? NaN));
      }),
    );
  });

  it('covers the truth as often as it says: all signs of one set of sizes', () => {
    // Symmetric about 0 by construction: of the 2⁸ sign patterns a share of `coverage` contains it, exactly.
    const sizes = [1, 2.1, 3.3, 4.7, 6.2, 8.9, 11.3, 14.2];
    let covered = 0;
    for (let signs = 0; signs < 256; signs += 1) {
      const { low, high } = signedRankEffect(sizes.map((size, at) => ((signs >> at) & 1 ? size : -size)));
      if ((low ?? 1) <= 0 && (high ?? -1) >= 0) covered += 1;
    }
    equal(covered / 256, signedRankEffect(sizes).coverage);
  });
});
