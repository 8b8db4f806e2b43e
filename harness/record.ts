/**
 * What a run directory holds. `run.json` is one `RunRecord`; every line of `samples.ndjson` is one `Sample`, every
 * line of `events.ndjson` one `EventLine`. Instants are milliseconds since the start of the run, monotonic.
 */
import type { BotKind, MediaKind } from '../bots/bot.ts';
import type { BotEvent } from '../bots/messages.ts';
import type { QualityCounts, WorstWindow } from '../bots/quality/counts.ts';
import type { OwnMetric } from '../bots/script/declarations.ts';
import type { CalibrationSummary } from './calibration.ts';
import type { Metric, MetricName, MetricValues } from './metrics.ts';
import type { Scenario } from './scenario.ts';
import type { SearchRecord } from './search-record.ts';
import type { NodeDescription } from './targets/control.ts';
import type { TrialFigures, TrialLimits } from './trial.ts';

export type { TrialFigures, TrialLimits };

export const schemaVersion = 1;

export type RunState = 'running' | 'completed' | 'interrupted' | 'failed';
export type TrialState = 'good' | 'bad' | 'unsettled' | 'invalid';
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'invalid';

/** One line of `samples.ndjson`: one entity in one second. */
export interface Sample {
  readonly t: number;
  /**
   * Entity: `worker:<n>`, `sweep:<worker>`, `node`, `streams` (of the rotation), `bots:<group>:<bot>:<media>:<host>`,
   * `sessions:<group>:<bot>`, `trial:<group>`, `own:<group>:<bot>:<host>:<tags>` (of the scenario's own functions, its
   * tags as a URL's query), `host:<n>`, `generator`, `host` (the machine).
   */
  readonly e: string;
  /** Step of the leading group; null before the first. */
  readonly s: number | null;
  readonly v: MetricValues;
}

/** One line of `events.ndjson`. */
export type EventLine = { readonly t: number } & RunEvent;

export type RunEvent =
  | BotEvent
  | {
      readonly event: 'phase';
      readonly group: string;
      readonly phase: string;
      readonly step: number;
      readonly level: number;
    }
  | { readonly event: 'worker-died'; readonly worker: number; readonly message: string }
  | { readonly event: 'node-died'; readonly message: string }
  | { readonly event: 'host-died'; readonly host: number; readonly message: string }
  /** Of one second and group, where there were any, with the worst window among them. Totals of the run. */
  | ({
      readonly event: 'violations';
      readonly group: string;
      readonly bot: BotKind;
      readonly kind: MediaKind;
      readonly worst: WorstWindow;
    } & Pick<QualityCounts, 'windowsTotal' | 'violatingTotal' | 'causeTotals'>)
  | { readonly event: 'run-warning'; readonly message: string };

/** A stretch of a trial, in run time. */
export interface TrialPhase {
  readonly phase: string;
  readonly startMs: number;
  readonly endMs: number;
}

export interface TrialRecord {
  readonly group: string;
  readonly step: number;
  readonly level: number;
  readonly levelUnit: 'peers' | 'rooms' | 'sessions/s';
  readonly state: TrialState;
  /** Why it is not good: a word and a figure each. */
  readonly reasons: readonly string[];
  /** What to do about them, where it is invalid. Absent where not, and in records of before. */
  readonly remedies?: readonly string[];
  /** Whether its load had settled; null where a fixed time was waited, absent in records of before. */
  readonly settled?: boolean | null;
  /** Something outside of the run was felt in it: a search measures it again. Absent where not. */
  readonly disturbed?: true;
  /** The run was ended before the trial's end, which says nothing then; it is no fault of the generator's. */
  readonly cut?: true;
  readonly phases: readonly TrialPhase[];
  readonly asked: { readonly peers: number; readonly consumers: number };
  readonly figures: TrialFigures;
}

/** A threshold, held against the whole run. */
export interface ThresholdRecord {
  /** As the user wrote them: `rtp_loss_ratio{kind:video}`, `rate<0.01`. */
  readonly metric: string;
  readonly expression: string;
  readonly state: 'pass' | 'fail' | 'inconclusive';
  /** Null: nothing was measured, and `reason` says why. */
  readonly observed: number | null;
  readonly reason: string | null;
  /** It ended the run. */
  readonly aborted: boolean;
}

