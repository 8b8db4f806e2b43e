/** How the thresholds of a run stand, in the words that terminal and page share. */
import type { RunRecord, ThresholdRecord } from '../harness/record.ts';
import { missing } from './format.ts';

export const thresholdMarks: Readonly<Record<ThresholdRecord['state'], string>> = {
  pass: '✓',
  fail: '✕',
  inconclusive: '?',
};

/** The value, with the unit of its metric where it has one; the reason where nothing was measured. */
export function observedText(
  { observed, reason, metric, aborted }: ThresholdRecord,
  record: RunRecord,
): string {
  if (observed === null) return reason ?? missing;
  const name = metric.replace(/\{.*$/, '') as keyof RunRecord['metrics'];
  const unit = record.metrics[name]?.unit;
  const digits =
    observed !== 0 && Math.abs(observed) < 0.001
      ? observed.toExponential(2)
      : String(+observed.toPrecision(4));
  const shown =
    unit === undefined || unit === 'ratio' || unit === 'count'
      ? digits
      : `${digits} ${unit === 'us' ? 'µs' : unit}`;
  return aborted ? `${shown}; ended the run` : shown;
}
