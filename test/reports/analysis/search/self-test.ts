/** The search on simulated SFUs whose capacity is known, many times, beside what people do without it. */

import { randomFrom } from '../../../../bots/random.ts';
import { type SearchGoal, searchDefaults, type TrialStep } from '../../../../reports/analysis/search/goal.ts';
import { indexAtLeast, levelGrid } from '../../../../reports/analysis/search/levels.ts';
import type { Interval, SearchResult } from '../../../../reports/analysis/search/result.ts';
import { createSearch } from '../../../../reports/analysis/search/search.ts';
import { type SimulatedConditions, SimulatedSfu } from './simulated-sfu.ts';

export type Condition = Omit<SimulatedConditions, 'seed' | 'capacity'> & { readonly name: string };

export const conditions: readonly Condition[] = [
  { name: 'noise 1 %', noise: 0.01 },
  { name: 'noise 3 %', noise: 0.03 },
  { name: 'noise 5 %', noise: 0.05 },
  { name: 'falls by 5 % an hour', noise: 0.03, driftPerHour: -0.05 },
  { name: 'rises by 5 % an hour', noise: 0.03, driftPerHour: 0.05 },
  { name: 'remembers overload', noise: 0.03, memory: 0.3 },
  { name: 'generator stalls', noise: 0.03, stalls: 0.1 },
  { name: 'unseen neighbour', noise: 0.03, unseen: 0.06 },
  { name: 'core slowed from outside', noise: 0.03, slowed: 0.3, speedExponent: 1 },
  { name: 'core flips every 4 s', noise: 0.03, flipSeconds: 4, speedMisread: 0.015, speedExponent: 0.8 },
  { name: 'core flips every 30 s', noise: 0.03, flipSeconds: 30, speedMisread: 0.015, speedExponent: 0.8 },
  { name: 'core flips every 2 min', noise: 0.03, flipSeconds: 120, speedMisread: 0.015, speedExponent: 0.8 },
  { name: 'core of varying speed', noise: 0.03, speedSpread: 0.05, speedMisread: 0.015, speedExponent: 0.8 },
  { name: 'core of varying speed, without effect', noise: 0.03, speedSpread: 0.05, speedMisread: 0.015 },
  {
    name: 'core of varying speed, misread',
    noise: 0.03,
    speedSpread: 0.05,
    speedMisread: 0.05,
    speedExponent: 1,
  },
  { name: 'never settles when overloaded', noise: 0.03, restless: 0.5 },
];

export interface Asked {
  readonly searches: number;
  readonly seed: number;
  readonly budgetMs: number;
}

export interface Survey {
  /** Of those that name an interval: the share in which it holds the capacity. */
  readonly coverage: number;
  /** How many name one, and how many did not need all of their budget. */
  readonly answered: number;
  readonly ended: number;
  /** Medians. */
  readonly width: number;
  readonly trials: number;
  readonly minutes: number;
  readonly driftSuspected: number;
}

interface Found {
  readonly interval: Interval | null;
  readonly ended: boolean;
  readonly trials: number;
  readonly driftSuspected: boolean;
}

/** A way to look for a capacity. */
export type Way = (sfu: SimulatedSfu, goal: SearchGoal) => Found;

export function survey(way: Way, condition: Condition, { searches, seed, budgetMs }: Asked): Survey {
  const random = randomFrom(seed);
  const found = Array.from({ length: searches }, () => {
    const { capacity, goal } = drawn(random, budgetMs);
    const sfu = new SimulatedSfu({ ...condition, capacity, seed: seedFrom(random) });
    const result = way(sfu, goal);
    return { ...result, capacity: sfu.meanCapacity, minutes: sfu.minutes };
  });
  const answers = found.flatMap(({ interval, capacity }) => (interval ? [{ ...interval, capacity }] : []));
  const covered = answers.filter(({ low, high, capacity }) => low <= capacity && capacity <= high);
  return {
    coverage: covered.length / answers.length,
    answered: answers.length / searches,
    ended: found.filter(({ ended }) => ended).length / searches,
    width: median(answers.map(({ low, high }) => high / low - 1)),
    trials: median(found.map(({ trials }) => trials)),
    minutes: median(found.map(({ minutes }) => minutes)),
    driftSuspected: found.filter(({ driftSuspected }) => driftSuspected).length / searches,
  };
}

/**
 * Pairs of searches of one SFU: the share of searches from whose point the other's differs by less than the interval is
 * wide. Each is held against what the SFU was worth meanwhile: where its core changes its speed, that is not the same.
 */
