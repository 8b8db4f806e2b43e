/**
 * What a run directory holds. `run.json` is one `RunRecord`; every line of `samples.ndjson` is one `Sample`, every
 * line of `events.ndjson` one `EventLine`. Instants are milliseconds since the start of the run, monotonic.
 */
import type { BotEvent } from '../bots/messages.ts';
import type { CalibrationSummary } from './calibration.ts';
import type { Metric, MetricName, MetricValues } from './metrics.ts';
import type { Scenario } from './scenario.ts';
import type { NodeDescription } from './targets/control.ts';

export const schemaVersion = 1;

export type RunState = 'running' | 'completed' | 'interrupted' | 'failed';
export type TrialState = 'good' | 'bad' | 'unsettled' | 'invalid';
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'invalid';

/** One line of `samples.ndjson`: one entity in one second. */
export interface Sample {
  readonly t: number;
  /**
   * Entity: `worker:<n>`, `sweep:<worker>`, `node`, `streams` (of the rotation), `bots:<group>:<bot>:<media>:<host>`,
   * `host:<n>`, `generator`, `host` (the machine).
   */
  readonly e: string;
  /** Step of the leading group; null before the first. */
  readonly s: number | null;
  readonly v: MetricValues;
}

/** One line of `events.ndjson`. */
export type EventLine = { readonly t: number } & (
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
  | { readonly event: 'run-warning'; readonly message: string }
);

/** Limits of a trial; shares and ratios. */
export interface TrialLimits {
  /** Of its cores that the generator may use. */
  readonly generatorCpuShare: number;
  readonly lateSendRatio: number;
  readonly generatorDropRatio: number;
  readonly lossRatio: number;
  readonly deliveryRatio: number;
  /** Of the cameras' frame rate that must be decoded. */
  readonly fpsShare: number;
}

/** A stretch of a trial, in run time. */
export interface TrialPhase {
  readonly phase: string;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * What one trial measured: one value per figure. Seconds inside a trial are autocorrelated and never count as n.
 * Null is missing. Totals over all workers unless the name says otherwise.
 */
export interface TrialFigures {
  readonly rooms: number | null;
  readonly peers: number | null;
  readonly transports: number | null;
  readonly producers: number | null;
  readonly consumers: number | null;
  /** Packets per second that the SFU received and sent, between the two sweeps around the hold. */
  readonly packetsInPerSecond: number | null;
  readonly packetsOutPerSecond: number | null;
  readonly bitrateOutBps: number | null;
  /** Mean CPU of the hottest worker, and of all workers together, in cores. */
  readonly hottestWorkerCpuCores: number | null;
  readonly workerCpuCores: number | null;
  readonly workerUsPerPacket: number | null;
  readonly workerRssBytes: number | null;
  readonly workerLoopLagP95Ms: number | null;
  readonly workerPreemptions: number | null;
  readonly joinP50Ms: number | null;
  readonly joinP95Ms: number | null;
  readonly firstMediaP95Ms: number | null;
  /** To the first video frame that could be shown. */
  readonly firstFrameP95Ms: number | null;
  readonly joinsFailed: number;
  /** Lost over expected packets, as the bots counted them. */
  readonly lossRatio: number | null;
  /** Packets received over packets due by fan-out. */
  readonly deliveryRatio: number | null;
  /** A packet's way from its publisher through the SFU to a receiver, both of them synthetic bots. */
  readonly oneWayP50Ms: number | null;
  readonly oneWayP99Ms: number | null;
  /** Lost packets that RTX brought; packets that came in another order, too late, twice. Of synthetic bots, as what follows. */
  readonly recoveredPackets: number | null;
  readonly reorderedPackets: number | null;
  readonly latePackets: number | null;
  readonly duplicatePackets: number | null;
  /** The SFU's probes of the bandwidth. */
  readonly paddingPackets: number | null;
  /** Findings where there are any: refused by SRTP or malformed; not their stream's, by their marks. */
  readonly refusedPackets: number | null;
  readonly foreignPackets: number | null;
  readonly fpsMedian: number | null;
  readonly fpsP5: number | null;
  readonly freezes: number | null;
  readonly concealedRatio: number | null;
  readonly generatorCpuCores: number | null;
  readonly generatorRssBytes: number | null;
  readonly generatorLoopLagMaxMs: number | null;
  readonly generatorRunqueueRatio: number | null;
  /** Synthetic frames that left later than one media interval, over all. */
  readonly generatorLateSendRatio: number | null;
  /** Datagrams that the bots’ own sockets lost, over the packets that the bots received. */
  readonly generatorDropRatio: number | null;
  readonly hostStealRatio: number | null;
  readonly cpuLimitedPublishers: number | null;
}

export interface TrialRecord {
  readonly group: string;
  readonly step: number;
  readonly level: number;
  readonly levelUnit: 'peers' | 'rooms';
  readonly state: TrialState;
  /** Why it is not good: a word and a figure each. */
  readonly reasons: readonly string[];
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
  readonly peersAsked: number;
  readonly peersReached: number;
  readonly joinP95Ms: number | null;
  readonly events: Readonly<Record<string, number>>;
}
