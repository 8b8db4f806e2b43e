/** What the scenario's own functions measured, as samples. Pure. */
import type { ScriptReading } from '../../bots/script/book.ts';
import type { MetricValues } from '../metrics.ts';
import type { Sample } from '../record.ts';

/**
 * @param where host of the bots, or the function that ran by itself
 * @param startMs of the run, by the same clock as the readings
 */
export function samplesOf(
  readings: readonly ScriptReading[],
  where: string,
  startMs: number,
  step: number | null,
): readonly Sample[] {
  return readings.map(({ group, bot, tags, atMs, values }) => ({
    t: Math.round(atMs - startMs),
    e: `own:${group}:${bot}:${where}:${tags}`,
    s: step,
    // Names of own metrics are none of the table's.
    v: values as MetricValues,
  }));
}
