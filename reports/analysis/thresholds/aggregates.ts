/** A metric at the end of a run, in k6's aggregates. */
import type { MetricKind } from '../../../harness/metrics.ts';
import type { Measure } from './measure.ts';
import type { Aggregate } from './threshold.ts';

/**
 * What was not measured is missing.
 * @param trendStats of trends: `avg`, `min`, `med`, `max`, `count`, `p(95)`, …
 */
export function aggregatesOf(
  kind: MetricKind,
  measure: Measure,
  trendStats: readonly string[],
): Record<string, number> {
  const read = (aggregation: Aggregate['aggregation'], percentile: number | null = null): number | null =>
    measure.observe({ aggregation, percentile })?.value ?? null;
  if (kind === 'counter') return present({ count: read('count'), rate: read('rate') });
  if (kind === 'gauge') return present({ value: read('value') });
  if (kind === 'trend')
    return present(Object.fromEntries(trendStats.map((stat) => [stat, trendStat(stat, read)])));
  const [rate, all] = [read('rate'), read('count')];
  if (rate === null || all === null) return {};
  const passes = Math.round(rate * all);
  return { rate, passes, fails: all - passes };
}

function trendStat(
  stat: string,
  read: (aggregation: Aggregate['aggregation'], percentile?: number) => number | null,
): number | null {
  const percent = /^p\((.+)\)$/.exec(stat)?.[1];
  return percent === undefined ? read(stat as Aggregate['aggregation']) : read('p', Number(percent));
}

function present(values: Readonly<Record<string, number | null>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
  );
}
