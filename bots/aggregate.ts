/**
 * From streams to groups (scenario × kind of bot × kind of media). Counters are sums over every stream that there ever
 * was: the last reading of a stream that is gone stays in its group. Pure bookkeeping: no clock, no I/O.
 */
import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { BotKind, BotSpec, MediaKind } from './bot.ts';
import type { EndpointReading } from './endpoint.ts';
import { emptyQuality, type GroupQuality, type QualitySettings, QualityWatch } from './quality/watch.ts';
import {
  type BotStreamReading,
  type CountedValues,
  counterNames,
  type EncodedHistogram,
  type GroupReading,
  type StreamCounters,
  type TrendName,
  trendNames,
} from './readings.ts';

/** Histograms hold whole numbers: thousandths of a unit. */
const histogramScale = 1000;

/** Where a trend is taken: what a receiver gets is not mixed with what a sender has. */
const trendDirection: Readonly<Record<TrendName, 'in' | 'out' | 'both'>> = {
  fps: 'in',
  jitterMs: 'in',
  jitterBufferMs: 'in',
  rttMs: 'both',
  availableBitrateBps: 'out',
  oneWayMs: 'in',
};

interface Group {
  readonly group: string;
  readonly bot: BotKind;
  readonly kind: MediaKind;
  /** Of streams that are gone. */
  readonly past: StreamCounters;
  readonly trends: Map<TrendName, Histogram>;
  readonly quality: GroupQuality;
}

interface TalliedBot {
  readonly spec: BotSpec;
  readonly streams: Map<string, BotStreamReading>;
  /** Of its session, and of no stream. */
  session: Readonly<Partial<StreamCounters>>;
  /** What is due to its consumers. */
  terms: NonNullable<EndpointReading['terms']> | null;
  present: boolean;
  unread: boolean;
  silent: boolean;
}

/** The state of a host's aggregation. Its fields are this file's own. */
export interface Tally {
  readonly groups: Map<string, Group>;
  readonly bots: Map<string, TalliedBot>;
  readonly watch: QualityWatch;
}

export function createTally(quality: QualitySettings): Tally {
  return { groups: new Map(), bots: new Map(), watch: new QualityWatch(quality) };
}

function zeroCounters(): StreamCounters {
  return Object.fromEntries(counterNames.map((name) => [name, 0])) as unknown as StreamCounters;
}

function addCounters(sum: StreamCounters, part: Readonly<Partial<StreamCounters>>): void {
  for (const name of counterNames) sum[name] += part[name] ?? 0;
}

function groupOf(tally: Tally, { group, kind: bot }: BotSpec, kind: MediaKind): Group {
  const key = JSON.stringify([group, bot, kind]);
  const known = tally.groups.get(key);
  if (known !== undefined) return known;
  const created: Group = {
    group,
    bot,
    kind,
    past: zeroCounters(),
    trends: new Map(),
    quality: emptyQuality(),
  };
  tally.groups.set(key, created);
  return created;
}

/** The kinds that a bot has a row for, although nothing of it may flow yet; one at least, for the peers in it. */
function kindsOf({ publish, consume }: BotSpec): readonly MediaKind[] {
  const kinds = (['audio', 'video'] as const).filter(
    (kind) => publish[kind] !== null || consume.kinds.includes(kind),
  );
  return kinds.length === 0 ? ['audio'] : kinds;
}

/** Where a bot's session counts what belongs to no stream: where the probes of the bandwidth are for, too. */
function mainKind(spec: BotSpec): MediaKind {
  return kindsOf(spec).includes('video') ? 'video' : 'audio';
}

/** Takes a bot in. A bot of the same id that was there before must have been removed. */
export function addBot(tally: Tally, spec: BotSpec): void {
  for (const kind of kindsOf(spec)) groupOf(tally, spec, kind);
  tally.watch.forget(spec.id);
  tally.bots.set(spec.id, {
    spec,
    streams: new Map(),
    session: {},
    terms: null,
    present: false,
    unread: false,
    silent: false,
  });
}

/** `present`: in its room. `unread`: did not answer the last time. `silent`: publishes no more. */
export function mark(
  tally: Tally,
  id: string,
  marks: Partial<Pick<TalliedBot, 'present' | 'unread' | 'silent'>>,
): void {
  const bot = tally.bots.get(id);
  if (bot !== undefined) Object.assign(bot, marks);
}

function keyOf({ direction, id, ssrc }: BotStreamReading): string {
  return `${direction}:${id}:${ssrc}`;
}

/**
 * All streams that a bot has now, and the last readings of those that closed. A stream that it had before and has no
 * more is gone: what it counted stays in the sums.
 */
