/** The segment that brings a group to the load of a step. */
import type { Group } from '../scenario.ts';
import { spacedChanges } from './changes.ts';
import type { Segment } from './executor.ts';

/** Where a step stands. */
export interface Step {
  readonly step: number;
  /** In the group's level unit. */
  readonly level: number;
  readonly peers: number;
}

/** Going up it ends when every join has succeeded or failed; going down nobody is waited for. */
export function moveTo(group: Group, from: number, to: Step): Segment {
  const changes = spacedChanges(from, to.peers, group.joinRatePerSecond);
  const lastMs = changes.at(-1)?.offsetMs ?? 0;
  return {
    phase: 'join',
    ...to,
    changes,
    until: to.peers > from ? { kind: 'joined' } : { kind: 'elapsed', ms: lastMs },
    measure: false,
  };
}

export function settle(to: Step, ms: number): Segment {
  return { phase: 'settle', ...to, changes: [], until: { kind: 'elapsed', ms }, measure: false };
}

export function hold(to: Step, ms: number, measure = true): Segment {
  return { phase: 'hold', ...to, changes: [], until: { kind: 'elapsed', ms }, measure };
}
