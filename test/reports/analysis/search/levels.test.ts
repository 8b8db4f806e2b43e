import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { indexAtLeast, indexAtMost, levelGrid } from '../../../../reports/analysis/search/levels.ts';

const ranges = fc
  .record({
    min: fc.integer({ min: 1, max: 500 }),
    more: fc.integer({ min: 0, max: 5_000 }),
    unit: fc.integer({ min: 1, max: 12 }),
    step: fc.double({ min: 0.001, max: 0.5, noNaN: true }),
  })
  .map(({ min, more, unit, step }) => ({ min, max: min + unit + more, unit, step }));

describe('the grid of levels', () => {
  it('is by hand what it should be', () => {
    assert.deepEqual(levelGrid({ min: 36, max: 48, unit: 4, step: 0.05 }), [36, 40, 44, 48]);
    assert.deepEqual(levelGrid({ min: 1, max: 4, unit: 1, step: 0.5 }), [1, 2, 3, 4]);
    assert.deepEqual(levelGrid({ min: 100, max: 130, unit: 1, step: 0.1 }), [100, 110, 121, 130]);
  });

  it('rises in whole units, reaches both ends, and no step is wider than asked for where units permit', () => {
    fc.assert(
      fc.property(ranges, (range) => {
        const levels = levelGrid(range);
        const { min, max, unit, step } = range;
        assert.equal(levels[0], Math.ceil(min / unit) * unit);
        assert.equal(levels.at(-1), Math.floor(max / unit) * unit);
        for (const [index, level] of levels.entries()) {
          assert.equal(level % unit, 0);
          const before = levels[index - 1];
          if (before === undefined) continue;
          assert.ok(level > before);
          assert.ok(level - before === unit || level / before <= 1 + step + 1e-9, `${before} → ${level}`);
        }
      }),
    );
  });

  it('refuses what gives no level', () => {
    assert.throws(() => levelGrid({ min: 5, max: 7, unit: 4, step: 0.1 }), /no multiple of 4/);
    assert.throws(() => levelGrid({ min: 1, max: 7, unit: 0, step: 0.1 }), /unit 0/);
    assert.throws(() => levelGrid({ min: 1, max: 7, unit: 1, step: 0 }), /step 0/);
  });

  it('finds a level’s neighbours, and stays on the grid beyond its ends', () => {
    fc.assert(
      fc.property(ranges, fc.double({ min: 0.1, max: 10_000, noNaN: true }), (range, level) => {
        const levels = levelGrid(range);
        const last = levels.length - 1;
        const [below, above] = [indexAtMost(levels, level), indexAtLeast(levels, level)];
        assert.equal(
          below,
          Math.max(
            0,
            levels.findLastIndex((at) => at <= level),
          ),
        );
        const first = levels.findIndex((at) => at >= level);
        assert.equal(above, first < 0 ? last : first);
      }),
    );
  });
});