export function agreement(condition: Condition, { searches, seed, budgetMs }: Asked): number {
  const random = randomFrom(seed);
  const pairs = Array.from({ length: searches }, () => {
    const { capacity, goal } = drawn(random, budgetMs);
    const once = (): Finding => {
      const sfu = new SimulatedSfu({ ...condition, capacity, seed: seedFrom(random) });
      const { pointLevel, interval } = searched(sfu, goal);
      return overTruth({ pointLevel, interval }, sfu.meanCapacity);
    };
    return [once(), once()] as const;
  });
  const answered = pairs.filter((pair) => pair.every(({ interval }) => interval !== null));
  const agreed = answered.flatMap(([one, other]) => [isNear(one, other), isNear(other, one)]);
  return agreed.filter((isSo) => isSo).length / agreed.length;
}

type Finding = Pick<SearchResult, 'pointLevel' | 'interval'>;

function overTruth({ pointLevel, interval }: Finding, truth: number): Finding {
  return {
    pointLevel: pointLevel === null ? null : pointLevel / truth,
    interval: interval === null ? null : { low: interval.low / truth, high: interval.high / truth },
  };
}

/** Whether another search found a point that differs by less than this one's interval is wide. */
export function isNear({ pointLevel, interval }: Finding, other: Finding): boolean {
  if (pointLevel === null || interval === null || other.pointLevel === null) return false;
  return Math.abs(pointLevel - other.pointLevel) < interval.high - interval.low;
}

/** A capacity, and a search that knows it by a factor of two. */
function drawn(random: () => number, budgetMs: number) {
  const capacity = 30 * Math.exp(random() * 3);
  const guess = capacity * 2 ** (random() * 2 - 1);
  const levels = levelGrid({ min: 2, max: 4_000, unit: 1, step: searchDefaults.width / 2 });
  return { capacity, goal: { ...searchDefaults, levels, guess, budgetMs } };
}

const seedFrom = (random: () => number): number => Math.floor(random() * 2 ** 31);

export function searched(sfu: SimulatedSfu, goal: SearchGoal): SearchResult {
  const search = createSearch(goal);
  for (;;) {
    const step = search.next();
    if (step.kind === 'done') return step.result;
    search.record(sfu.answer(step));
  }
}

export const search: Way = (sfu, goal) => {
  const { interval, endedBy, trials, drift } = searched(sfu, goal);
  return {
    interval,
    ended: endedBy !== 'budget',
    trials: trials.length,
    driftSuspected: drift.state === 'suspected',
  };
};

/** Doubling from a quarter of the guess, then halving between good and bad: one full trial a level. */
export const bisection: Way = (sfu, goal) => {
  const once = trialOf(sfu, goal);
  let [low, high] = [0, goal.levels.length - 1];
  let next = indexAtLeast(goal.levels, goal.guess / 4);
  while (next < goal.levels.length - 1 && once.isGood(next)) {
    low = next;
    next = indexAtLeast(goal.levels, 2 * (goal.levels[next] ?? 0));
  }
  high = next;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (once.isGood(middle)) low = middle;
    else high = middle;
  }
  return once.found(low, high);
};

/** From half of the guess by steps of the width, until one is bad. */
export const ramp: Way = (sfu, goal) => {
  const once = trialOf(sfu, goal);
  let index = indexAtLeast(goal.levels, goal.guess / 2);
  while (index < goal.levels.length - 1 && once.isGood(index)) {
    index = indexAtLeast(goal.levels, (goal.levels[index] ?? 0) * (1 + goal.width));
  }
  return once.found(indexAtLeast(goal.levels, (goal.levels[index] ?? 0) / (1 + goal.width)), index);
};

function trialOf(sfu: SimulatedSfu, goal: SearchGoal) {
  let trials = 0;
  const level = (index: number): number => goal.levels[index] ?? Number.NaN;
  return {
    isGood(index: number): boolean {
      const common = { kind: 'trial', purpose: 'bracket', repeat: 0, asItComes: true } as const;
      const step: TrialStep = { ...common, level: level(index), durationMs: goal.fullTrialMs };
      trials += 1;
      const outcome = sfu.answer(step);
      return outcome.kind === 'trial' && outcome.state === 'good';
    },
    found(low: number, high: number): Found {
      const interval = { low: level(low), high: level(high) };
      return { interval, ended: true, trials, driftSuspected: false };
    },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;

export function surveyLine(name: string, of: Survey): string {
  const cells = [
    name.padEnd(46),
    `covers ${percent(of.coverage)}`,
    `answers ${percent(of.answered)}`,
    `done ${percent(of.ended)}`,
    `width ${percent(of.width)}`,
    `${of.trials} trials`,
    `${of.minutes.toFixed(1)} min`,
    `drift suspected ${percent(of.driftSuspected)}`,
  ];
  return cells.join(' · ');
}
