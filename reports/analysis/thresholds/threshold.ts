/**
 * Thresholds as k6 has them: a limit on an aggregated metric, `join_ms: ['p(95)<2000']`. Plain data from the parser on,
 * so that they can be part of a scenario and of a stored run.
 */
import type { MetricKind, MetricValue } from '../../../harness/metrics.ts';

export type Aggregation = 'avg' | 'min' | 'max' | 'med' | 'p' | 'count' | 'rate' | 'value';
export type Operator = '<' | '<=' | '>' | '>=' | '==' | '===' | '!=';

/** What each kind of metric can be asked for. A Trend's `p` has a number: `p(95)`. */
export const aggregations: Readonly<Record<MetricKind, readonly Aggregation[]>> = {
  trend: ['avg', 'min', 'max', 'med', 'p'],
  rate: ['rate'],
  counter: ['count', 'rate'],
  gauge: ['value'],
};

export const operators: readonly Operator[] = ['<', '<=', '>', '>=', '==', '===', '!='];

export type Tags = Readonly<Record<string, string>>;

/** A metric, or of it what has all of these tags: `rtp_loss_ratio{kind:video}`. */
export interface Selector {
  readonly name: string;
  readonly tags: Tags;
}

/** One that is to be summed up by itself, whether or not anything is asked of it. */
export interface SubMetric {
  /** As the user wrote it, tags included. */
  readonly metric: string;
  readonly selector: Selector;
}

/** One aggregated value of a metric. */
export interface Aggregate {
  readonly aggregation: Aggregation;
  /** Of `p` only: 0 to 100. */
  readonly percentile: number | null;
}

export interface Expression extends Aggregate {
  readonly operator: Operator;
  readonly bound: number;
}

export interface Threshold extends Expression {
  /** The metric as the user wrote it, tags included. */
  readonly metric: string;
  /** The expression as the user wrote it. */
  readonly expression: string;
  readonly selector: Selector;
  readonly kind: MetricKind;
  /** End the run when it fails, but not before so much of the run has passed. */
  readonly abortOnFail: boolean;
  readonly delayAbortEvalMs: number;
}

/** A sample, with metrics that the scenario's own functions may have made. */
export interface Reading {
  /** Milliseconds since the start of the run. */
  readonly t: number;
  /** Entity, see `Sample`. */
  readonly e: string;
  /** Step of the leading group. */
  readonly s: number | null;
  readonly v: Readonly<Record<string, MetricValue | undefined>>;
}

/**
 * What was measured. Histograms keep three digits: `low` to `high` are the values that they cannot tell from this one.
 */
export interface Observed {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}
