/** What limited the SFU in a bad trial, as codes that are counted over a search. Pure. */
import type { TrialFigures } from '../../../harness/record.ts';
import { leadingCauses } from '../violations.ts';

/** Share of its core from which a worker is full. */
const fullCores = 0.9;

export function limitingFactors(figures: TrialFigures): readonly string[] {
  const { joinsFailed, lossRatio } = figures;
  // One that fell over while it settled has lost its peers, and is idle when it is measured.
  const fullest = Math.max(figures.hottestWorkerCpuCores ?? 0, figures.workerFullestCpuCores ?? 0);
  const causes = leadingCauses(figures).map(({ cause }) => cause);
  const isFull = fullest >= fullCores;
  return [
    ...(isFull ? [isAlone(figures) ? 'one hot worker' : 'worker CPU'] : []),
    ...causes,
    ...(causes.length === 0 && (lossRatio ?? 0) > 0 ? ['loss'] : []),
    ...(joinsFailed > 0 ? ['joins'] : []),
  ];
}

/** Whether the others have less than half as much to do on average: rooms that are spread badly, not a node that is full. */
function isAlone({ hottestWorkerCpuCores: hottest, workerCpuCores: all, workers }: TrialFigures): boolean {
  if (hottest === null || all === null || !workers || workers < 2) return false;
  return (all - hottest) / (workers - 1) < hottest / 2;
}
