/** What a scenario file has beside its options and the functions of its bots: its own functions and metrics. */
import type { OwnMetric } from '../../bots/script/declarations.ts';
import { parseSelector } from '../../reports/analysis/thresholds/selector.ts';
import type { SubMetric } from '../../reports/analysis/thresholds/threshold.ts';
import { durationMs } from '../durations.ts';
import { metrics } from '../metrics.ts';
import type { Script } from '../scenario.ts';
import { isRecord, type Problem, show } from './problem.ts';

/** k6's. */
const defaultTimeoutMs = 60_000;
const defaultSummaryTimeoutMs = 120_000;
const defaultTrendStats: readonly string[] = ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'];

const functions = ['setup', 'teardown', 'handleSummary', 'default'] as const;

/** @param declared the metrics that the file made while it was loaded */
export function checkScript(
  exports: Readonly<Record<string, unknown>>,
  declared: readonly OwnMetric[],
): Problem[] {
  const problems: Problem[] = [];
  for (const name of functions) {
    const found = Object.hasOwn(exports, name) ? exports[name] : undefined;
    if (found === undefined || typeof found === 'function') continue;
    const what = name === 'default' ? '(the default export)' : '(exported)';
    problems.push({ field: name, message: `${what} must be a function, not ${show(found)}` });
  }
  for (const { name } of declared) {
    if (!Object.hasOwn(metrics, name)) continue;
    const message = 'is a metric of sfubench itself';
    problems.push({ field: name, message, hint: 'give the own metric another name' });
  }
  return problems;
}

/** What `options` says of them; its fields are known to be good. */
interface ScriptOptions {
  readonly setupTimeout?: unknown;
  readonly teardownTimeout?: unknown;
  readonly handleSummaryTimeout?: unknown;
  readonly summaryTrendStats?: readonly string[] | undefined;
  readonly thresholds?: unknown;
}

export function resolveScript(
  exports: Readonly<Record<string, unknown>>,
  declared: readonly OwnMetric[],
  { setupTimeout, teardownTimeout, handleSummaryTimeout, summaryTrendStats, thresholds }: ScriptOptions,
): Script {
  const subMetrics = subMetricsOf(thresholds);
  const has = (name: string): boolean => typeof exports[name] === 'function';
  return {
    setup: has('setup'),
    teardown: has('teardown'),
    handleSummary: has('handleSummary'),
    setupTimeoutMs: durationMs(setupTimeout) ?? defaultTimeoutMs,
    teardownTimeoutMs: durationMs(teardownTimeout) ?? defaultTimeoutMs,
    handleSummaryTimeoutMs: durationMs(handleSummaryTimeout) ?? defaultSummaryTimeoutMs,
    trendStats: summaryTrendStats ?? defaultTrendStats,
    metrics: declared,
    ...(subMetrics.length === 0 ? {} : { subMetrics }),
  };
}

/** An empty list of thresholds asks for nothing but that its metric is summed up by itself, as in k6. */
function subMetricsOf(thresholds: unknown): SubMetric[] {
  return Object.entries(isRecord(thresholds) ? thresholds : {}).flatMap(([metric, list]) => {
    if (!Array.isArray(list) || list.length > 0) return [];
    const parsed = parseSelector(metric);
    return parsed.ok ? [{ metric, selector: parsed.value }] : [];
  });
}

/** `avg`, `p(99.9)`, … */
export function isTrendStat(text: string): boolean {
  const percent = /^p\((\d+(?:\.\d+)?)\)$/.exec(text)?.[1];
  return percent === undefined
    ? ['avg', 'min', 'med', 'max', 'count'].includes(text)
    : Number(percent) <= 100;
}
