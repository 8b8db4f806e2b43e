/** A calibration in words. Pure. */
import type { CalibrationFactor, CalibrationSummary, Wake } from '../harness/calibration.ts';
import { plural } from './format.ts';

/** `1.04 × [0.99, 1.09]`; where the blocks are too few for an interval, their number instead. */
export function factorText({ factor, low, high, blocks }: CalibrationFactor): string {
  const interval =
    low === null || high === null
      ? `(${plural(blocks, 'block')}: too few for an interval)`
      : `[${low.toFixed(2)}, ${high.toFixed(2)}]`;
  return `${factor.toFixed(2)} × ${interval}`;
}

/** What stands in reports of runs with synthetic bots. */
export function calibrationText(calibration: CalibrationSummary, wake: Wake): string {
  const { factors, measuredAt, arms } = calibration;
  const { packetsPerSecond, workerCpuCores } = arms.chrome;
  const load = `${Math.round(packetsPerSecond)} packets/s, worker at ${(workerCpuCores * 100).toFixed(1)} %`;
  return `calibrated: Chrome costs this worker ${factorText(factors[wake])} what synthetic bots (wake ${wake}) do, at ${load}, measured ${measuredAt.slice(0, 10)}`;
}
