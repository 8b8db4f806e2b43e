/** The thresholds of a scenario, against the metrics and tags that its run will have. */
import type { OwnMetric } from '../../bots/script/declarations.ts';
import { type ParsedThresholds, parseThresholds } from '../../reports/analysis/thresholds/parse.ts';
import { ownTags } from '../../reports/analysis/thresholds/tags.ts';
import type { Threshold } from '../../reports/analysis/thresholds/threshold.ts';
import { durationMs } from '../durations.ts';
import { metrics } from '../metrics.ts';
import { fieldOf, isRecord, nearest, type Problem } from './problem.ts';

export interface ThresholdReading {
  readonly thresholds: readonly Threshold[];
  readonly problems: readonly Problem[];
}

/** @param options plain data, of which nothing else need be as it should */
export function readThresholds(
  options: Readonly<Record<string, unknown>>,
  own: readonly OwnMetric[] = [],
): ThresholdReading {
  const added = own.map(({ name, kind, unit }) => [name, { kind, unit, hasAnyTags: true }] as const);
  const parsed: ParsedThresholds = parseThresholds(options['thresholds'], {
    metrics: { ...metrics, checks: { ...metrics.checks, hasAnyTags: true }, ...Object.fromEntries(added) },
    tags: tagsOf(options),
    nearest,
    durationMs,
  });
  const problems = parsed.problems.map(({ path, ...problem }) => ({ ...problem, field: fieldOf(path) }));
  return { thresholds: parsed.thresholds, problems };
}

/** Keys of tags, with their values where these are known beforehand. */
function tagsOf(options: Readonly<Record<string, unknown>>): Record<string, readonly string[] | null> {
  const scenarios = isRecord(options['scenarios']) ? options['scenarios'] : {};
  const given = [options, ...Object.values(scenarios)].flatMap((entry) =>
    isRecord(entry) && isRecord(entry['tags']) ? Object.keys(entry['tags']) : [],
  );
  return {
    ...Object.fromEntries([...ownTags, ...given].map((key) => [key, null])),
    scenario: Object.keys(scenarios),
    bot: ['chrome', 'synthetic'],
    kind: ['audio', 'video'],
  };
}
