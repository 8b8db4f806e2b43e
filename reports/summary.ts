/**
 * What `handleSummary` is given: k6's shape of a run's end, as far as it has a meaning here, the default summary as
 * text, and the run's record with its trials. Pure.
 */
import type { Metric } from '../harness/metrics.ts';
import type { RunRecord, Sample } from '../harness/record.ts';
import { aggregatesOf } from './analysis/thresholds/aggregates.ts';
import { Measure } from './analysis/thresholds/measure.ts';
import { noGivenTags } from './analysis/thresholds/tags.ts';
import type { Selector } from './analysis/thresholds/threshold.ts';

export interface SummaryMetric {
  readonly type: Metric['kind'];
  /** `time` in milliseconds but for worker_us_per_packet, `data` in bytes. */
  readonly contains: 'time' | 'data' | 'default';
  readonly values: Readonly<Record<string, number>>;
  /** One on which nothing was measured is not ok. */
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}

export interface SummaryCheck {
  readonly name: string;
  readonly path: string;
  readonly passes: number;
  readonly fails: number;
}

export interface SummaryData {
  readonly root_group: {
    readonly name: '';
    readonly path: '';
    readonly groups: readonly [];
    readonly checks: readonly SummaryCheck[];
  };
  readonly options: {
    readonly summaryTrendStats: readonly string[];
    readonly summaryTimeUnit: '';
    readonly noColor: boolean;
  };
  readonly state: {
    readonly isStdOutTTY: boolean;
    readonly isStdErrTTY: boolean;
    readonly testRunDurationMs: number;
  };
  /** Those that were measured, and sub-metrics that thresholds name. */
  readonly metrics: Readonly<Record<string, SummaryMetric>>;
  readonly setup_data?: unknown;
  /** Not k6's: what is printed where there is no `handleSummary`, and `run.json`. */
  readonly text: string;
  readonly run: RunRecord;
}

export interface SummarySurroundings {
  readonly isStdOutTTY: boolean;
  readonly isStdErrTTY: boolean;
  readonly noColor: boolean;
  /** As JSON; null for nothing. */
  readonly setupData: string | null;
  readonly text: string;
}

export function summaryData(
  record: RunRecord,
  samples: Iterable<Sample>,
  around: SummarySurroundings,
): SummaryData {
  const { isStdOutTTY, isStdErrTTY, noColor, setupData, text } = around;
  const { trendStats } = record.scenario.script;
  const checks = (record.checks ?? []).map((each) => ({ ...each, path: `::${each.name}` }));
  return {
    root_group: { name: '', path: '', groups: [], checks },
    options: { summaryTrendStats: trendStats, summaryTimeUnit: '', noColor },
    state: { isStdOutTTY, isStdErrTTY, testRunDurationMs: record.durationMs ?? 0 },
    metrics: metricsOf(record, samples),
    ...(setupData === null ? {} : { setup_data: JSON.parse(setupData) as unknown }),
    text,
    run: record,
  };
}

interface Gathered {
  readonly metric: Metric;
  readonly measure: Measure;
}

function metricsOf(record: RunRecord, samples: Iterable<Sample>): Record<string, SummaryMetric> {
  const { scenario } = record;
  const table = record.metrics as Readonly<Record<string, Metric>>;
  const scenarios = Object.fromEntries(scenario.groups.map(({ name, tags }) => [name, tags]));
  const given = { ...noGivenTags, run: scenario.tags, scenarios };
  const gathered = new Map<string, Gathered>();
  const gather = (name: string, selector: Selector): void => {
    const metric = table[selector.name];
    if (metric !== undefined)
      gathered.set(name, { metric, measure: new Measure(selector, metric.kind, { given }) });
  };
  for (const name of Object.keys(table)) gather(name, { name, tags: {} });
  for (const { metric, selector } of [...scenario.thresholds, ...(scenario.script.subMetrics ?? [])])
    gather(metric, selector);
  for (const sample of samples) for (const { measure } of gathered.values()) measure.take(sample);
  const found: Record<string, SummaryMetric> = {};
  for (const [name, { metric, measure }] of gathered) {
    const values = aggregatesOf(metric.kind, measure, scenario.script.trendStats);
    const judged = (record.thresholds ?? []).filter((threshold) => threshold.metric === name);
    if (Object.keys(values).length === 0 && judged.length === 0) continue;
    const thresholds = judged.map(({ expression, state }) => [expression, { ok: state === 'pass' }] as const);
    found[name] = {
      type: metric.kind,
      contains: containsOf(metric.unit),
      values,
      ...(judged.length === 0 ? {} : { thresholds: Object.fromEntries(thresholds) }),
    };
  }
  return found;
}

function containsOf(unit: Metric['unit']): SummaryMetric['contains'] {
  if (unit === 'ms' || unit === 'us') return 'time';
  return unit === 'bytes' ? 'data' : 'default';
}
