/** Every shape of load. One more is one more file, one more member of `Shape`, one more line here. */
import type { BotKind } from '../../bots/bot.ts';
import { createSearch, type Search } from '../../reports/analysis/search/search.ts';
import type { Group } from '../scenario.ts';
import { capacitySearch, searchForecast } from './capacity-search.ts';
import { constantArrivalRate } from './constant-arrival-rate.ts';
import { constantVus, endlessMs } from './constant-vus.ts';
import { type Executor, nothingYet, type Segment } from './executor.ts';
import { perVuIterations } from './per-vu-iterations.ts';
import { rampingArrivalRate } from './ramping-arrival-rate.ts';
import { rampingVus } from './ramping-vus.ts';
import { sharedIterations } from './shared-iterations.ts';
import { staircase } from './staircase.ts';

/** The executor of a group. @param search that a capacity search asks; one of its own when absent */
export function execute(group: Group, search?: Search): Executor {
  const { shape } = group;
  if (shape.executor === 'staircase') return staircase(group, shape);
  if (shape.executor === 'capacity-search')
    return capacitySearch(group, shape, search ?? createSearch(shape.goal));
  if (shape.executor === 'constant-vus') return constantVus(group, shape);
  if (shape.executor === 'ramping-vus') return rampingVus(group, shape);
  if (shape.executor === 'constant-arrival-rate') return constantArrivalRate(group, shape);
  if (shape.executor === 'ramping-arrival-rate') return rampingArrivalRate(group, shape);
  if (shape.executor === 'per-vu-iterations') return perVuIterations(group, shape);
  return sharedIterations(group, shape);
}

/** Its segments if every join succeeds; of a search, those of its way up. */
export function segmentsOf(group: Group): Segment[] {
  const { shape } = group;
  const executor = shape.executor === 'capacity-search' ? searchForecast(group, shape) : execute(group);
  const segments: Segment[] = [];
  for (let next = executor.next(nothingYet); !next.done; ) {
    const segment = next.value;
    segments.push(segment);
    next = executor.next({ ...nothingYet, connected: segment.peers });
  }
  return segments;
}

/** Peers that a group may ever have, and how many of them are made ready before the load begins. */
export interface Crowd {
  readonly most: number;
  readonly ready: number;
}

export function crowdOf(group: Group): Crowd {
  const { shape } = group;
  if ('preAllocatedVus' in shape)
    return { most: shape.maxVus, ready: Math.min(shape.preAllocatedVus, shape.maxVus) };
  const most = Math.max(0, ...segmentsOf(group).map(({ peers }) => peers));
  return { most, ready: most };
}

/** What a group's level counts. */
export function levelUnitOf({ shape }: Pick<Group, 'shape'>): 'peers' | 'rooms' | 'sessions/s' {
  if ('levelUnit' in shape) return shape.levelUnit;
  return shape.executor.endsWith('-arrival-rate') ? 'sessions/s' : 'peers';
}

/** What a join takes on an idle machine: enough for a forecast. */
const usualJoinMs: Readonly<Record<BotKind, number>> = { chrome: 1_000, synthetic: 100 };

/** From the last join until figures are steady: a window of them, and what Chrome needs to reach its size. */
const usualSettlingMs: Readonly<Record<BotKind, number>> = { chrome: 28_000, synthetic: 18_000 };

/** How long a segment will last, about; 0 for one that only lasts until another group ends. */
export function expectedMs(segment: Segment, bot: BotKind): number {
  const { until, sessions, changes } = segment;
  if (until.kind === 'elapsed') return until.ms === endlessMs ? 0 : until.ms;
  if (until.kind === 'decided') return until.ms;
  if (until.kind === 'settled') return Math.min(until.limitMs, usualSettlingMs[bot]);
  if (until.kind === 'idle') return until.limitMs;
  if (until.kind === 'joined') return (changes.at(-1)?.offsetMs ?? 0) + usualJoinMs[bot];
  if (until.kind !== 'ended' || sessions?.kind !== 'quota') return usualJoinMs[bot];
  const { vus, share, iterations, spacingMs, sessionMs } = sessions;
  // Sessions that end by themselves may be over at once.
  const rounds = share === 'each' ? iterations : Math.ceil(iterations / vus);
  return Math.min(until.afterMs, (vus - 1) * spacingMs + rounds * (sessionMs ?? usualJoinMs[bot]));
}
