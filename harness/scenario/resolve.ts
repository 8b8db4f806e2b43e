/** From options that were found good to groups, with no optional field left. */
import type { BotKind, Consume, MediaKind } from '../../bots/bot.ts';
import { durationMs } from '../durations.ts';
import type {
  ConsumeOptions,
  Duration,
  ExpandedEntry,
  ExpandedOptions,
  Stage,
  SyntheticOptions,
} from '../options.ts';
import type { Group, Rooms, Shape, Synthetic } from '../scenario.ts';
import { resolveMedia } from './media.ts';
import { resolveNetwork } from './network.ts';
import { searchAsked, searchShape } from './search.ts';

/** Chrome's encoder and bandwidth estimation need 12–15 s to reach the size that was asked for. */
export const defaultSettleMs: Readonly<Record<BotKind, number>> = { chrome: 12_000, synthetic: 5_000 };
/** A step that has not settled until then is measured all the same. */
const settlingLimitMs = 60_000;
const defaultJoinRate: Readonly<Record<BotKind, number>> = { chrome: 2, synthetic: 50 };
const defaultJoinTimeoutMs = 10_000;
/** As k6 has them. */
const defaultGracefulStopMs = 30_000;
const defaultMaxDurationMs = 600_000;
const bothKinds: readonly MediaKind[] = ['audio', 'video'];

/** @param hasDefault whether the file exports a default function */
export function resolveGroups(options: ExpandedOptions, baseDir: string, hasDefault: boolean): Group[] {
  return Object.entries(options.scenarios).map(([name, entry]) => {
    const bot = entry.bot ?? 'chrome';
    const media = resolveMedia(options.media, entry.media, baseDir);
    const sent = bothKinds.filter((kind) => media[kind] !== null);
    return {
      name,
      bot,
      shape: shapeOf(entry),
      startMs: entry.startTime === undefined ? 0 : ms(entry.startTime),
      rooms: roomsOf(entry, sent, options),
      consume: consumeOf(entry.consume ?? 'all'),
      decode: entry.decode ?? 'receive',
      media,
      network: resolveNetwork(entry, options),
      joinRatePerSecond: entry.joinRate ?? defaultJoinRate[bot],
      joinTimeoutMs: entry.joinTimeout === undefined ? defaultJoinTimeoutMs : ms(entry.joinTimeout),
      ...settlingOf(entry, bot),
      joins: entry.joins ?? null,
      exec: entry.exec ?? (hasDefault ? 'default' : null),
      env: sorted(entry.env ?? {}),
      tags: sorted(entry.tags ?? {}),
    };
  });
}

export function resolveSynthetic(options: SyntheticOptions = {}): Synthetic {
  const {
    verify = 'sampled',
    wake = 'batch',
    feedback = 'chrome',
    payload = 'cassette',
    keyFrameInterval,
  } = options;
  const keyFrameIntervalMs = keyFrameInterval === undefined ? null : ms(keyFrameInterval);
  return { verify, wake, feedback, payload, keyFrameIntervalMs };
}

function ms(duration: Duration): number {
  return durationMs(duration) ?? 0;
}

type Settling = Pick<Group, 'settles' | 'settleMs' | 'settleAsked'>;

/** As soon as the load is steady. */
export const steadySettling: Settling = { settles: true, settleMs: settlingLimitMs, settleAsked: false };

/** Steps of a staircase and of a search are measured as soon as they have settled, unless a time is given. */
function settlingOf({ executor, settle }: ExpandedEntry, bot: BotKind): Settling {
  if (settle !== undefined) return { settles: false, settleMs: ms(settle), settleAsked: true };
  if (executor === 'staircase' || executor === 'capacity-search') return steadySettling;
  return { settles: false, settleMs: defaultSettleMs[bot], settleAsked: false };
}

function shapeOf(entry: ExpandedEntry): Shape {
  if (entry.executor === 'staircase') {
    const { executor, levels, levelUnit = 'peers', hold } = entry;
    return { executor, levels: [...levels], levelUnit, holdMs: ms(hold) };
  }
  if (entry.executor === 'capacity-search') return searchShape(searchAsked(entry), entry.rooms.size);
  if (entry.executor === 'constant-vus') {
    const { executor, vus = 1, duration, gracefulStop = 0 } = entry;
    const durationMs = duration === undefined ? null : ms(duration);
    return { executor, vus, durationMs, gracefulStopMs: ms(gracefulStop) };
  }
  if (entry.executor !== 'ramping-vus') return sessionShapeOf(entry);
  const { executor, startVUs = 1, stages, gracefulRampDown = 0 } = entry;
  // Where the last stage leaves nobody, those on their way out have their time: k6's 30 s would give it to them.
  const { gracefulStop = stages.at(-1)?.target === 0 ? gracefulRampDown : 0 } = entry;
  const graces = { gracefulRampDownMs: ms(gracefulRampDown), gracefulStopMs: ms(gracefulStop) };
  return { executor, startVus: startVUs, stages: stages.map(stageOf), ...graces };
}

type SessionEntry = Extract<ExpandedEntry, { sessionDuration?: Duration }>;

function sessionShapeOf(entry: SessionEntry): Shape {
  const { sessionDuration, gracefulStop = defaultGracefulStopMs } = entry;
  const sessionMs = sessionDuration === undefined ? null : ms(sessionDuration);
  const shared = { sessionMs, gracefulStopMs: ms(gracefulStop) };
  if ('preAllocatedVUs' in entry) {
    const { preAllocatedVUs, maxVUs = preAllocatedVUs, timeUnit = 1_000 } = entry;
    const arrivals = {
      ...shared,
      timeUnitMs: ms(timeUnit),
      preAllocatedVus: preAllocatedVUs,
      maxVus: maxVUs,
    };
    if (entry.executor === 'constant-arrival-rate') {
      const { executor, rate, duration } = entry;
      return { executor, rate, durationMs: ms(duration), ...arrivals };
    }
    const { executor, startRate = 0, stages } = entry;
    return { executor, startRate, stages: stages.map(stageOf), ...arrivals };
  }
  const { executor, vus = 1, iterations = 1, maxDuration = defaultMaxDurationMs } = entry;
  return { executor, vus, iterations, maxDurationMs: ms(maxDuration), ...shared };
}

function stageOf({ duration, target }: Stage): { durationMs: number; target: number } {
  return { durationMs: ms(duration), target };
}

function roomsOf(entry: ExpandedEntry, sent: readonly MediaKind[], options: ExpandedOptions): Rooms {
  const { joins } = entry;
  const kinds = sent.filter((kind) => entry.rooms?.kinds?.includes(kind) ?? true);
  if (joins === undefined) {
    const { size, publishers = 'all' } = entry.rooms;
    return { size, publishers: publishers === 'all' ? size : publishers, kinds };
  }
  const { publishers = 0 } = entry.rooms ?? {};
  const size = options.scenarios[joins]?.rooms;
  return {
    size: size !== undefined && 'size' in size ? size.size : 1,
    publishers: publishers === 'all' ? (entry.vus ?? 1) : publishers,
    kinds,
  };
}

function consumeOf(consume: ConsumeOptions): Consume {
  if (consume === 'all') return { kinds: bothKinds, max: null };
  if (consume === 'none') return { kinds: [], max: null };
  const { kinds, max } = consume;
  return { kinds: bothKinds.filter((kind) => kinds?.includes(kind) ?? true), max: max ?? null };
}

/** In one order whatever the order in the file, for the content hash. */
export function sorted(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
