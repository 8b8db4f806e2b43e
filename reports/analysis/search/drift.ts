/** Whether the SFU bore as much at the end of a search as at its beginning. Pure. */
import type { Course, TimedTrial } from './course.ts';
import { badProbability, type Curve, fitCapacity } from './likelihood.ts';
import { speedsOf, talliesOf } from './tallies.ts';

export interface Repetition {
  readonly level: number;
  readonly state: TimedTrial['state'];
  /** Of a bad trial there, as the trials before it foretold; null without a fit. */
  readonly badProbability: number | null;
}

export interface Drift {
  /** `unknown`: no repetition said anything, and no trend could be computed. */
  readonly state: 'steady' | 'suspected' | 'unknown';
  /** The lower bound's repetition at the end; null where time or the generator did not permit it. */
  readonly repeated: {
    readonly level: number;
    readonly state: TimedTrial['state'];
    readonly badProbability: number | null;
  } | null;
  /** Of the capacity, as a share of it in an hour, by one step of the fit's likelihood; null without a fit. */
  readonly perHour: number | null;
  /** How many standard errors that is from none. */
  readonly score: number | null;
}

/** A steady SFU is suspected about once in a hundred searches by the trend, and once in twenty repetitions that are bad. */
const limits = { score: 2.6, badProbability: 0.05 };

export function driftOf(course: Course, wasRepeated: boolean): Drift {
  const fit = course.fit();
  const last = wasRepeated ? course.trials.at(-1) : undefined;
  const repeated = last === undefined ? null : repetition(course, last);
  const trend = fit === null ? null : trendOf(course.trials, fit);
  const isJudged = repeated?.state === 'good' || repeated?.state === 'bad';
  // Without a fit all trials before it were good.
  const fell = repeated?.state === 'bad' && (repeated.badProbability ?? 0) < limits.badProbability;
  const state = fell || Math.abs(trend?.score ?? 0) > limits.score ? 'suspected' : 'steady';
  return {
    state: !isJudged && trend === null ? 'unknown' : state,
    repeated,
    perHour: trend?.perHour ?? null,
    score: trend?.score ?? null,
  };
}

function repetition(course: Course, last: TimedTrial): Repetition {
  const { level, state } = last;
  const before = course.trials.slice(0, -1);
  const fit = fitCapacity(talliesOf(before), course.goal.noise);
  const speed = speedsOf(before).relative(last);
  return { level, state, badProbability: fit === null ? null : badProbability(level, fit, speed) };
}

/** Score test of ln capacity = a + b·t against b = 0: do bad trials that were not foretold come late, or early? */
function trendOf(
  trials: readonly TimedTrial[],
  fit: Curve,
): { readonly perHour: number; readonly score: number } | null {
  const { relative } = speedsOf(trials);
  const decided = trials
    .filter(({ state }) => state === 'good' || state === 'bad')
    .map((trial) => {
      const p = badProbability(trial.level, fit, relative(trial));
      const leverage = leverageOf(p, fit);
      return {
        hours: trial.atMs / 3_600_000,
        weight: p * (1 - p) * leverage ** 2,
        surplus: ((trial.state === 'bad' ? 1 : 0) - p) * leverage,
      };
    });
  const weight = decided.reduce((sum, trial) => sum + trial.weight, 0);
  const centre = decided.reduce((sum, trial) => sum + trial.weight * trial.hours, 0) / weight;
  let [score, information] = [0, 0];
  for (const trial of decided) {
    score += trial.surplus * (trial.hours - centre);
    information += trial.weight * (trial.hours - centre) ** 2;
  }
  if (!(information > 1e-12)) return null;
  const slope = Math.PI / Math.sqrt(3) / fit.noise;
  return { perHour: -score / information / slope, score: -score / Math.sqrt(information) };
}

/** How much a trial of that probability tells of the capacity, of what it would where none is bad at any level. */
function leverageOf(p: number, { lapseRate }: Curve): number {
  return lapseRate === 0 ? 1 : (p - lapseRate) / (1 - lapseRate) / p;
}
