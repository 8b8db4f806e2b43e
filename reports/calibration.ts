/** A calibration in words. Pure. */
import type { CalibrationFactor } from '../harness/calibration.ts';
import type { RunRecord } from '../harness/record.ts';
import type { Scenario } from '../harness/scenario.ts';
import { percent, plural, whole } from './format.ts';

/** `1.04 × [0.99, 1.09]`; where the blocks are too few for an interval, their number instead. */
export function factorText({ factor, low, high, blocks }: CalibrationFactor): string {
  const interval =
    low === null || high === null
      ? `(${plural(blocks, 'block')}: too few for an interval)`
      : `[${low.toFixed(2)}, ${high.toFixed(2)}]`;
  return `${factor.toFixed(2)} × ${interval}`;
}

/** What stands in the report of a run with synthetic bots; null without them, and where none was measured. */
export function calibrationText({
  manifest,
  scenario,
}: Pick<RunRecord, 'manifest' | 'scenario'>): string | null {
  const { calibration } = manifest;
  if (calibration == null || !scenario.groups.some(({ bot }) => bot === 'synthetic')) return null;
  const { factors, measuredAt, arms } = calibration;
  const { packetsPerSecond, workerCpuCores } = arms.chrome;
  // Records of before had bots of one kind of waking.
  const wake = (scenario as Partial<Scenario>).synthetic?.wake ?? 'batch';
  const load = `${whole(packetsPerSecond)} packets/s, worker at ${percent(workerCpuCores, 1)}`;
  return `calibrated: Chrome costs this worker ${factorText(factors[wake])} what synthetic bots (wake ${wake}) do, at ${load}, measured ${measuredAt.slice(0, 10)}`;
}
