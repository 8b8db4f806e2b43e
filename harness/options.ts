/** What a scenario file may export as `options`: k6's options, with scenarios that describe load on an SFU. */
import type { Options as K6Options } from 'k6/options';
import type { BotKind, MediaKind } from '../bots/bot.ts';
import type { MediaOptions } from './media-options.ts';
import type { NetworkOptions } from './network-options.ts';
import type { TargetOptions } from './target-options.ts';

/** `'1m30s'`, `'500ms'`, or a number of milliseconds. */
export type Duration = string | number;

export interface RoomOptions {
  /** Peers of a full room. */
  size: number;
  /** How many of each room publish, the first ones; `'all'` when absent. */
  publishers?: number | 'all';
  /** What they publish; everything that `media` has when absent. */
  kinds?: readonly MediaKind[];
}

/** What a peer takes of the streams of others. */
export type ConsumeOptions =
  | 'all'
  | 'none'
  | {
      kinds?: readonly MediaKind[];
      /** At most so many consumers. */
      max?: number;
    };

/**
 * What a window of about two seconds of one consumer may be at its worst, with what holds where it is absent. A trial
 * is bad when more than `ratio` of all windows violate.
 */
export interface QualityOptions {
  /** Share of the source's frames per second; 0.8. */
  fps?: number;
  /** The longest freeze (W3C webrtc-stats); '200ms'. */
  freeze?: Duration;
  /** Packets lost after repair, over those expected; 0.02. */
  loss?: number;
  /** From publisher to receiver, p99, among synthetic bots; '150ms'. */
  latency?: Duration;
  /** Chrome's delay in the jitter buffer; '250ms'. */
  jitterBuffer?: Duration;
  /** Share of the bitrate of the layer that is to come; 0.7. */
  bitrate?: number;
  /** Violating windows over all; 0.005. */
  ratio?: number;
}

/** How all synthetic bots of a run behave. */
export interface SyntheticOptions {
  /**
   * Which received packets are decrypted and authenticated: all, one in 16 (`sampled`, when absent), or none. All are
   * counted; only with `all` is each packet's identity checked.
   */
  verify?: 'all' | 'sampled' | 'none';
  /**
   * `batch` (when absent): all sockets are looked at together. `packet`: bots wake for each packet as browsers do,
   * which on one machine is charged to the SFU.
   */
  wake?: 'batch' | 'packet';
  /**
   * `chrome` (when absent): receiver reports, NACK, PLI and transport-cc as Chrome sends them. `none`: PLI only, and
   * no bandwidth estimation in the SFU: cheap, and it understates what a browser costs the SFU.
   */
  feedback?: 'chrome' | 'none';
  /**
   * `cassette` (when absent): recordings that Chrome can show, of some sizes. `marked`: random bytes of any size,
   * bitrate and codec, which say what packet they are: for one-way latency and identity. Nobody can show them.
   */
  payload?: 'cassette' | 'marked';
  /** Of marked video, from one key frame to the next; when absent they come on request only, as Chrome's do. */
  keyFrameInterval?: Duration;
}

/** What every entry of `scenarios` may have. */
export interface GroupOptions {
  bot?: BotKind;
  consume?: ConsumeOptions;
  /** Joins per second; 2 for Chrome, 50 for synthetic bots. */
  joinRate?: number;
  /** A join that takes longer has failed; 10 s when absent. */
  joinTimeout?: Duration;
  /**
   * Time between the last join of a step and its measurement. When absent, staircase and capacity-search wait until the
   * step has settled, 60 s at most; others 12 s for Chrome, 5 s for synthetic bots.
   */
  settle?: Duration;
  /** `play` shows the video in an element as a page would; `receive` (when absent) decodes without. */
  decode?: 'receive' | 'play';
  /** Replaces `options.media` for this entry, `audio` and `video` each as a whole. */
  media?: MediaOptions;
  /** Replaces `options.network` for this entry; 'none': that of the machine alone. */
  network?: NetworkOptions | 'none';
  /** Exported function that drives each bot; the default export when absent, and where there is none: join, publish, stay. */
  exec?: string;
  /** What the function finds in `__ENV` besides. */
  env?: Record<string, string>;
  tags?: Record<string, string>;
  /** From the start of the load to that of this entry; at once when absent. */
  startTime?: Duration;
}

/** An entry with rooms of its own. */
export interface RoomGroupOptions extends GroupOptions {
  rooms: RoomOptions;
  joins?: never;
}

/**
 * The same of one that k6 knows as well, whose words do not speak of rooms. When they are absent: of 4, or of as many
 * as there are VUs where these are fewer, with a warning.
 */
interface K6GroupOptions extends GroupOptions {
  rooms?: RoomOptions;
  joins?: never;
}

export interface Staircase extends RoomGroupOptions {
  executor: 'staircase';
  /** The load of each step, in `levelUnit`. */
  levels: readonly number[];
  /** `peers` when absent. */
  levelUnit?: 'peers' | 'rooms';
  /** How long each step is measured. */
  hold: Duration;
}

