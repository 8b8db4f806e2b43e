import { longestMs } from '../durations.ts';
import type { Group, Shape } from '../scenario.ts';
import type { Executor } from './executor.ts';
import { gracefulStop, hold, moveTo, settle } from './move.ts';

/** Longer than anything may last, short enough for a timer: the end comes from outside. */
export const endlessMs = longestMs + 1;

export type ConstantVusShape = Extract<Shape, { readonly executor: 'constant-vus' }>;

/**
 * One step. Unlike k6, where the clock starts with the first VU, `duration` is the time that is measured: joins and
 * settling come before it. A group that joins another one is measured with that: it stays until it is ended.
 */
export function* constantVus(group: Group, shape: ConstantVusShape): Executor {
  const to = { step: 0, level: shape.vus, peers: shape.vus };
  yield moveTo(group, 0, to);
  if (group.joins !== null || shape.durationMs === null) {
    yield hold(to, endlessMs, false);
    return;
  }
  yield settle(to, group.settleMs);
  yield hold(to, shape.durationMs);
  yield* gracefulStop(to, shape.gracefulStopMs);
}
