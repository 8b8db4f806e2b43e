/**
 * What bots read about themselves. A host sums and merges per group (scenario × kind of bot × kind of media), so
 * that the size of a reading does not grow with the number of bots. Counters are cumulative over the run and
 * include bots that are gone; missing is null, never 0.
 */
import type { BotKind, MediaKind } from './bot.ts';
import type { LedgerReading } from './engine/receive/identity.ts';
import type { QualityCounts, WorstWindow } from './quality/counts.ts';

/** Cumulative counters of a group; all of them are sums over streams. */
export interface StreamCounters {
  /** RTP packets handed to the network by this group's publishers, retransmissions included. */
  sentPacketsTotal: number;
  sentBytesTotal: number;
  /** RTP packets received; lost ones by gaps in the sequence numbers (RFC 3550 §6.4.1: may fall again). */
  receivedPacketsTotal: number;
  receivedBytesTotal: number;
  lostPacketsTotal: number;
  /**
   * Synthetic bots only. Came twice; came after a later one; came after the window, and stay lost; were brought by RTX,
   * which Chrome knows, too.
   */
  duplicatePacketsTotal: number;
  reorderedPacketsTotal: number;
  latePacketsTotal: number;
  recoveredPacketsTotal: number;
  /** Bandwidth probes of the SFU: no media, and not among the received. Counted in the bot's video, if it has any. */
  paddingPacketsTotal: number;
  /** Datagrams that were no packet or failed their authentication. Counted where padding is. */
  refusedPacketsTotal: number;
  /** Opened packets of another publisher than their stream's, or the same one again, or backwards. */
  foreignMarksTotal: number;
  /** NACK and PLI messages that our receivers sent, and that our publishers were sent. */
  nacksSentTotal: number;
  plisSentTotal: number;
  nacksReceivedTotal: number;
  plisReceivedTotal: number;
  /** Video. */
  framesEncodedTotal: number;
  framesReceivedTotal: number;
  framesDecodedTotal: number;
  framesDroppedTotal: number;
  /** Freezes as W3C webrtc-stats defines them, and their duration. */
  freezesTotal: number;
  freezeMsTotal: number;
  /** Audio: samples played, and those of them that were concealed. */
  audioSamplesTotal: number;
  concealedSamplesTotal: number;
}

export const counterNames = [
  'sentPacketsTotal',
  'sentBytesTotal',
  'receivedPacketsTotal',
  'receivedBytesTotal',
  'lostPacketsTotal',
  'duplicatePacketsTotal',
  'reorderedPacketsTotal',
  'latePacketsTotal',
  'recoveredPacketsTotal',
  'paddingPacketsTotal',
  'refusedPacketsTotal',
  'foreignMarksTotal',
  'nacksSentTotal',
  'plisSentTotal',
  'nacksReceivedTotal',
  'plisReceivedTotal',
  'framesEncodedTotal',
  'framesReceivedTotal',
  'framesDecodedTotal',
  'framesDroppedTotal',
  'freezesTotal',
  'freezeMsTotal',
  'audioSamplesTotal',
  'concealedSamplesTotal',
] as const satisfies readonly (keyof StreamCounters)[];

/** Per-stream values of one interval, merged into a histogram. */
export const trendNames = [
  'fps',
  'jitterMs',
  'rttMs',
  'jitterBufferMs',
  'availableBitrateBps',
  'oneWayMs',
] as const;
export type TrendName = (typeof trendNames)[number];

/** Values of many streams that were counted where they arose; whoever drains it takes them. */
export interface CountedValues {
  drain(take: (value: number, count: number) => void): void;
}

/** HdrHistogram V2, deflated, base64. Values were multiplied by `scale` before they were recorded. */
export interface EncodedHistogram {
  readonly scale: number;
  readonly hdr: string;
}

export interface GroupReading {
  readonly group: string;
  readonly bot: BotKind;
  readonly kind: MediaKind;
  /** When it was read: this machine's CLOCK_MONOTONIC, milliseconds. */
  readonly atMs: number;
  /** Bots of the group that are in their room now. */
  readonly peers: number;
  /** Those of them that did not answer in time: their counters are those of the last time they did. */
  readonly unread: number;
  /** Streams sent and received now, of this kind of media. */
  readonly sending: number;
  readonly receiving: number;
  /** Publishers whose encoder says that the CPU holds it back (`qualityLimitationReason: cpu`). */
  readonly cpuLimited: number;
  readonly counters: Readonly<StreamCounters>;
  /** A trend without a value in this interval is missing. */
  readonly trends: Readonly<Partial<Record<TrendName, EncodedHistogram>>>;
  /** Windows of its consumers, and the worst of them since the last reading. */
  readonly quality: Readonly<QualityCounts>;
  readonly worst: WorstWindow | null;
}

/** One stream of one bot, as the bot itself sees it. Totals since the stream began. */
export interface BotStreamReading {
  readonly bot: string;
  readonly direction: 'in' | 'out';
  readonly kind: MediaKind;
  /** Consumer id (in) or producer id (out) on the target. */
  readonly id: string;
  /** In: the producer whose media this is, as the target named it; out: the same as `id`. */
  readonly producer: string;
  readonly ssrc: number;
  readonly rid: string | null;
  readonly atMs: number;
  /** Frame size in pixels, null where there is no frame yet or for audio. */
  readonly width: number | null;
  readonly height: number | null;
  readonly counters: Readonly<Partial<StreamCounters>>;
  readonly trends: Readonly<Partial<Record<TrendName, number>>>;
  readonly qualityLimitation: string | null;
  /** In, where every packet is opened and has a mark: which of its publisher's packets came; otherwise absent. */
  readonly marks?: readonly LedgerReading[];
  /** In: packets whose way from the publisher was timed, and those of them that took longer than the limit. */
  readonly timed?: readonly [packets: number, late: number];
  /** In: milliseconds in the jitter buffer, summed over all that left it, and their number. */
  readonly buffered?: readonly [ms: number, emitted: number];
  /** In: how long the bot itself had it paused, milliseconds since it began; absent where it never paused anything. */
  readonly pausedMs?: number;
}
