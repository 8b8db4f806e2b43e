/** Every shape of load. One more is one more file, one more member of `Shape`, one more line here. */
import type { BotKind } from '../../bots/bot.ts';
import type { Group, Shape } from '../scenario.ts';
import { constantArrivalRate } from './constant-arrival-rate.ts';
import { constantVus, endlessMs } from './constant-vus.ts';
import { type Executor, nothingYet, type Segment } from './executor.ts';
import { perVuIterations } from './per-vu-iterations.ts';
import { rampingArrivalRate } from './ramping-arrival-rate.ts';
import { rampingVus } from './ramping-vus.ts';
import { sharedIterations } from './shared-iterations.ts';
import { staircase } from './staircase.ts';

/** The executor of a group. */
export function execute(group: Group): Executor {
  const { shape } = group;
  if (shape.executor === 'staircase') return staircase(group, shape);
  if (shape.executor === 'constant-vus') return constantVus(group, shape);
  if (shape.executor === 'ramping-vus') return rampingVus(group, shape);
  if (shape.executor === 'constant-arrival-rate') return constantArrivalRate(group, shape);
  if (shape.executor === 'ramping-arrival-rate') return rampingArrivalRate(group, shape);
  if (shape.executor === 'per-vu-iterations') return perVuIterations(group, shape);
  return sharedIterations(group, shape);
}

/** Its segments if every join succeeds. */
export function segmentsOf(group: Group): Segment[] {
  const executor = execute(group);
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

/** Whether a group is a number of sessions, each of which ends: who is there changes all the time, on purpose. */
export function hasSessions({ executor }: Pick<Shape, 'executor'>): boolean {
  return executor.endsWith('-arrival-rate') || executor.endsWith('-iterations');
}

/** What a group's level counts. */
export function levelUnitOf({ shape }: Pick<Group, 'shape'>): 'peers' | 'rooms' | 'sessions/s' {
  if (shape.executor === 'staircase') return shape.levelUnit;
  return shape.executor.endsWith('-arrival-rate') ? 'sessions/s' : 'peers';
}

/** What a join takes on an idle machine: enough for a forecast. */
const usualJoinMs: Readonly<Record<BotKind, number>> = { chrome: 1_000, synthetic: 100 };

/** How long a segment will last, about; 0 for one that only lasts until another group ends. */
export function expectedMs(segment: Segment, bot: BotKind): number {
  const { until, sessions, changes } = segment;
  if (until.kind === 'elapsed') return until.ms === endlessMs ? 0 : until.ms;
  if (until.kind === 'joined') return (changes.at(-1)?.offsetMs ?? 0) + usualJoinMs[bot];
  if (sessions?.kind !== 'quota') return usualJoinMs[bot];
  const { vus, share, iterations, spacingMs, sessionMs } = sessions;
  // Sessions that end by themselves may be over at once.
  const rounds = share === 'each' ? iterations : Math.ceil(iterations / vus);
  return Math.min(until.afterMs, (vus - 1) * spacingMs + rounds * (sessionMs ?? usualJoinMs[bot]));
}
