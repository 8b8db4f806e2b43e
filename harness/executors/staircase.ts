import type { Group, Shape } from '../scenario.ts';
import type { Executor } from './executor.ts';
import { hold, moveTo, settling } from './move.ts';

export type StaircaseShape = Extract<Shape, { readonly executor: 'staircase' }>;

/** Each level in turn: peers come at the join rate (or go, last in first out), the load settles, then it is measured. */
export function* staircase(group: Group, shape: StaircaseShape): Executor {
  let from = 0;
  for (const [step, level] of shape.levels.entries()) {
    const peers = shape.levelUnit === 'rooms' ? level * group.rooms.size : level;
    const to = { step, level, peers };
    yield moveTo(group, from, to);
    yield settling(group, to);
    yield hold(to, shape.holdMs);
    from = peers;
  }
}
