/**
 * Whether a level is a lower or an upper bound of the capacity, from the seconds that its trials were good and bad
 * (MLRsearch, draft-ietf-bmwg-mlrsearch, "Load classification", with its exceed ratio and duration sum). Pure.
 */
import type { SearchGoal } from './goal.ts';

export type LevelClass = 'lower' | 'upper' | 'undecided';

export interface LevelEvidence {
  /** F₋ and F₊: duration sums of good and bad trials of full length. */
  readonly fullGoodMs: number;
  readonly fullBadMs: number;
  /** s₋ and s₊: of shorter ones. */
  readonly shortGoodMs: number;
  readonly shortBadMs: number;
}

export const noEvidence: LevelEvidence = { fullGoodMs: 0, fullBadMs: 0, shortGoodMs: 0, shortBadMs: 0 };

export function withTrial(
  evidence: LevelEvidence,
  trial: { readonly durationMs: number; readonly good: boolean },
  fullTrialMs: number,
): LevelEvidence {
  const length = trial.durationMs >= fullTrialMs ? 'full' : 'short';
  const key = `${length}${trial.good ? 'Good' : 'Bad'}Ms` as const;
  return { ...evidence, [key]: evidence[key] + trial.durationMs };
}

/**
 * A lower bound even if all that is missing of the duration sum were bad; an upper bound even if it were good. Good short
 * trials weigh against bad short ones, but never for the level: a short trial may not have waited long enough.
 */
export function classifyLevel(
  evidence: LevelEvidence,
  { exceedRatio, durationSumMs }: Pick<SearchGoal, 'exceedRatio' | 'durationSumMs'>,
): LevelClass {
  const { fullGoodMs, fullBadMs, shortGoodMs, shortBadMs } = evidence;
  const balance = exceedRatio / (1 - exceedRatio);
  const highLossMs = fullBadMs + Math.max(0, shortBadMs - shortGoodMs * balance);
  const wholeMs = Math.max(fullGoodMs + highLossMs, durationSumMs);
  const allowedMs = exceedRatio * wholeMs;
  if (highLossMs > allowedMs) return 'upper';
  return wholeMs - fullGoodMs <= allowedMs ? 'lower' : 'undecided';
}
