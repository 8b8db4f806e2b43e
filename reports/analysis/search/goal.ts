/**
 * What a capacity search is asked, what it asks for, and what it is told. Pure. MLRsearch's
 * classification (draft-ietf-bmwg-mlrsearch) for the bounds, a logistic fit to all trials for the interval.
 */
import type { TrialState } from '../../../harness/record.ts';
import type { NoisePrior } from './likelihood.ts';

export interface SearchGoal {
  /** Rising; peers or rooms. `levelGrid` makes them. */
  readonly levels: readonly number[];
  /** Where the capacity is thought to be; the warm-up runs at a quarter of it. */
  readonly guess: number;
  /** Asked of the interval: high ÷ low − 1. */
  readonly width: number;
  readonly budgetMs: number;
  /** From one level of the ramp to the next; less where a full worker is nearer. */
  readonly rampFactor: number;
  readonly shortTrialMs: number;
  readonly fullTrialMs: number;
  /** Seconds of full trials that decide a level (D), and the share of bad ones that a lower bound may have (e). */
  readonly durationSumMs: number;
  readonly exceedRatio: number;
  readonly warmUpMs: number;
  /** The longest that a drain waits for an idle worker. */
  readonly drainMs: number;
  /** What a trial is expected to take besides its duration until one was seen: joins and settling. */
  readonly settleMs: number;
  /** What is known beforehand of how much one trial differs from the next. */
  readonly noise: NoisePrior;
}

export const searchDefaults: Omit<SearchGoal, 'levels' | 'guess' | 'budgetMs'> = {
  width: 0.05,
  rampFactor: 1.5,
  shortTrialMs: 10_000,
  fullTrialMs: 30_000,
  durationSumMs: 90_000,
  exceedRatio: 0.5,
  warmUpMs: 10_000,
  drainMs: 30_000,
  settleMs: 20_000,
  noise: { min: 0.003, max: 0.2, median: 0.05, spread: 0.7 },
};

/** With less than that not one trial would be asked for. */
export function leastBudgetMs({
  warmUpMs,
  shortTrialMs,
  fullTrialMs,
  drainMs,
  settleMs,
}: Omit<SearchGoal, 'budgetMs' | 'levels' | 'guess'>): number {
  return warmUpMs + shortTrialMs + fullTrialMs + drainMs / 2 + 3 * settleMs;
}

export type TrialPurpose = 'ramp' | 'bracket' | 'narrow' | 'drift';

/** `asItComes`: not waited for a core that is as fast as ever, nor done again where it was not. */
export interface TrialStep {
  readonly kind: 'trial';
  readonly level: number;
  /** Of the measured part; joins and settling come on top. */
  readonly durationMs: number;
  readonly purpose: TrialPurpose;
  /** How often this trial was invalid or unsettled before. */
  readonly repeat: number;
  readonly asItComes?: true;
}

export type SearchStep =
  /** Not recorded as a trial: caches, code and estimators become warm. */
  | { readonly kind: 'warm-up'; readonly level: number; readonly durationMs: number }
  | TrialStep
  /** All bots leave, and the worker is waited for until it is idle: overload has a memory. */
  | { readonly kind: 'drain'; readonly level: 0; readonly durationMs: number; readonly asItComes?: true };

/** What became of one step; the list of these, in order, is all that a search knows: store each, resume from them. */
export type SearchOutcome = { readonly kind: 'warm-up' | 'drain'; readonly elapsedMs: number } | TrialOutcome;

export interface TrialOutcome {
  readonly kind: 'trial';
  readonly level: number;
  readonly durationMs: number;
  readonly purpose: TrialPurpose;
  /** From the first join to the end of the hold. */
  readonly elapsedMs: number;
  /** By the deciding goal (PQR). */
  readonly state: TrialState;
  /** Null where nothing was counted. Good with a ratio of 0 is good for NQR, too. */
  readonly violationRatio: number | null;
  /** Why it is bad, as codes: what limits the SFU is counted from these. */
  readonly reasons: readonly string[];
  /**
   * Of the worker's core, of its best in the run so far: in the trial's first seconds, or while it was measured where it was
   * taken as it came. Absent or null where nobody tells.
   */
  readonly coreSpeed?: number | null;
  /** What the same work took at that best, µs. Absent in records of before. */
  readonly coreBestUs?: number | null;
  /** Of the hottest worker. Absent in records of before, null where nobody tells. */
  readonly workerCpuCores?: number | null;
  /** Invalid by something that has nothing to do with the level: it is measured again, while a search can afford that. */
  readonly disturbed?: boolean;
  /** As the step was: it would not have been done again. */
  readonly asItComes?: true;
}
