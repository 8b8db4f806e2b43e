/** What a search has seen so far, per level and in time: the only state that it has. */
import {
  classifyLevel,
  type LevelClass,
  type LevelEvidence,
  noEvidence,
  withTrial,
} from './classify-level.ts';
import type { SearchGoal, SearchOutcome, TrialOutcome, TrialPurpose } from './goal.ts';
import { indexAtLeast, indexAtMost } from './levels.ts';
import { type CapacityFit, fitCapacity } from './likelihood.ts';
import { talliesOf } from './tallies.ts';

interface LevelCourse {
  readonly evidence: LevelEvidence;
  /** The same trials by the stricter goal: good only without any violation (NQR). */
  readonly strict: LevelEvidence;
  readonly good: number;
  readonly bad: number;
}

/**
 * Of the time so far, what may have gone into trials that were begun again; more would starve the search on a host whose
 * cores keep changing their speed. Where most attempts are in vain, the share is less accordingly: such a host has little
 * else to offer. It looks at time and disturbances alone, never at what trials came to, and so favours none.
 */
const disturbedShare = 0.25;
/** May have gone into them at any time. */
const disturbedLeastMs = 60_000;

/** A ramp aims so far above a full worker: packets become cheaper the more there are, and it is to end with a bad trial. */
const aboveFull = 1.15;

const untouched: LevelCourse = { evidence: noEvidence, strict: noEvidence, good: 0, bad: 0 };

export interface TimedTrial extends TrialOutcome {
  /** Of the search, when it began. */
  readonly atMs: number;
}

export interface BoundIndices {
  readonly lower: number | null;
  readonly upper: number | null;
}

export class Course {
  readonly goal: SearchGoal;
  readonly trials: TimedTrial[] = [];
  elapsedMs = 0;
  /** Something other than a good trial ended last: the worker may still be busy with it. */
  overloaded = false;
  /** From here on the generator was the limit each time. */
  ceiling: number;
  readonly #levels: LevelCourse[];
  readonly #unsettled = new Set<number>();
  #fit: { readonly trials: number; readonly fit: CapacityFit | null } = { trials: 0, fit: null };
  #drainMs: number;
  #disturbedMs = 0;
  #reopened = 0;
  /** The ceiling that was lifted last. */
  #before = Number.POSITIVE_INFINITY;

  constructor(goal: SearchGoal) {
    this.goal = goal;
    this.#levels = goal.levels.map(() => untouched);
    this.ceiling = goal.levels.length;
    this.#drainMs = goal.drainMs / 2;
  }

  add(outcome: SearchOutcome): void {
    const atMs = this.elapsedMs;
    this.elapsedMs += outcome.elapsedMs;
    if (outcome.kind === 'trial') {
      this.trials.push({ ...outcome, atMs });
      this.overloaded = outcome.state !== 'good';
      if (outcome.disturbed === true) this.#disturbedMs += outcome.elapsedMs;
      this.#count(outcome);
    } else if (outcome.kind === 'drain') {
      if (this.trials.at(-1)?.disturbed === true) this.#disturbedMs += outcome.elapsedMs;
      this.#drainMs = outcome.elapsedMs;
      this.overloaded = false;
    }
  }

