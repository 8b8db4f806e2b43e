/** The segment that brings a group to the load of a step. */
import type { Group } from '../scenario.ts';
import { linearChanges, spacedChanges } from './changes.ts';
import type { Executor, Segment } from './executor.ts';

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
    sessions: null,
  };
}

export function settle(to: Step, ms: number): Segment {
  return { ...still(to, ms), phase: 'settle' };
}

/** Before a step is measured: as long as the scenario says, or until its figures are steady. */
export function settling({ settles, settleMs }: Group, to: Step): Segment {
  const segment = settle(to, settleMs);
  return settles ? { ...segment, until: { kind: 'settled', limitMs: settleMs } } : segment;
}

export function hold(to: Step, ms: number, measure = true): Segment {
  return { ...still(to, ms), phase: 'hold', measure };
}

/** Measured while sessions come by a clock of their own. */
export function holdStrictly(to: Step, ms: number): Segment {
  return { ...hold(to, ms), until: { kind: 'elapsed', ms, strict: true } };
}

/** Nobody is there, on purpose. */
export function idle(to: Step, ms: number): Segment {
  return { ...still(to, ms), phase: 'idle' };
}

function still(to: Step, ms: number): Omit<Segment, 'phase'> {
  return { ...to, changes: [], until: { kind: 'elapsed', ms }, measure: false, sessions: null };
}

/**
 * Everybody may end the session that is on, and nobody begins another one; whom the last ramp took out is waited for,
 * too. Without time for that there is nothing to wait for: who is there at the end of a run stays for its last reading.
 */
export function* gracefulStop(at: Step, graceMs: number): Executor {
  if (graceMs === 0) return;
  yield {
    phase: 'idle',
    step: at.step,
    level: at.level,
    peers: 0,
    changes: linearChanges(at.peers, 0, 0, graceMs),
    until: { kind: 'ended', afterMs: 0, graceMs },
    measure: false,
    sessions: null,
  };
}
