import type { Group, Shape } from '../scenario.ts';
import { linearChanges } from './changes.ts';
import type { Executor } from './executor.ts';
import { gracefulStop, hold, idle, moveTo, settle } from './move.ts';

export type RampingVusShape = Extract<Shape, { readonly executor: 'ramping-vus' }>;

/**
 * k6's stages, one step each; their clock starts when `startVUs` are in. A ramp is not measured: its load has no
 * value. A plateau (its target is where the stage before ended) settles first and is measured for what is left of it.
 */
export function* rampingVus(group: Group, shape: RampingVusShape): Executor {
  let from = shape.startVus;
  let last = { step: 0, level: from, peers: from };
  if (from > 0) yield moveTo(group, 0, last);
  for (const [step, { durationMs, target }] of shape.stages.entries()) {
    const to = { step, level: target, peers: target };
    if (target !== from) {
      const changes = linearChanges(from, target, durationMs, shape.gracefulRampDownMs);
      const until = { kind: 'elapsed', ms: durationMs } as const;
      yield { phase: 'ramp', ...to, changes, until, measure: false, sessions: null };
    } else if (target === 0) {
      yield idle(to, durationMs);
    } else if (durationMs <= group.settleMs) {
      yield settle(to, durationMs);
    } else {
      yield settle(to, group.settleMs);
      yield hold(to, durationMs - group.settleMs);
    }
    from = target;
    last = to;
  }
  yield* gracefulStop(last, shape.gracefulStopMs);
}
