/**
 * A resolved scenario: frozen, no optional field left. The edge (file, environment, command line) is resolved once
 * into this; everything behind it reads this and nothing else.
 */
import type { AudioMedia, BotKind, Consume, MediaKind, NetworkConditions, VideoMedia } from '../bots/bot.ts';
import type { SyntheticSettings } from '../bots/messages.ts';
import type { QualityLimits } from '../bots/quality/violation.ts';
import type { OwnMetric } from '../bots/script/declarations.ts';
import type { SearchGoal } from '../reports/analysis/search/goal.ts';
import type { SubMetric, Threshold } from '../reports/analysis/thresholds/threshold.ts';
import type { ConstantArrivalRateShape } from './executors/constant-arrival-rate.ts';
import type { PerVuIterationsShape } from './executors/per-vu-iterations.ts';
import type { RampingArrivalRateShape } from './executors/ramping-arrival-rate.ts';
import type { SharedIterationsShape } from './executors/shared-iterations.ts';

/** How the load of one group moves over time. Durations in milliseconds. */
export type Shape =
  | {
      readonly executor: 'constant-vus';
      readonly vus: number;
      /** Null for a group that joins another one: it ends with that. */
      readonly durationMs: number | null;
      /** How long sessions may go on after that. */
      readonly gracefulStopMs: number;
    }
  | {
      readonly executor: 'ramping-vus';
      readonly startVus: number;
      readonly stages: readonly { readonly durationMs: number; readonly target: number }[];
      /** How long the session of one that a stage takes out may go on, and all of them after the last stage. */
      readonly gracefulRampDownMs: number;
      readonly gracefulStopMs: number;
    }
  | {
      readonly executor: 'staircase';
      readonly levels: readonly number[];
      readonly levelUnit: 'peers' | 'rooms';
      readonly holdMs: number;
    }
  | {
      readonly executor: 'capacity-search';
      readonly levelUnit: 'peers' | 'rooms';
      readonly goal: SearchGoal;
    }
  | ConstantArrivalRateShape
  | RampingArrivalRateShape
  | PerVuIterationsShape
  | SharedIterationsShape;

export interface Media {
  readonly audio: AudioMedia | null;
  readonly video: VideoMedia | null;
}

export interface Rooms {
  /** Peers of a full room; for a group that joins another one, those of that group. */
  readonly size: number;
  /** The first so many of each room publish; for a group that joins another one, of its own in each room. */
  readonly publishers: number;
  /** What they publish. */
  readonly kinds: readonly MediaKind[];
}

/** How all synthetic bots of the run behave. */
export type Synthetic = Omit<SyntheticSettings, 'udp' | 'seed'>;

/** What a consumer's window may be at its worst, and how many of all windows may be worse. */
export interface Quality extends QualityLimits {
  readonly ratio: number;
}

/** One entry of `options.scenarios`. */
export interface Group {
  readonly name: string;
  readonly bot: BotKind;
  readonly shape: Shape;
  /** From the start of the load to that of this group. */
  readonly startMs: number;
  readonly rooms: Rooms;
  readonly consume: Consume;
  readonly decode: 'receive' | 'play';
  readonly media: Media;
  /** Null: that of the machine alone. */
  readonly network: NetworkConditions | null;
  readonly joinRatePerSecond: number;
  readonly joinTimeoutMs: number;
  /** Time between the last join of a step and its measurement; at most, where it settles. */
  readonly settleMs: number;
  /** Whether a step is measured as soon as its figures are steady. */
  readonly settles: boolean;
  /** Whether the scenario gives that time. */
  readonly settleAsked: boolean;
  /** This group's peers are extra peers in the rooms of that group. */
  readonly joins: string | null;
  /** Exported function that drives each bot; null: join, publish, stay. */
  readonly exec: string | null;
  /** What its function finds in `__ENV` besides what the run has. */
  readonly env: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** Where the SFU is and how to get it. */
export type TargetSpec =
  | { readonly kind: 'mediasoup'; readonly settings: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'mediasoup-demo';
      readonly url: string;
      readonly controlUrl: string | null;
      readonly tokenFile: string | null;
      readonly insecure: boolean;
      readonly caFile: string | null;
    };

/** The file's own functions, beside those that drive bots, and what they need. */
export interface Script {
  readonly setup: boolean;
  readonly teardown: boolean;
  readonly handleSummary: boolean;
  readonly setupTimeoutMs: number;
  readonly teardownTimeoutMs: number;
  readonly handleSummaryTimeoutMs: number;
  /** Of trends, in what `handleSummary` is given: `avg`, `p(95)`, … */
  readonly trendStats: readonly string[];
  /** Those that it is given because an empty list of thresholds names them; absent where none does. */
  readonly subMetrics?: readonly SubMetric[];
  /** Those that the file made, beside the table's. */
  readonly metrics: readonly OwnMetric[];
}

export interface Scenario {
  /** The file's base name without its ending. */
  readonly name: string;
  readonly file: string;
  /**
   * sha256 over the file's text and the resolved scenario, as hex; without file and target, so that the same load on
   * two targets has one hash.
   */
  readonly hash: string;
  readonly seed: number;
  readonly target: TargetSpec;
  readonly groups: readonly Group[];
  readonly synthetic: Synthetic;
  readonly quality: Quality;
  readonly script: Script;
  readonly thresholds: readonly Threshold[];
  readonly tags: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** Things that were accepted but deserve a word: a remainder room, for example. */
  readonly warnings: readonly string[];
}
