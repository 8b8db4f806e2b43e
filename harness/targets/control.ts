/**
 * What a node tells the collector: the body of `GET /v1/description` and `GET /v1/readings` of its control endpoint.
 * `Authorization: Bearer <token>`. Instants are the node's own CLOCK_MONOTONIC in milliseconds.
 * Counters are cumulative over the life of the thing they count and end in `Total`; missing is null, never 0.
 */

export interface NodeDescription {
  readonly schemaVersion: 1;
  readonly kind: 'mediasoup';
  readonly versions: { readonly sfubench: string; readonly mediasoup: string; readonly node: string };
  /** The worker binary: its path, where it came from, and the sha256 of its bytes. */
  readonly workerBinary: { readonly path: string; readonly kind: WorkerBinaryKind; readonly sha256: string };
  readonly workers: readonly WorkerDescription[];
  /** Worker and transport settings as used (codecs, BWE bitrates, listen address …). */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly host: HostDescription;
}

export type WorkerBinaryKind = 'prebuilt' | 'built' | 'given';

export interface WorkerDescription {
  readonly index: number;
  readonly pid: number;
  /** Cores that the worker is pinned to, or null where it is not pinned. */
  readonly cores: readonly number[] | null;
  readonly port: number;
}

export interface HostDescription {
  readonly hostname: string;
  readonly kernel: string;
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryBytes: number;
}

/** `?streams=`: none, the next few in rotation (at most 10 stat calls), or all of them. */
export type StreamSelection = 'none' | 'rotate' | 'all';

export interface NodeReadings {
  readonly atMs: number;
  readonly workers: readonly WorkerReading[];
  readonly streams: readonly StreamReading[];
}

export interface WorkerReading {
  readonly index: number;
  readonly pid: number;
  readonly alive: boolean;
  /** When the worker's reply was read. */
  readonly atMs: number;
  /** Cumulative, whole milliseconds (getrusage). Null when the worker did not answer. */
  readonly userCpuMsTotal: number | null;
  readonly systemCpuMsTotal: number | null;
  readonly rssBytes: number | null;
  readonly voluntarySwitchesTotal: number | null;
  readonly involuntarySwitchesTotal: number | null;
  /** How long it waited for its core; absent from nodes of before. */
  readonly runqueueMsTotal?: number | null;
  /** How long the worker took to answer: a probe of its loop lag. */
  readonly loopLagMs: number | null;
  /** CPU time of a fixed piece of work on its core, median since the last reading; null where it is not pinned to one. */
  readonly coreWorkUs?: number | null;
  readonly rooms: number;
  readonly peers: number;
  readonly transports: number;
  readonly producers: number;
  /** Consumers that are not paused, on either side. */
  readonly consumers: number;
  readonly pausedConsumers: number;
}

/** One RTP stream of a producer (received by the SFU) or of a consumer (sent by it). */
export interface StreamReading {
  readonly side: 'producer' | 'consumer';
  /** Producer or consumer id. */
  readonly id: string;
  readonly worker: number;
  readonly room: string;
  /** The peer that owns the producer or consumer. */
  readonly peer: string;
  readonly kind: 'audio' | 'video';
  readonly ssrc: number;
  readonly rid: string | null;
  /** The statistic's own timestamp. */
  readonly atMs: number;
  readonly packetsTotal: number;
  readonly bytesTotal: number;
  readonly lostTotal: number;
  readonly retransmittedTotal: number;
  readonly nacksTotal: number;
  readonly plisTotal: number;
  readonly firsTotal: number;
  readonly bitrateBps: number;
  readonly score: number | null;
  readonly rttMs: number | null;
  readonly jitter: number | null;
}
