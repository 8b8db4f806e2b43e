/**
 * When the hold of a trial need not go on: more windows broke quality than its limit allows to all that it will have.
 * What comes can no longer make it good (curtailed sampling). Pure.
 */
import type { Sample, TrialLimits } from '../../harness/record.ts';
import { violationFigures } from './figures.ts';

/** What an overload looks like is worth knowing, too. */
const leastHoldMs = 10_000;
/** Windows last two seconds. */
const windowMs = 2_000;

export interface HoldSoFar {
  /** Whose windows are judged. */
  readonly consumers: number;
  /** As planned, and passed of it. */
  readonly holdMs: number;
  readonly heldMs: number;
  /** The load had not settled: then it has to be bad in both halves of all of it, and the second is yet to come. */
  readonly isUnsettled: boolean;
}

/** @param samples of the hold so far */
export function isBadAlready(
  samples: readonly Sample[],
  { consumers, holdMs, heldMs, isUnsettled }: HoldSoFar,
  { violationRatio: limit }: Pick<TrialLimits, 'violationRatio'>,
): boolean {
  if (isUnsettled || heldMs < leastHoldMs) return false;
  const { violationRatio, violationWindows } = violationFigures(samples);
  const violating = (violationRatio ?? 0) * (violationWindows ?? 0);
  return violating > limit * consumers * Math.ceil(holdMs / windowMs + 1);
}
