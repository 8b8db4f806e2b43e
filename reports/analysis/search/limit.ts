/** What limited the SFU in a bad trial, as codes that are counted over a search. Pure. */
import type { TrialFigures } from '../../../harness/record.ts';
import { leadingCauses } from '../violations.ts';

/** Share of its core from which a worker is full. */
const fullCores = 0.9;

export function limitingFactors(figures: TrialFigures): readonly string[] {
  const { hottestWorkerCpuCores: hottest, workerCpuCores: all, joinsFailed, lossRatio } = figures;
  // One that fell over while it settled has lost its peers, and is idle when it is measured.
  const fullest = Math.max(hottest ?? 0, figures.workerFullestCpuCores ?? 0);
  const causes = leadingCauses(figures).map(({ cause }) => cause);
  const isFull = fullest >= fullCores;
  // Two workers that are as hot as each other use twice what the hottest does.
  const isAlone = isFull && hottest !== null && all !== null && all > hottest && all < 1.5 * hottest;
  return [
    ...(isFull ? [isAlone ? 'one hot worker' : 'worker CPU'] : []),
    ...causes,
    ...(causes.length === 0 && (lossRatio ?? 0) > 0 ? ['loss'] : []),
    ...(joinsFailed > 0 ? ['joins'] : []),
  ];
}