export function observe(tally: Tally, id: string, reading: EndpointReading): void {
  const bot = tally.bots.get(id);
  if (bot === undefined) return;
  const { streams, closed, session = {}, oneWayMs, terms = null } = reading;
  bot.session = session;
  bot.terms = terms;
  if (oneWayMs !== undefined) {
    for (const kind of kindsOf(bot.spec))
      drainTrend(groupOf(tally, bot.spec, kind), 'oneWayMs', oneWayMs[kind]);
  }
  const before = new Map(bot.streams);
  bot.streams.clear();
  for (const stream of streams) {
    before.delete(keyOf(stream));
    bot.streams.set(keyOf(stream), stream);
    recordTrends(groupOf(tally, bot.spec, stream.kind), stream);
  }
  for (const stream of closed) before.set(keyOf(stream), stream);
  for (const gone of before.values()) addCounters(groupOf(tally, bot.spec, gone.kind).past, gone.counters);
}

/** The SFU let go of a bot: what it received is missing from now on, until it is taken out or begins anew. */
export function drop(tally: Tally, id: string, atMs: number): void {
  const bot = tally.bots.get(id);
  if (bot !== undefined) tally.watch.drop(bot, atMs);
}

/** The bot's session is over: what it counted stays. */
export function endSession(tally: Tally, id: string): void {
  const bot = tally.bots.get(id);
  if (bot !== undefined) addCounters(groupOf(tally, bot.spec, mainKind(bot.spec)).past, bot.session);
  observe(tally, id, { streams: [], closed: [] });
  mark(tally, id, { present: false, unread: false, silent: false });
}

export function removeBot(tally: Tally, id: string): void {
  endSession(tally, id);
  tally.bots.delete(id);
}

function recordTrends({ trends }: Group, reading: BotStreamReading): void {
  for (const name of trendNames) {
    const value = reading.trends[name];
    const direction = trendDirection[name];
    if (value === undefined || !(value >= 0)) continue;
    if (direction !== 'both' && direction !== reading.direction) continue;
    histogramOf(trends, name).recordValue(Math.round(value * histogramScale));
  }
}

function drainTrend({ trends }: Group, name: TrendName, values: CountedValues): void {
  values.drain((value, count) => {
    histogramOf(trends, name).recordValueWithCount(Math.round(value * histogramScale), count);
  });
}

function histogramOf(trends: Group['trends'], name: TrendName): Histogram {
  const known = trends.get(name);
  if (known !== undefined) return known;
  const histogram = build({ numberOfSignificantValueDigits: 3, autoResize: true, useWebAssembly: false });
  trends.set(name, histogram);
  return histogram;
}

/** The interval's histograms, encoded and begun anew. */
function takeTrends(trends: Map<TrendName, Histogram>): Partial<Record<TrendName, EncodedHistogram>> {
  const taken: Partial<Record<TrendName, EncodedHistogram>> = {};
  for (const [name, histogram] of trends) {
    if (histogram.totalCount === 0) continue;
    taken[name] = { scale: histogramScale, hdr: encodeIntoCompressedBase64(histogram) };
    histogram.reset();
  }
  return taken;
}

/** The counts so far, and the interval's worst window. */
function takeQuality(quality: GroupQuality): Pick<GroupReading, 'quality' | 'worst'> {
  const { counts, worst } = quality;
  quality.worst = null;
  return { quality: { ...counts, causeTotals: { ...counts.causeTotals } }, worst };
}

/** One row per group, for the interval since the last call. */
export function takeReadings(tally: Tally, atMs: number): GroupReading[] {
  tally.watch.judge(tally.bots.values(), (spec, kind) => groupOf(tally, spec, kind).quality, atMs);
  return [...tally.groups.values()].map((group) => {
    const counters = { ...group.past };
    const seen = { sending: 0, receiving: 0, cpuLimited: 0, peers: 0, unread: 0 };
    for (const bot of tally.bots.values()) {
      if (bot.spec.group !== group.group || bot.spec.kind !== group.bot) continue;
      if (bot.present) {
        seen.peers += 1;
        if (bot.unread) seen.unread += 1;
      }
      if (mainKind(bot.spec) === group.kind) addCounters(counters, bot.session);
      const streams = [...bot.streams.values()].filter(({ kind }) => kind === group.kind);
      for (const stream of streams) addCounters(counters, stream.counters);
      const sent = streams.filter(({ direction }) => direction === 'out');
      const received = streams.filter(({ direction }) => direction === 'in');
      // Simulcast layers are one stream.
      if (!bot.silent) seen.sending += new Set(sent.map(({ id }) => id)).size;
      seen.receiving += new Set(received.map(({ id }) => id)).size;
      if (sent.some(({ qualityLimitation }) => qualityLimitation === 'cpu')) seen.cpuLimited += 1;
    }
    const { group: name, bot, kind, trends } = group;
    const quality = takeQuality(group.quality);
    return { group: name, bot, kind, atMs, ...seen, counters, trends: takeTrends(trends), ...quality };
  });
}
