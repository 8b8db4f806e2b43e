/** What a search ends with. Pure. */
import type { LevelClass } from './classify-level.ts';
import type { Course, TimedTrial } from './course.ts';
import { type Drift, driftOf } from './drift.ts';
import { speedsOf } from './tallies.ts';

/** A number, or why there is none. The middle three are no capacities. */
export type SearchState =
  | 'capacity'
  /** The highest level of the grid is still good. */
  | 'maximum-good'
  /** The lowest one is already bad. */
  | 'minimum-bad'
  /** Before a level was seen to be bad the generator was the limit, three times in a row. */
  | 'generator-limited'
  /** The budget ended, or nothing more could be measured, before one level was seen to be good and one to be bad. */
  | 'unknown';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** A level at which there were trials that say something. */
export interface LevelSummary {
  readonly level: number;
  readonly good: number;
  readonly bad: number;
  readonly class: LevelClass;
}

export interface SearchResult {
  readonly state: SearchState;
  /** What ended it: as narrow as asked for; time; a grid too coarse, or levels that gave no answer. Nothing yet: `unfinished`. */
  readonly endedBy: 'width' | 'budget' | 'grid' | 'unfinished';
  /** Between levels, as fitted: where the level makes a trial bad with probability ½. Null without a capacity. */
  readonly pointLevel: number | null;
  /** 95 %; never narrower than the bounds. */
  readonly interval: Interval | null;
  /** high ÷ low − 1. */
  readonly width: number | null;
  /** Standard deviation of the bearable level from trial to trial, as fitted. */
  readonly noise: number | null;
  /** Of the worker's core, of its best in the run, that the capacity is of; null where nobody told. Absent in records of before. */
  readonly coreSpeed?: number | null;
  /** What bears the level grows with the speed to this power, as fitted: 0 to 1. Absent in records of before. */
  readonly speedExponent?: number | null;
  /** Share of trials that are bad at any level, as fitted. Absent in records of before. */
  readonly lapseRate?: number | null;
  readonly bounds: { readonly lower: number | null; readonly upper: number | null };
  /** The lower bound of no violation at all. */
  readonly nqrLower: number | null;
  readonly levels: readonly LevelSummary[];
  readonly trials: readonly TimedTrial[];
  readonly counts: Readonly<Record<TimedTrial['state'], number>>;
  /** Reasons of the bad trials within the interval, or of all where there are none, the most frequent first. */
  readonly limitedBy: readonly { readonly reason: string; readonly trials: number }[];
  readonly drift: Drift;
  readonly minutes: number;
}

export function searchResult(
  course: Course,
  endedBy: SearchResult['endedBy'],
  repeated: boolean,
): SearchResult {
  const { lower, upper } = course.bounds();
  const state = stateOf(course);
  const interval = state === 'capacity' ? intervalOf(course) : null;
  const fit = interval === null ? null : course.fit();
  const strictLower = course.bounds('strict').lower;
  const levelOf = (index: number | null): number | null => (index === null ? null : course.level(index));
  return {
    state,
    endedBy,
    pointLevel: fit?.point ?? null,
    interval,
    width: interval === null ? null : interval.high / interval.low - 1,
    noise: fit?.noise ?? null,
    coreSpeed: speedsOf(course.trials).middle,
    speedExponent: fit?.speedExponent ?? null,
    lapseRate: fit?.lapseRate ?? null,
    bounds: { lower: levelOf(lower), upper: levelOf(upper) },
    nqrLower: levelOf(strictLower),
    levels: levelsOf(course),
    trials: [...course.trials],
    counts: countStates(course.trials),
    limitedBy: limits(course.trials, interval),
    drift: driftOf(course, repeated),
    minutes: course.elapsedMs / 60_000,
  };
}

function levelsOf(course: Course): readonly LevelSummary[] {
  const classes = course.classes();
  return course.goal.levels
    .map((level, index) => ({ level, ...course.at(index), class: classes[index] ?? 'undecided' }))
    .filter(({ good, bad }) => good + bad > 0)
    .map(({ level, good, bad, class: name }) => ({ level, good, bad, class: name }));
}

/** Of the fit, stretched to the bounds; null until something was good and something bad. */
export function intervalOf(course: Course): Interval | null {
  const fit = course.fit();
  if (fit === null) return null;
  const { lower, upper } = course.bounds();
  return {
    low: Math.min(fit.low.point, lower === null ? Infinity : course.level(lower)),
    high: Math.max(fit.high.point, upper === null ? 0 : course.level(upper)),
  };
}

function stateOf(course: Course): SearchState {
  const { lower, upper } = course.bounds();
  if (lower === course.goal.levels.length - 1) return 'maximum-good';
  if (upper === 0) return 'minimum-bad';
  if (upper === null && course.isLimited) return 'generator-limited';
  return lower === null || upper === null || course.fit() === null ? 'unknown' : 'capacity';
}

function countStates(trials: readonly TimedTrial[]): SearchResult['counts'] {
  const counts = { good: 0, bad: 0, unsettled: 0, invalid: 0 };
  for (const { state } of trials) counts[state] += 1;
  return counts;
}

function limits(trials: readonly TimedTrial[], interval: Interval | null): SearchResult['limitedBy'] {
  const bad = trials.filter(({ state }) => state === 'bad');
  const near = bad.filter(
    ({ level }) => interval !== null && level >= interval.low && level <= interval.high,
  );
  const counts = new Map<string, number>();
  for (const { reasons } of near.length > 0 ? near : bad) {
    for (const reason of new Set(reasons)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts]
    .map(([reason, count]) => ({ reason, trials: count }))
    .sort((a, b) => b.trials - a.trials);
}
