/**
 * The decided trials of a search as its fit counts them. A worker bears about as much less as its core is slower, so the
 * core's speed in each trial, over that in the middle of them, goes with its level: trials that differ in speed are no
 * noise then. It is read in a trial's first seconds, which all trials have alike: the slowest of longer trials is slower,
 * and bad ones take longer. Only where a trial is taken as it comes does the core change its speed by more than that, and
 * what counts is how slow it was while it was measured. Pure.
 */
import type { TrialOutcome } from './goal.ts';
import type { Tally } from './likelihood.ts';

type Told = Pick<TrialOutcome, 'level' | 'state' | 'coreSpeed'>;

function isDecided({ state }: Told): boolean {
  return state === 'good' || state === 'bad';
}

/** The median of what decided trials tell; null where none does. */
export function middleSpeed(trials: readonly Told[]): number | null {
  const speeds = trials.flatMap((trial) => (isDecided(trial) ? [trial.coreSpeed ?? 0] : []));
  const told = speeds.filter((speed) => speed > 0).sort((a, b) => a - b);
  return told[told.length >> 1] ?? null;
}

/** 1 where nobody tells. */
export function relativeSpeed({ coreSpeed }: Told, middle: number | null): number {
  return middle === null ? 1 : (coreSpeed || middle) / middle;
}

/** One for each level and speed. */
export function talliesOf(trials: readonly Told[]): readonly Tally[] {
  const middle = middleSpeed(trials);
  const tallies = new Map<string, Tally>();
  for (const trial of trials.filter(isDecided)) {
    const [level, speed] = [trial.level, relativeSpeed(trial, middle)];
    const key = `${level} ${speed}`;
    const { good, bad } = tallies.get(key) ?? { good: 0, bad: 0 };
    const isGood = trial.state === 'good';
    tallies.set(key, { level, speed, good: good + (isGood ? 1 : 0), bad: bad + (isGood ? 0 : 1) });
  }
  return [...tallies.values()];
}