/** Looks for the level that the SFU bears: the one at which a trial is bad with probability ½. */
export interface CapacitySearch extends RoomGroupOptions {
  executor: 'capacity-search';
  /** Where it is thought to be, in `levelUnit`. */
  guess: number;
  /** The levels that may be asked for: from one room to three times the guess when absent. */
  lowest?: number;
  highest?: number;
  /** `peers` when absent. */
  levelUnit?: 'peers' | 'rooms';
  /** What it may take, joins, settling and drains included; '15m' when absent. */
  budget?: Duration;
  /** Asked of the 95 % interval: high ÷ low − 1; 0.05 when absent. */
  width?: number;
  /** Measured time of a trial on the way up, '10s', and of those that decide, '30s'. */
  shortTrial?: Duration;
  fullTrial?: Duration;
}

export interface ConstantVus extends K6GroupOptions {
  executor: 'constant-vus';
  /** 1 when absent, as in k6. */
  vus?: number;
  /** How long it is measured, from the end of `settle`. */
  duration: Duration;
  /** How long sessions may go on after that; none when absent, as bots stay until they are taken out. */
  gracefulStop?: Duration;
}

/** Extra peers in the rooms of another entry. They start after its first step and end with it. */
export interface JoiningVus extends GroupOptions {
  executor: 'constant-vus';
  vus?: number;
  joins: string;
  duration?: never;
  settle?: never;
  startTime?: never;
  gracefulStop?: never;
  /** They publish nothing unless told here, and their rooms have the size of the others'. */
  rooms?: Omit<RoomOptions, 'size'>;
}

export interface Stage {
  duration: Duration;
  target: number;
}

export interface RampingVus extends K6GroupOptions {
  executor: 'ramping-vus';
  /** 1 when absent, as in k6. */
  startVUs?: number;
  /** A stage whose target is the number already there is a plateau: it settles, then it is measured. */
  stages: readonly Stage[];
  /** How long the session of one that a stage takes out may go on; none when absent. */
  gracefulRampDown?: Duration;
  /** The same after the last stage; `gracefulRampDown` when absent and that stage ends at 0. */
  gracefulStop?: Duration;
}

/** Entries whose sessions come to an end, one by one. */
interface SessionOptions {
  /** A session is told to end after so long (`stay()` returns); when absent it ends by itself, with its function. */
  sessionDuration?: Duration;
  /** How long sessions may go on after they were told to end; 30 s when absent. */
  gracefulStop?: Duration;
}

interface ArrivalOptions extends Omit<K6GroupOptions, 'joinRate'>, SessionOptions {
  joinRate?: never;
  /** Rates are sessions in so long; 1 s when absent. */
  timeUnit?: Duration;
  /** Peers that are made ready before the load begins. A session that finds nobody free is dropped. */
  preAllocatedVUs: number;
  /** Peers that there may be; `preAllocatedVUs` when absent. */
  maxVUs?: number;
}

export interface ConstantArrivalRate extends ArrivalOptions {
  executor: 'constant-arrival-rate';
  /** Sessions that begin in each `timeUnit`. */
  rate: number;
  duration: Duration;
}

export interface RampingArrivalRate extends ArrivalOptions {
  executor: 'ramping-arrival-rate';
  /** 0 when absent. */
  startRate?: number;
  /** Targets are rates. A stage whose target is the rate before is a plateau: it settles, then it is measured. */
  stages: readonly Stage[];
}

interface IterationOptions extends Omit<K6GroupOptions, 'settle'>, SessionOptions {
  settle?: never;
  /** 1 when absent. */
  vus?: number;
  /** 1 when absent. */
  iterations?: number;
  /** No session begins after it; 10 minutes when absent. */
  maxDuration?: Duration;
}

export interface PerVuIterations extends IterationOptions {
  executor: 'per-vu-iterations';
}

export interface SharedIterations extends IterationOptions {
  executor: 'shared-iterations';
}

export type ScenarioEntry =
  | Staircase
  | CapacitySearch
  | ConstantVus
  | JoiningVus
  | RampingVus
  | ConstantArrivalRate
  | RampingArrivalRate
  | PerVuIterations
  | SharedIterations;

export type Options = Omit<K6Options, 'scenarios'> & {
  target?: TargetOptions;
  media?: MediaOptions;
  synthetic?: SyntheticOptions;
  quality?: QualityOptions;
  network?: NetworkOptions | 'none';
  /** What is to be done; or one of k6's shortcuts `stages`, `duration` and `iterations`, with `vus`, or `vus` alone. */
  scenarios?: Record<string, ScenarioEntry>;
  /** Of the one scenario that k6's shortcuts stand for. */
  rooms?: RoomOptions;
  bot?: BotKind;
  consume?: ConsumeOptions;
  joinRate?: number;
  joinTimeout?: Duration;
  settle?: Duration;
  sessionDuration?: Duration;
  /** 1 when absent: the same file gives the same plan. */
  seed?: number;
  tags?: Record<string, string>;
};

/** With its rooms written out. */
export type ExpandedEntry = JoiningVus | (Exclude<ScenarioEntry, JoiningVus> & { rooms: RoomOptions });

/** With the shortcuts and the usual rooms written out. */
export type ExpandedOptions = Omit<Options, 'scenarios'> & { scenarios: Record<string, ExpandedEntry> };
