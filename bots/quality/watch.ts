/** Watches the quality of everything that the bots of a host receive, once each time they have been read. */
import type { BotSpec, MediaKind } from '../bot.ts';
import type { BotStreamReading } from '../readings.ts';
import {
  type ConsumerTerms,
  ConsumerWindow,
  type PlannedSource,
  type SourceReading,
  unjudged,
  windowMs,
} from './consumer-window.ts';
import { type QualityCounts, type WorstWindow, zeroQuality } from './counts.ts';
import { type Cause, causesOf, type QualityLimits } from './violation.ts';

export interface QualitySettings {
  readonly limits: QualityLimits;
  /** What publishers send by the plan, by the scenario's name. */
  readonly sources: Readonly<Record<string, PlannedSource>>;
}

/** A bot as it was read last. */
export interface WatchedBot {
  readonly spec: BotSpec;
  /** By a key of its own each. */
  readonly streams: ReadonlyMap<string, BotStreamReading>;
  /** By consumer. */
  readonly terms: ReadonlyMap<string, ConsumerTerms> | null;
}

/** Counts of a group, and the worst of the interval. */
export interface GroupQuality {
  readonly counts: QualityCounts;
  worst: WorstWindow | null;
}

/** Where the windows of a bot's consumers are counted. */
export type QualityOf = (spec: BotSpec, kind: MediaKind) => GroupQuality;

/** Consumers of a bot that the SFU dropped: their windows are missing until somebody takes it out. */
interface Dropped {
  readonly spec: BotSpec;
  readonly kinds: readonly MediaKind[];
  sinceMs: number;
}

export function emptyQuality(): GroupQuality {
  return { counts: zeroQuality(), worst: null };
}

export class QualityWatch {
  readonly #settings: QualitySettings;
  readonly #windows = new Map<string, Map<string, ConsumerWindow>>();
  readonly #dropped = new Map<string, Dropped>();
  #isOver = false;

  constructor(settings: QualitySettings) {
    this.#settings = settings;
  }

  /** Publishers stop for good: nothing is due any more. */
  end(): void {
    this.#isOver = true;
  }

  /** The bot was never there. */
  forget(bot: string): void {
    this.#windows.delete(bot);
    this.#dropped.delete(bot);
  }

  /** Nothing is due to it any more, if the SFU had dropped it. */
  takeOut(bot: string): void {
    this.#dropped.delete(bot);
  }

  /** The SFU let go of it, with all that it received. */
  drop({ spec, streams, terms }: WatchedBot, nowMs: number): void {
    const kinds = [...streams.values()]
      .filter(({ direction, id }) => direction === 'in' && terms?.get(id)?.dueSinceMs !== null)
      .map(({ kind }) => kind);
    this.#dropped.set(spec.id, { spec, kinds, sinceMs: nowMs });
  }

  judge(bots: Iterable<WatchedBot>, qualityOf: QualityOf, nowMs: number): void {
    if (this.#isOver) return;
    const all = [...bots];
    const sources = sourcesOf(all);
    for (const bot of all) this.#judgeBot(bot, sources, qualityOf, nowMs);
    for (const dropped of this.#dropped.values()) countDropped(dropped, qualityOf, nowMs);
  }

  #judgeBot(
    bot: WatchedBot,
    sources: ReadonlyMap<string, SourceReading>,
    qualityOf: QualityOf,
    nowMs: number,
  ): void {
    const { spec, streams, terms } = bot;
    if (streams.size > 0) this.#dropped.delete(spec.id);
    const before = this.#windows.get(spec.id);
    const windows = new Map<string, ConsumerWindow>();
    for (const [key, reading] of streams) {
      if (reading.direction !== 'in') continue;
      const window = before?.get(key) ?? new ConsumerWindow();
      windows.set(key, window);
      const own = terms?.get(reading.id);
      const source = { reading: sources.get(reading.producer) ?? null, planned: this.#plannedOf(own?.peer) };
      const missed = window.missedTotal;
      const violated = window.take(reading, own, source, this.#settings.limits, nowMs);
      if (violated === unjudged && window.missedTotal === missed) continue;
      const quality = qualityOf(spec, reading.kind);
      quality.counts.missedTotal += window.missedTotal - missed;
      if (violated !== unjudged) count(quality, spec.id, reading.id, causesOf(violated));
    }
    this.#windows.set(spec.id, windows);
  }

  /** A peer is named by its scenario and number, and from its second session on by the session's number, too. */
  #plannedOf(peer: string | undefined): PlannedSource | null {
    if (peer === undefined) return null;
    const { sources } = this.#settings;
    const group = peer.replace(/-\d+$/, '');
    const again = group.replace(/-\d+$/, '');
    const found = [group, again].find((name) => Object.hasOwn(sources, name));
    return found === undefined ? null : (sources[found] ?? null);
  }
}

function count(quality: GroupQuality, bot: string, stream: string, violated: readonly Cause[]): void {
  const { counts } = quality;
  counts.windowsTotal += 1;
  if (violated.length === 0) return;
  counts.violatingTotal += 1;
  for (const cause of violated) counts.causeTotals[cause] += 1;
  if (violated.length > (quality.worst?.causes.length ?? 0))
    quality.worst = { bot, stream, causes: violated };
}

function countDropped(dropped: Dropped, qualityOf: QualityOf, nowMs: number): void {
  while (nowMs - dropped.sinceMs >= windowMs) {
    dropped.sinceMs += windowMs;
    for (const kind of dropped.kinds) count(qualityOf(dropped.spec, kind), dropped.spec.id, '', ['silence']);
  }
}

/** What each publisher among them has sent; layers of simulcast are streams of one producer, named in their order. */
function sourcesOf(bots: readonly WatchedBot[]): Map<string, SourceReading> {
  const layers = new Map<string, BotStreamReading[]>();
  for (const { streams } of bots) {
    for (const reading of streams.values()) {
      if (reading.direction !== 'out') continue;
      const known = layers.get(reading.id);
      if (known === undefined) layers.set(reading.id, [reading]);
      else known.push(reading);
    }
  }
  return new Map([...layers].map(([id, readings]) => [id, sourceOf(readings)]));
}

function sourceOf(readings: BotStreamReading[]): SourceReading {
  if (readings.length > 1) readings.sort((a, b) => (a.rid ?? '').localeCompare(b.rid ?? ''));
  const frames = readings.flatMap(({ counters }) => counters.framesEncodedTotal ?? []);
  return {
    atMs: readings[0]?.atMs ?? 0,
    packetsTotal: readings.reduce((sum, { counters }) => sum + (counters.sentPacketsTotal ?? 0), 0),
    framesTotal: frames.length === 0 ? null : Math.max(...frames),
    bytesTotals: readings.map(({ counters }) => counters.sentBytesTotal ?? 0),
  };
}
