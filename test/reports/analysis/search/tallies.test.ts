import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TrialOutcome } from '../../../../reports/analysis/search/goal.ts';
import { speedsOf, talliesOf } from '../../../../reports/analysis/search/tallies.ts';

type Told = Pick<TrialOutcome, 'level' | 'state' | 'coreSpeed' | 'coreBestUs'>;

describe('decided trials', () => {
  it('are one tally a level where nobody tells a speed', () => {
    const trials: readonly Told[] = [
      { level: 10, state: 'good' },
      { level: 12, state: 'bad', coreSpeed: null },
      { level: 10, state: 'bad' },
      { level: 10, state: 'invalid' },
      { level: 14, state: 'unsettled' },
    ];
    assert.equal(speedsOf(trials).middle, null);
    assert.deepEqual(talliesOf(trials), [
      { level: 10, speed: 1, good: 1, bad: 1 },
      { level: 12, speed: 1, good: 0, bad: 1 },
    ]);
  });

  it('are held against the speed in the middle of them', () => {
    const trials: readonly Told[] = [
      { level: 10, state: 'good', coreSpeed: 0.8 },
      { level: 10, state: 'good', coreSpeed: 0.96 },
      { level: 12, state: 'bad', coreSpeed: 1 },
      { level: 12, state: 'bad' },
      { level: 12, state: 'invalid', coreSpeed: 0.5 },
    ];
    assert.equal(speedsOf(trials).middle, 0.96);
    assert.deepEqual(
      talliesOf(trials).map(({ level, speed }) => [level, speed]),
      [
        [10, 0.8 / 0.96],
        [10, 1],
        [12, 1 / 0.96],
        [12, 1],
      ],
    );
    assert.equal(speedsOf(trials).relative({ level: 1, state: 'good', coreSpeed: 0.48 }), 0.5);
  });

  it('are held against one best, also where it was not known yet, or another run began anew', () => {
    const trials: readonly Told[] = [
      // As fast as ever, while the core was slow; the same work takes as long in the second.
      { level: 10, state: 'good', coreSpeed: 1, coreBestUs: 125 },
      { level: 11, state: 'bad', coreSpeed: 0.8, coreBestUs: 100 },
      { level: 12, state: 'bad', coreSpeed: 1, coreBestUs: 100 },
    ];
    const { middle, relative } = speedsOf(trials);
    assert.equal(middle, 0.8);
    assert.deepEqual(trials.map(relative), [1, 1, 1.25]);
  });
});
