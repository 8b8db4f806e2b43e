/** A search that is answered by a test: what it asks, what it is told, and what it ends with. */
import assert from 'node:assert/strict';
import {
  type SearchGoal,
  type SearchOutcome,
  type SearchStep,
  searchDefaults,
  type TrialOutcome,
} from '../../../../reports/analysis/search/goal.ts';
import { levelGrid } from '../../../../reports/analysis/search/levels.ts';
import type { SearchResult } from '../../../../reports/analysis/search/result.ts';
import { createSearch, type Search } from '../../../../reports/analysis/search/search.ts';

export const goal: SearchGoal = {
  ...searchDefaults,
  levels: levelGrid({ min: 4, max: 400, unit: 4, step: 0.025 }),
  guess: 100,
  budgetMs: 2_400_000,
};

export type State = TrialOutcome['state'];

export function outcomeOf(
  step: SearchStep,
  state: State,
  violationRatio = state === 'bad' ? 0.1 : 0,
): SearchOutcome {
  if (step.kind !== 'trial') return { kind: step.kind, elapsedMs: 10_000 };
  const { repeat: _, ...answered } = step;
  const reasons = state === 'bad' ? ['loss'] : [];
  return {
    ...answered,
    elapsedMs: step.durationMs + 20_000,
    state,
    violationRatio,
    reasons,
  };
}

export interface Told {
  readonly steps: readonly SearchStep[];
  readonly outcomes: readonly SearchOutcome[];
  readonly result: SearchResult;
}

export function run(
  of: SearchGoal,
  answer: (step: SearchStep, at: number) => SearchOutcome,
  from?: Search,
): Told {
  const search = from ?? createSearch(of);
  const steps: SearchStep[] = [];
  const outcomes: SearchOutcome[] = [];
  for (;;) {
    const step = search.next();
    if (step.kind === 'done') return { steps, outcomes, result: step.result };
    assert.ok(steps.length < 1_000, 'it does not end');
    const outcome = answer(step, steps.length);
    steps.push(step);
    outcomes.push(outcome);
    search.record(outcome);
  }
}

/** Bears so much in every trial. */
export function bearing(capacity: number): (step: SearchStep) => SearchOutcome {
  return (step) => outcomeOf(step, 'level' in step && step.level > capacity ? 'bad' : 'good');
}

export function trialsOf(steps: readonly SearchStep[]) {
  return steps.filter((step) => step.kind === 'trial');
}
