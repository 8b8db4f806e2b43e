/** Every shape of load. One more is one more file, one more member of `Shape`, one more line here. */
import type { BotKind } from '../../bots/bot.ts';
import type { Group } from '../scenario.ts';
import { constantVus, endlessMs } from './constant-vus.ts';
import type { Executor, Segment } from './executor.ts';
import { rampingVus } from './ramping-vus.ts';
import { staircase } from './staircase.ts';

/** The executor of a group. */
export function execute(group: Group): Executor {
  const { shape } = group;
  if (shape.executor === 'staircase') return staircase(group, shape);
  if (shape.executor === 'constant-vus') return constantVus(group, shape);
  return rampingVus(group, shape);
}

/** Its segments if every join succeeds. */
export function segmentsOf(group: Group): Segment[] {
  const executor = execute(group);
  const segments: Segment[] = [];
  for (let next = executor.next(); !next.done; ) {
    const segment = next.value;
    segments.push(segment);
    next = executor.next({ connected: segment.peers, failed: 0 });
  }
  return segments;
}

/** What a join takes on an idle machine: enough for a forecast. */
const usualJoinMs: Readonly<Record<BotKind, number>> = { chrome: 1_000, synthetic: 100 };

/** How long a segment will last, about; 0 for one that only lasts until another group ends. */
export function expectedMs(segment: Segment, bot: BotKind): number {
  if (segment.until.kind === 'elapsed') return segment.until.ms === endlessMs ? 0 : segment.until.ms;
  return (segment.changes.at(-1)?.offsetMs ?? 0) + usualJoinMs[bot];
}
