import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TrialOutcome, TrialStep } from '../../../../reports/analysis/search/goal.ts';
import type { SearchResult } from '../../../../reports/analysis/search/result.ts';
import { bearing, goal, outcomeOf, run, trialsOf } from './conversation.ts';

function disturbed(step: TrialStep, elapsedMs: number): TrialOutcome {
  const { level, durationMs, purpose } = step;
  const nothing = { state: 'invalid', violationRatio: null, reasons: [], disturbed: true } as const;
  return { kind: 'trial', level, durationMs, purpose, elapsedMs, ...nothing };
}

/** Of a search of which only every so many-th trial is not lost to something outside, however it is taken. */
function losingAllBut(every: number): SearchResult {
  let trial = 0;
  return run(goal, (step) => {
    if (step.kind !== 'trial') return outcomeOf(step, 'good');
    trial += 1;
    if (trial % every === 0) return bearing(118)(step);
    const { asItComes } = step;
    return { ...disturbed(step, 30_000), ...(asItComes === true ? { asItComes } : {}) };
  }).result;
}

/** A search that needs all of its time, and some of whose trials are disturbed unless they are taken as they come. */
function disturbing(isDisturbed: (attempt: number) => boolean) {
  let [attempt, trial] = [0, 0];
  const { steps, result } = run(goal, (step) => {
    if (step.kind !== 'trial') return outcomeOf(step, 'good');
    attempt += step.asItComes === true ? 0 : 1;
    if (step.asItComes !== true && isDisturbed(attempt)) return disturbed(step, 20_000);
    trial += 1;
    return bearing([104, 118, 134][trial % 3] ?? 118)(step);
  });
  const lostMs = result.trials
    .filter((trial) => trial.disturbed === true)
    .reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
  return { lost: lostMs / 60_000 / result.minutes, steps, result };
}

describe('what a search measures again', () => {
  it('does again what was disturbed, and holds it against nobody', () => {
    let trial = 0;
    const { steps, result } = run(goal, (step) => {
      if (step.kind !== 'trial') return { kind: step.kind, elapsedMs: 2_000 };
      trial += 1;
      return trial % 2 === 0 ? bearing(118)(step) : disturbed(step, 1_000);
    });
    assert.equal(result.state, 'capacity');
    assert.deepEqual(result.bounds, { lower: 116, upper: 120 });
    assert.ok(result.counts.invalid > 15, String(result.counts.invalid));
    assert.equal(Math.max(...trialsOf(steps).map(({ repeat }) => repeat)), 0);
    assert.ok(trialsOf(steps).every(({ asItComes }) => asItComes === undefined));
  });

  it('takes trials as they come once that has cost its share of the time, which is less where it does not help', () => {
    const { lost: inVain, steps, result } = disturbing(() => true);
    assert.equal(result.state, 'capacity');
    assert.ok(inVain > 0.02 && inVain < 0.07, String(inVain));
    // The first minute of it is free at any time.
    const first = trialsOf(steps).findIndex(({ asItComes }) => asItComes === true);
    assert.equal(first, 3);
    assert.ok(steps.some((step) => step.kind === 'drain' && step.asItComes === true));
    const { lost: often } = disturbing((attempt) => attempt % 2 === 0);
    assert.ok(often > 1.5 * inVain && often < 0.25, `${often} beside ${inVain}`);
  });

  it('does again what is disturbed although it is taken as it comes, but not for ever', () => {
    // Seven of eight are lost, and it still closes no level to itself.
    assert.equal(losingAllBut(2).state, 'capacity');
    const most = losingAllBut(8);
    assert.ok(most.counts.good > 2 && most.bounds.lower !== null, JSON.stringify(most.counts));
    assert.equal(losingAllBut(Number.POSITIVE_INFINITY).state, 'generator-limited');
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
