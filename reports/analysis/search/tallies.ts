/**
 * The decided trials of a search as its fit counts them. A worker bears about as much less as its core is slower, so the
 * core's speed in each trial, over that in the middle of them, goes with its level: trials that differ in speed are no
 * noise then. It is read in a trial's first seconds, which all trials have alike: the slowest of longer trials is slower,
 * and bad ones take longer. Only where a trial is taken as it comes does the core change its speed by more than that, and
 * what counts is how slow it was while it was measured. Pure.
 */
import type { TrialOutcome } from './goal.ts';
import type { Tally } from './likelihood.ts';

type Told = Pick<TrialOutcome, 'level' | 'state' | 'coreSpeed' | 'coreBestUs'>;

export interface Speeds {
  /** The median of what decided trials tell, of the best that any of them knows; null where none tells. */
  readonly middle: number | null;
  /** Over the middle, of one of them or another trial; 1 where nobody tells. */
  readonly relative: (trial: Told) => number;
}

/**
 * A trial tells its speed as a share of the best so far, and that grows: where the core was slow at first, or another run
 * went on with the search, the same share is another speed.
 */
export function speedsOf(trials: readonly Told[]): Speeds {
  const bests = trials.flatMap(({ coreBestUs }) => coreBestUs || []);
  const bestUs = bests.length === 0 ? null : Math.min(...bests);
  const speedOf = ({ coreSpeed, coreBestUs }: Told): number | null => {
    if (!coreSpeed) return null;
    return bestUs === null || !coreBestUs ? coreSpeed : (coreSpeed * bestUs) / coreBestUs;
  };
  const told = trials
    .filter(isDecided)
    .flatMap((trial) => speedOf(trial) ?? [])
    .sort((a, b) => a - b);
  const middle = told[told.length >> 1] ?? null;
  return { middle, relative: (trial) => (middle === null ? 1 : (speedOf(trial) ?? middle) / middle) };
}

/** One for each level and speed. */
export function talliesOf(trials: readonly Told[]): readonly Tally[] {
  const { relative } = speedsOf(trials);
  const tallies = new Map<string, Tally>();
  for (const trial of trials.filter(isDecided)) {
    const [level, speed] = [trial.level, relative(trial)];
    const key = `${level} ${speed}`;
    const { good, bad } = tallies.get(key) ?? { good: 0, bad: 0 };
    const isGood = trial.state === 'good';
    tallies.set(key, { level, speed, good: good + (isGood ? 1 : 0), bad: bad + (isGood ? 0 : 1) });
  }
  return [...tallies.values()];
}

function isDecided({ state }: Told): boolean {
  return state === 'good' || state === 'bad';
}
