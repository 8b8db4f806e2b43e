/**
 * What a trial says that was measured although its load had not settled: overload oscillates and never
 * settles, so that a trial that is bad from its beginning to its end is bad, and so is one whose peers are not there;
 * everything else is neither. Pure.
 */
import type { Sample, TrialLimits } from '../../harness/record.ts';
import type { Classification } from './classify.ts';
import { violationFigures } from './figures.ts';

/** How the wait for a steady load ended. */
export interface Settled {
  readonly settled: boolean;
  /** What still moved when it was given up. */
  readonly unsteady: readonly string[];
}

/**
 * @param classified as it would be of a load that had settled
 * @param settled undefined where a fixed time was waited
 * @param samples of the hold
 */
export function classifySettled(
  classified: Classification,
  settled: Settled | undefined,
  samples: readonly Sample[],
  { violationRatio: limit }: Pick<TrialLimits, 'violationRatio'>,
): Classification {
  if (settled === undefined || settled.settled || classified.state === 'invalid') return classified;
  const reasons = [...classified.reasons, `never settled: ${settled.unsteady.join(', ')}`];
  // Without windows there is no telling one half from the other.
  const isThroughout = violationHalves(samples).every((ratio) => ratio === null || ratio > limit);
  const isBad = classified.isShort || (classified.state === 'bad' && isThroughout);
  return { ...classified, state: isBad ? 'bad' : 'unsettled', reasons };
}

/** Of the first and the second half of a hold; null where no window was judged. */
function violationHalves(samples: readonly Sample[]): readonly (number | null)[] {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { t } of samples) [first, last] = [Math.min(first, t), Math.max(last, t)];
  const middle = (first + last) / 2;
  const halves = [samples.filter(({ t }) => t <= middle), samples.filter(({ t }) => t >= middle)];
  return halves.map((half) => violationFigures(half).violationRatio);
}
