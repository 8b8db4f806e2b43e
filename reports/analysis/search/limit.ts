/** What limited the SFU in a bad trial, as codes that are counted over a search. Pure. */
import type { TrialFigures } from '../../../harness/record.ts';
import { leadingCauses } from '../violations.ts';

/** Share of its core from which a worker is full. */
const fullCores = 0.9;

export function limitingFactors(figures: TrialFigures): readonly string[] {
  const { hottestWorkerCpuCores: hottest, workerCpuCores: all, joinsFailed, lossRatio } = figures;
  const causes = leadingCauses(figures).map(({ cause }) => cause);
  const isFull = hottest !== null && hottest >= fullCores;
  // Two workers that are as hot as each other use twice what the hottest does.
  const isAlone = isFull && all !== null && all > hottest && all < 1.5 * hottest;
  return [
    ...(isFull ? [isAlone ? 'one hot worker' : 'worker CPU'] : []),
    ...causes,
    ...(causes.length === 0 && (lossRatio ?? 0) > 0 ? ['loss'] : []),
    ...(joinsFailed > 0 ? ['joins'] : []),
  ];
}
