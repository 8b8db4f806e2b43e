/** Readings and thresholds for tests of what becomes of them. */
import { deepEqual, ok } from 'node:assert/strict';
import { durationMs } from '../../../../harness/durations.ts';
import { type MetricKind, type MetricValue, metrics } from '../../../../harness/metrics.ts';
import { evaluate, type ThresholdResult } from '../../../../reports/analysis/thresholds/evaluate.ts';
import { metricOf, type Scope } from '../../../../reports/analysis/thresholds/measure.ts';
import { parseThresholds } from '../../../../reports/analysis/thresholds/parse.ts';
import type { Reading, Tags, Threshold } from '../../../../reports/analysis/thresholds/threshold.ts';
import { ThresholdWatch } from '../../../../reports/analysis/thresholds/watch.ts';

const own = { hands: { kind: 'gauge' }, dropped_iterations: { kind: 'counter' } } as const;

export function thresholdsOf(value: unknown): readonly Threshold[] {
  const { thresholds, problems } = parseThresholds(value, {
    metrics: { ...metrics, ...own },
    tags: null,
    nearest: () => null,
    durationMs,
  });
  deepEqual(problems, []);
  return thresholds;
}

export function reading(e: string, t: number, v: Record<string, MetricValue>, s: number | null = 0): Reading {
  return { e, t, s, v };
}

/** States of a metric's expressions over readings. */
export function judge(
  metric: string,
  expressions: readonly string[],
  readings: readonly Reading[],
): unknown[] {
  const watch = new ThresholdWatch(thresholdsOf({ [metric]: expressions }));
  watch.take(readings);
  return watch.look(0).results.map(({ state, observed }) => [state, observed]);
}

export function resultOf(metric: string, expression: string, readings: readonly Reading[]): ThresholdResult {
  const [threshold] = thresholdsOf({ [metric]: [expression] });
  ok(threshold !== undefined);
  return evaluate(threshold, metricOf(readings, threshold.selector, threshold.kind));
}

export function valueOf(
  readings: readonly Reading[],
  name: string,
  kind: MetricKind,
  { tags = {}, scope = 'run' }: { tags?: Tags; scope?: Scope } = {},
): number | null {
  const aggregation = kind === 'counter' ? 'count' : 'rate';
  const measure = metricOf(readings, { name, tags }, kind, { scope });
  return measure.observe({ aggregation, percentile: null })?.value ?? null;
}
