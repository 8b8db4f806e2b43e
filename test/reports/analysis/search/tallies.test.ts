import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TrialOutcome } from '../../../../reports/analysis/search/goal.ts';
import { middleSpeed, relativeSpeed, talliesOf } from '../../../../reports/analysis/search/tallies.ts';

type Told = Pick<TrialOutcome, 'level' | 'state' | 'coreSpeed'>;

describe('decided trials', () => {
  it('are one tally a level where nobody tells a speed', () => {
    const trials: readonly Told[] = [
      { level: 10, state: 'good' },
      { level: 12, state: 'bad', coreSpeed: null },
      { level: 10, state: 'bad' },
      { level: 10, state: 'invalid' },
      { level: 14, state: 'unsettled' },
    ];
    assert.equal(middleSpeed(trials), null);
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
    assert.equal(middleSpeed(trials), 0.96);
    assert.deepEqual(
      talliesOf(trials).map(({ level, speed }) => [level, speed]),
      [
        [10, 0.8 / 0.96],
        [10, 1],
        [12, 1 / 0.96],
        [12, 1],
      ],
    );
    assert.equal(relativeSpeed({ level: 1, state: 'good', coreSpeed: 0.48 }, 0.96), 0.5);
  });
});
