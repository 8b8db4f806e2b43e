import type { SearchOutcome, SearchStep, TrialStep } from '../../reports/analysis/search/goal.ts';
import { limitingFactors } from '../../reports/analysis/search/limit.ts';
import type { Search } from '../../reports/analysis/search/search.ts';
import type { Group, Shape } from '../scenario.ts';
import { type Executor, nothingYet, type Outcome, type Segment } from './executor.ts';
import { hold, moveTo, type Step, settling } from './move.ts';

export type CapacitySearchShape = Extract<Shape, { readonly executor: 'capacity-search' }>;

/**
 * Whatever the search asks for next: the load moves to a level, settles and is measured; after what was not good
 * everybody leaves, and the worker is waited for. A search that goes on from a stored one warms up again.
 */
export function* capacitySearch(group: Group, shape: CapacitySearchShape, search: Search): Executor {
  const { goal } = shape;
  let [step, from] = [0, 0];
  let asked = search.next();
  if (asked.kind !== 'warm-up' && asked.kind !== 'done') {
    const level = goal.levels.findLast((one) => one <= goal.guess / 4) ?? goal.levels[0] ?? 1;
    const to = standing(group, shape, step, level);
    yield moveTo(group, from, to);
    yield hold(to, goal.warmUpMs, false);
    [step, from] = [step + 1, to.peers];
  }
  for (; asked.kind !== 'done'; asked = search.next()) {
    const to = standing(group, shape, step, asked.level);
    let outcome: Outcome = nothingYet;
    let elapsedMs = 0;
    for (const segment of segmentsFor(group, asked, from, to)) {
      outcome = yield segment;
      elapsedMs += outcome.elapsedMs;
      // It will be measured again: there is nothing to hold it for.
      if (outcome.disturbed && segment.phase === 'settle') break;
    }
    search.record(outcomeOf(asked, outcome, elapsedMs));
    step += 1;
    from = to.peers;
  }
}

function segmentsFor(group: Group, asked: SearchStep, from: number, to: Step): readonly Segment[] {
  const { kind, durationMs } = asked;
  const pace = kind !== 'warm-up' && asked.asItComes === true ? ({ asItComes: true } as const) : {};
  if (kind === 'drain') return [{ ...leave(group, from, to, durationMs), ...pace }];
  const isTrial = kind === 'trial';
  const wait = isTrial ? [settling(group, to)] : [];
  const held = hold(to, durationMs, isTrial);
  // A trial that is bad already needs no more time, nor does one that has to be done again.
  const last: Segment = isTrial ? { ...held, until: { kind: 'decided', ms: durationMs } } : held;
  return [{ ...moveTo(group, from, to), ...pace }, ...wait, last];
}

function standing(group: Group, shape: CapacitySearchShape, step: number, level: number): Step {
  return { step, level, peers: shape.levelUnit === 'rooms' ? level * group.rooms.size : level };
}

/** All at once: their number is what the worker has to be rid of. */
function leave(group: Group, from: number, to: Step, limitMs: number): Segment {
  const move = moveTo(group, from, to);
  return {
    ...move,
    phase: 'drain',
    changes: move.changes.map((change) => ({ ...change, offsetMs: 0 })),
    until: { kind: 'idle', limitMs },
  };
}

function outcomeOf(asked: SearchStep, outcome: Outcome, elapsedMs: number): SearchOutcome {
  return asked.kind === 'trial' ? trialOf(asked, outcome, elapsedMs) : { kind: asked.kind, elapsedMs };
}

function trialOf(asked: TrialStep, { trial, disturbed }: Outcome, elapsedMs: number): SearchOutcome {
  const { repeat: _, ...answered } = asked;
  const common = { ...answered, elapsedMs };
  // Nothing was measured: no statement about the SFU either.
  if (disturbed || trial === null) {
    return { ...common, state: 'invalid', violationRatio: null, reasons: [], disturbed };
  }
  const { state, figures } = trial;
  const reasons = state === 'bad' ? limitingFactors(figures) : [];
  const { violationRatio, workerCoreSpeedAtStart, workerCoreSpeedMeasured } = figures;
  const told = {
    coreBestUs: figures.workerCoreBestUs ?? null,
    workerCpuCores: figures.hottestWorkerCpuCores,
  };
  // One whose core may have changed its speed since it began tells of what it was measured at.
  const coreSpeed = asked.asItComes === true ? workerCoreSpeedMeasured : workerCoreSpeedAtStart;
  return { ...common, state, violationRatio, reasons, coreSpeed, ...told };
}

/**
 * The way up if every trial is good: what bots have to be made ready for, and what a forecast shows. How many trials
 * there will be nobody knows; the budget bounds them.
 */
export function* searchForecast(group: Group, shape: CapacitySearchShape): Executor {
  const { levels, guess, rampFactor, warmUpMs, shortTrialMs, settleMs } = shape.goal;
  let from = 0;
  let [step, next] = [0, guess / 4];
  for (const level of levels) {
    if (level < next && level !== levels.at(-1)) continue;
    const to = standing(group, shape, step, level);
    yield moveTo(group, from, to);
    if (step > 0) yield { ...hold(to, settleMs, false), phase: 'settle' };
    yield hold(to, step === 0 ? warmUpMs : shortTrialMs, step > 0);
    [step, from, next] = [step + 1, to.peers, level * rampFactor];
  }
}