  #count(trial: TrialOutcome): void {
    const { state, durationMs, violationRatio } = trial;
    if (state !== 'good' && state !== 'bad') return;
    const { fullTrialMs } = this.goal;
    const index = indexAtMost(this.goal.levels, trial.level);
    const level = this.at(index);
    const good = state === 'good';
    // The repetition at the end looks for a drift: bounds are what the search ended with.
    const isEvidence = trial.purpose !== 'drift';
    const withIt = (evidence: LevelEvidence, isGood: boolean): LevelEvidence =>
      isEvidence ? withTrial(evidence, { durationMs, good: isGood }, fullTrialMs) : evidence;
    this.#levels[index] = {
      evidence: withIt(level.evidence, good),
      strict: withIt(level.strict, good && violationRatio === 0),
      good: level.good + (good ? 1 : 0),
      bad: level.bad + (good ? 0 : 1),
    };
  }

  at(index: number): LevelCourse {
    return this.#levels[index] ?? untouched;
  }

  level(index: number): number {
    return this.goal.levels[index] ?? Number.NaN;
  }

  /**
   * The level that a ramp goes on to. By its factor it would go from a worker that is nearly full to one that drops what it
   * is sent, of which there is little to learn, and the generator has to bear that, too.
   */
  above(index: number): number {
    const { levels, rampFactor } = this.goal;
    const level = this.level(index);
    const busy = this.trials.findLast(
      (trial) => trial.level === level && trial.state === 'good',
    )?.workerCpuCores;
    const factor = busy ? Math.min(rampFactor, aboveFull / Math.min(1, busy)) : rampFactor;
    return indexAtLeast(levels, level * factor);
  }

  /**
   * What disturbed the generator may be over: the levels above may be tried again, twice in all.
   * @returns whether they may
   */
  reopen(): boolean {
    if (this.ceiling === this.goal.levels.length || this.#reopened === 2) return false;
    this.#reopened += 1;
    this.#before = this.ceiling;
    this.ceiling = this.goal.levels.length;
    return true;
  }

  /** Whether the generator was the limit where a trial would tell something: below the interval's end, if there is one. */
  isClosedTo(interval: { readonly high: number } | null): boolean {
    if (this.ceiling === this.goal.levels.length) return false;
    return this.bounds().upper === null || interval === null || this.level(this.ceiling) <= interval.high;
  }

  /** From some level on the generator was the limit, and nothing was learnt there since. */
  get isLimited(): boolean {
    if (this.ceiling < this.goal.levels.length) return true;
    return (
      this.#before < Infinity &&
      !this.#levels.some(({ good, bad }, at) => at >= this.#before && good + bad > 0)
    );
  }

  /** The next step is not to be begun again. */
  get isHurried(): boolean {
    const attempts = this.trials.filter(({ asItComes }) => asItComes !== true);
    const whole = attempts.filter(({ disturbed }) => disturbed !== true);
    // As many whole ones as disturbed ones are enough; the first attempts say little.
    const helps = Math.min(1, (2 * (whole.length + 1)) / (attempts.length + 1));
    return this.#disturbedMs > Math.max(disturbedLeastMs, this.elapsedMs * disturbedShare * helps);
  }

  exclude(index: number): void {
    this.#unsettled.add(index);
  }

  /** Whether a trial there can say anything. */
  open(index: number): boolean {
    return index >= 0 && index < this.ceiling && !this.#unsettled.has(index);
  }

  classes(goal: 'evidence' | 'strict' = 'evidence'): readonly LevelClass[] {
    return this.#levels.map((level) => classifyLevel(level[goal], this.goal));
  }

  /** The lowest level that is an upper bound, and the highest lower bound below it (MLRsearch's relevant bounds). */
  bounds(goal: 'evidence' | 'strict' = 'evidence'): BoundIndices {
    const classes = this.classes(goal);
    const upper = classes.indexOf('upper');
    const lower = classes.lastIndexOf('lower', upper < 0 ? classes.length - 1 : upper);
    return { lower: lower < 0 ? null : lower, upper: upper < 0 ? null : upper };
  }

  fit(): CapacityFit | null {
    if (this.#fit.trials !== this.trials.length) {
      this.#fit = { trials: this.trials.length, fit: fitCapacity(talliesOf(this.trials), this.goal.noise) };
    }
    return this.#fit.fit;
  }

  /** Whether a trial fits into what is left of the budget; one for the drift check at the end is kept back. */
  affords(durationMs: number, purpose: TrialPurpose): boolean {
    const { budgetMs, fullTrialMs, settleMs } = this.goal;
    // Of those that were over before their time nobody knows how much of it was the hold's.
    const over = this.trials
      .filter((trial) => trial.disturbed !== true && trial.elapsedMs >= trial.durationMs)
      .map((trial) => trial.elapsedMs - trial.durationMs);
    const restMs = over.length === 0 ? settleMs : over.reduce((sum, value) => sum + value, 0) / over.length;
    const drainMs = this.overloaded ? this.#drainMs : 0;
    const keptMs = purpose === 'drift' ? 0 : this.#drainMs + fullTrialMs + restMs;
    return this.elapsedMs + drainMs + durationMs + restMs + keptMs <= budgetMs;
  }
}