/** What became of one check, over all bots. */
export interface CheckRecord {
  readonly name: string;
  readonly passes: number;
  readonly fails: number;
}

/** A metric of the scenario's own, over the whole run. */
export interface OwnMetricRecord {
  readonly name: string;
  readonly unit: OwnMetric['unit'];
  /** By aggregate, as `options.summaryTrendStats` asks for them of trends; none where nothing was added. */
  readonly values: Readonly<Record<string, number>>;
}

/** What the scenario's functions threw, by message and place. */
export interface ExceptionRecord {
  readonly message: string;
  readonly count: number;
}

export interface RunWarning {
  readonly message: string;
  readonly advice: string;
}

/** Sums of both sides over streams that lived until the drain, from the first media packet on. */
export interface Accounting {
  readonly consumers: number;
  readonly sentBySfu: number;
  readonly receivedByBots: number;
  readonly lostByBots: number;
  /** (received + lost) ÷ sent − 1; null when nothing was sent. */
  readonly mismatchRatio: number | null;
}

export interface Manifest {
  readonly versions: {
    readonly sfubench: string;
    readonly node: string;
    readonly browser: string | null;
    readonly mediasoup: string | null;
  };
  readonly target: { readonly kind: string; readonly embedded: boolean; readonly signalingUrl: string };
  /** What the node said about itself; null without a control endpoint. */
  readonly node: NodeDescription | null;
  readonly machine: {
    readonly hostname: string;
    readonly kernel: string;
    readonly cpuModel: string;
    readonly cores: number;
    readonly memoryBytes: number;
  };
  /** Whether instants of SFU and bots compare: only on one machine. Without that there is no one-way latency. */
  readonly clocks: 'shared' | 'not shared';
  /** Cores asked for; null is unpinned. */
  readonly pinning: { readonly sfu: readonly number[] | null; readonly generator: readonly number[] | null };
  /** What shares a core with what, in words. */
  readonly shared: readonly string[];
  /** What carried and protected the packets of synthetic bots; null without any, absent in records of before. */
  readonly packets?: string | null;
  /** What Chrome costs the worker over what synthetic bots do, on this machine; null where that was not measured. */
  readonly calibration?: CalibrationSummary | null;
}

export interface RunRecord {
  readonly schemaVersion: typeof schemaVersion;
  readonly id: string;
  readonly name: string;
  readonly pid: number;
  state: RunState;
  verdict: Verdict | null;
  exitCode: number | null;
  readonly startedAt: string;
  endedAt: string | null;
  durationMs: number | null;
  manifest: Manifest;
  readonly scenario: Scenario;
  readonly scenarioHash: string;
  readonly seed: number;
  readonly metrics: Readonly<Record<MetricName, Metric & { readonly tags: readonly string[] }>>;
  /** What decided about the trials, so that a report made later says the same. */
  readonly limits: TrialLimits;
  readonly trials: TrialRecord[];
  /** How the scenario's thresholds stand; absent in records of before. */
  thresholds?: readonly ThresholdRecord[];
  /** Of the scenario's functions; absent where there were none, and in records of before. */
  checks?: readonly CheckRecord[];
  exceptions?: readonly ExceptionRecord[];
  ownMetrics?: readonly OwnMetricRecord[];
  /** Of a capacity search; absent in other runs. */
  search?: SearchRecord;
  readonly warnings: RunWarning[];
  /** What ended the run before its plan did. */
  failure: RunFailure | null;
  accounting: Accounting | null;
  summary: Summary | null;
}

export interface RunFailure {
  readonly code: string;
  readonly message: string;
  readonly file?: string;
  readonly field?: string;
  readonly value?: unknown;
  readonly hint?: string;
}

/** What was asked and what was reached, over the whole run. */
export interface Summary {
  readonly joins: number;
  readonly joinsFailed: number;
  readonly iterations: number;
  /** Absent in records of before. */
  readonly iterationsDropped?: number;
  readonly peersAsked: number;
  readonly peersReached: number;
  readonly joinP95Ms: number | null;
  readonly events: Readonly<Record<string, number>>;
}
