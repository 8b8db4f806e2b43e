/**
 * The windows of one consumer, one after the other, from the readings that a bot takes each second: the difference of
 * the readings at both ends. It keeps two readings, and nothing per packet.
 */
import type { MediaKind } from '../bot.ts';
import type { BotStreamReading, StreamCounters } from '../readings.ts';
import { type QualityLimits, violationsOf, type WindowFigures } from './violation.ts';

export const windowMs = 2_000;
/** Readings are taken each second, and a little sooner or later than that. */
const slackMs = 150;

/** What a publisher has sent of a stream, as of a reading. */
export interface SourceReading {
  readonly atMs: number;
  readonly packetsTotal: number;
  readonly framesTotal: number | null;
  /** By layer, the smallest first. */
  readonly bytesTotals: readonly number[];
}

/** What the plan says of a publisher whose readings are not here. */
export interface PlannedSource {
  readonly fps: number | null;
  /** Sends all the time, by kind: not where opus is discontinuous. */
  readonly isSteady: Readonly<Record<MediaKind, boolean>>;
}

/** What is due to a consumer, by its session. */
export interface ConsumerTerms {
  /** The peer that publishes it. */
  readonly peer: string;
  /** Null while its publisher is mute, or the bot itself paused it. */
  readonly dueSinceMs: number | null;
  /** The layers that the bot asked for; null: the best ones. */
  readonly spatial: number | null;
  readonly temporal: number | null;
}

export interface Source {
  /** Null: it is not a bot of this process. */
  readonly reading: SourceReading | null;
  /** Null: it is none of the run's bots, and nothing is known of it. */
  readonly planned: PlannedSource | null;
}

interface Edge {
  readonly reading: BotStreamReading;
  readonly source: SourceReading | null;
}

/** What became of a look at a consumer: a mask of causes, or that nothing was judged. */
export const unjudged = -1;

export class ConsumerWindow {
  /** Windows that passed without a reading. */
  missedTotal = 0;
  #opening: Edge | null = null;
  /** The start of a stream waits for a key frame: only silence is judged. */
  #isFirst = true;
  #answeredMs = Number.NEGATIVE_INFINITY;
  #missingSinceMs = Number.NaN;

