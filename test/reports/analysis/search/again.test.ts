import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SearchOutcome } from '../../../../reports/analysis/search/goal.ts';
import { bearing, goal, outcomeOf, run, trialsOf } from './conversation.ts';

describe('what a search measures again', () => {
  it('does again what was disturbed, as often as there is time, and holds it against nobody', () => {
    let trial = 0;
    const { steps, result } = run(goal, (step) => {
      if (step.kind !== 'trial') return outcomeOf(step, 'good');
      trial += 1;
      // Five in a row, and then one that counts.
      if (trial % 6 !== 0) {
        const outcome: SearchOutcome = { ...outcomeOf(step, 'invalid'), elapsedMs: 5_000 };
        return { ...outcome, disturbed: true } as SearchOutcome;
      }
      return bearing(118)(step);
    });
    assert.equal(result.state, 'capacity');
    assert.deepEqual(result.bounds, { lower: 116, upper: 120 });
    assert.ok(result.counts.invalid > 20, String(result.counts.invalid));
    assert.equal(Math.max(...trialsOf(steps).map(({ repeat }) => repeat)), 0);
  });

  it('measures again at a bound that keeps the interval wider than the fit, from a few surprises', () => {
    let surprised: number | null = null;
    let surprises = 0;
    const { result } = run({ ...goal, budgetMs: 7_200_000 }, (step) => {
      const good = bearing(118)(step);
      if (step.kind !== 'trial' || step.purpose !== 'bracket' || step.level > 118) return good;
      surprised ??= step.level;
      if (step.level !== surprised || surprises === 2) return good;
      surprises += 1;
      return outcomeOf(step, 'bad');
    });
    assert.equal(surprises, 2);
    assert.equal(result.endedBy, 'width');
    assert.ok((result.bounds.upper ?? 0) > (surprised ?? Infinity), JSON.stringify(result.bounds));
  });
});
