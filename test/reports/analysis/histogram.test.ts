import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EncodedHistogram } from '../../../harness/metrics.ts';
import { encode, merge, percentileOf } from '../../../reports/analysis/histogram.ts';

function encoded(values: readonly number[]): EncodedHistogram {
  const histogram = encode(values);
  assert.ok(histogram !== null);
  return histogram;
}

describe('histograms', () => {
  it('are missing, not 0, without a value', () => {
    assert.equal(encode([]), null);
    assert.equal(merge([]), null);
  });

  it('merge as if all values had been in one, within three digits', () => {
    const lists = fc.array(
      fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 20 }),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 100 }), (parts, percent) => {
        const all = parts.flat();
        const merged = merge(parts.map(encoded));
        assert.ok(merged !== null);
        assert.equal(merged.count, all.length);
        const exact = percentileOf(all, percent) ?? 0;
        assert.ok(
          Math.abs(merged.percentile(percent) - exact) <= exact * 0.001 + 0.002,
          `${merged.percentile(percent)} for ${exact}`,
        );
        assert.ok(Math.abs(merged.max - Math.max(...all)) <= Math.max(...all) * 0.001 + 0.002);
      }),
      { numRuns: 100 },
    );
  });

  it('of another scale are refused, not misread', () => {
    assert.throws(() => merge([{ ...encoded([1]), scale: 10 }]), RangeError);
  });

  it('nearest-rank percentiles are values that were measured', () => {
    assert.equal(percentileOf([], 50), null);
    assert.deepEqual(
      [percentileOf([3, 1, 2], 50), percentileOf([3, 1, 2], 95), percentileOf([5], 1)],
      [2, 3, 5],
    );
  });
});