  /** Takes the latest reading there is; returns the causes by which a window that ends with it violates. */
  take(
    reading: BotStreamReading,
    terms: ConsumerTerms | undefined,
    source: Source,
    limits: QualityLimits,
    nowMs: number,
  ): number {
    if (terms?.dueSinceMs === null) {
      this.#restart();
      return unjudged;
    }
    if (this.#isUnanswered(reading, nowMs)) return unjudged;
    // Paused and gone on since.
    if (this.#opening !== null && (terms?.dueSinceMs ?? 0) > this.#opening.reading.atMs) this.#restart();
    const opening = this.#opening;
    const here = { reading, source: source.reading };
    if (opening === null) {
      this.#opening = here;
      return unjudged;
    }
    const elapsedMs = reading.atMs - opening.reading.atMs;
    if (elapsedMs < windowMs - slackMs) return unjudged;
    this.missedTotal += Math.max(0, Math.floor((elapsedMs + slackMs) / windowMs) - 1);
    this.#opening = here;
    return this.#judge(opening, here, terms, source.planned, limits);
  }

  #restart(): void {
    this.#opening = null;
    this.#isFirst = true;
    this.#missingSinceMs = Number.NaN;
  }

  /** Counts what passes while the bot does not answer; the next answer opens a window. */
  #isUnanswered(reading: BotStreamReading, nowMs: number): boolean {
    if (reading.atMs > this.#answeredMs) {
      this.#answeredMs = reading.atMs;
      this.#missingSinceMs = Number.NaN;
      return false;
    }
    if (Number.isNaN(this.#missingSinceMs)) this.#missingSinceMs = this.#answeredMs;
    while (nowMs - this.#missingSinceMs >= windowMs + slackMs) {
      this.#missingSinceMs += windowMs;
      this.missedTotal += 1;
      this.#opening = null;
    }
    return true;
  }

  #judge(
    opening: Edge,
    closing: Edge,
    terms: ConsumerTerms | undefined,
    planned: PlannedSource | null,
    limits: QualityLimits,
  ): number {
    const isFirst = this.#isFirst;
    const window = figuresOf(opening, closing, terms, planned);
    if (window.receivedPackets <= 0 && !wasSent(opening, closing, planned)) return unjudged;
    this.#isFirst = false;
    if (isFirst && window.receivedPackets > 0) return unjudged;
    return violationsOf(window, limits);
  }
}

function grown(opening: Edge, closing: Edge, name: keyof StreamCounters): number {
  return (closing.reading.counters[name] ?? 0) - (opening.reading.counters[name] ?? 0);
}

function grownPair(
  before: readonly [number, number] | undefined,
  after: readonly [number, number] | undefined,
): readonly [number, number] {
  return after === undefined ? [0, 0] : [after[0] - (before?.[0] ?? 0), after[1] - (before?.[1] ?? 0)];
}

/** Whether the publisher sent anything meanwhile, where nothing came. */
function wasSent(
  { source: before }: Edge,
  { source: after, reading }: Edge,
  planned: PlannedSource | null,
): boolean {
  if (before !== null && after !== null) return after.packetsTotal > before.packetsTotal;
  return before === null && after === null && planned !== null && planned.isSteady[reading.kind];
}

function figuresOf(
  opening: Edge,
  closing: Edge,
  terms: ConsumerTerms | undefined,
  planned: PlannedSource | null,
): WindowFigures {
  const [timedPackets, latePackets] = grownPair(opening.reading.timed, closing.reading.timed);
  const [bufferedMs, emitted] = grownPair(opening.reading.buffered, closing.reading.buffered);
  const isVideo = closing.reading.kind === 'video';
  return {
    seconds: (closing.reading.atMs - opening.reading.atMs) / 1000,
    receivedPackets: grown(opening, closing, 'receivedPacketsTotal'),
    missingPackets: Math.max(
      0,
      grown(opening, closing, 'lostPacketsTotal') - grown(opening, closing, 'recoveredPacketsTotal'),
    ),
    frames: isVideo ? grown(opening, closing, 'framesDecodedTotal') : null,
    sourceFps: isVideo && (terms?.temporal ?? null) === null ? sourceFps(opening, closing, planned) : null,
    freezes: grown(opening, closing, 'freezesTotal'),
    freezeMs: grown(opening, closing, 'freezeMsTotal'),
    timedPackets,
    latePackets,
    jitterBufferMs: emitted > 0 && bufferedMs >= 0 ? bufferedMs / emitted : null,
    bytes: grown(opening, closing, 'receivedBytesTotal'),
    targetBytes: targetBytes(opening, closing, terms, planned),
  };
}

function sourceFps(
  { source: before }: Edge,
  { source: after }: Edge,
  planned: PlannedSource | null,
): number | null {
  if (before === null && after === null) return planned?.fps ?? null;
  const [first, last] = [before?.framesTotal ?? null, after?.framesTotal ?? null];
  const ms = (after?.atMs ?? 0) - (before?.atMs ?? 0);
  return first === null || last === null || ms < windowMs / 2 ? null : ((last - first) * 1000) / ms;
}

/**
 * What the layer came to that the consumer is to have: the one it asked for, or the best that was sent. Publisher and
 * consumer are read up to a second apart: of speech with pauses, that is another talk spurt.
 */
function targetBytes(
  { source: before, reading: opening }: Edge,
  { source: after, reading: closing }: Edge,
  terms: ConsumerTerms | undefined,
  planned: PlannedSource | null,
): number | null {
  if (before === null || after === null || after.atMs - before.atMs < windowMs / 2) return null;
  if (planned?.isSteady[closing.kind] === false) return null;
  const sent = after.bytesTotals.map((bytes, layer) => bytes - (before.bytesTotals[layer] ?? bytes));
  const best = sent.findLastIndex((bytes) => bytes > 0);
  const asked = terms?.spatial ?? null;
  // Temporal layers, and spatial ones that share a stream (SVC), are parts that no publisher counts apart.
  if (best < 0 || (terms?.temporal ?? null) !== null || (asked !== null && sent.length === 1)) return null;
  const bytes = sent[asked === null ? best : Math.min(asked, best)] ?? 0;
  return (bytes * (closing.atMs - opening.atMs)) / (after.atMs - before.atMs);
}
