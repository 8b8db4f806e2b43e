import type { Group } from '../scenario.ts';
import type { Executor } from './executor.ts';
import { holdStrictly } from './move.ts';
import type { ArrivalPlan } from './sessions.ts';

/** What arrival rates have in common. */
export interface ArrivalShape {
  /** The rates are sessions in so long. */
  readonly timeUnitMs: number;
  readonly preAllocatedVus: number;
  readonly maxVus: number;
  /** How long a session lasts; null: it ends by itself, when the scenario's function returns. */
  readonly sessionMs: number | null;
  /** How long sessions may go on after the last one was due. */
  readonly gracefulStopMs: number;
}

export interface ConstantArrivalRateShape extends ArrivalShape {
  readonly executor: 'constant-arrival-rate';
  readonly rate: number;
  readonly durationMs: number;
}

/** Of a group, what these executors look at. */
export type ArrivalGroup = Pick<Group, 'settleMs'>;

/**
 * k6's: so many sessions are due in each time unit, evenly, the first one at once. All of `duration` has arrivals; its
 * beginning, as long as `settle`, is not measured: peers are only coming in. The level is sessions per second.
 */
export function* constantArrivalRate(group: ArrivalGroup, shape: ConstantArrivalRateShape): Executor {
  const { rate, timeUnitMs, durationMs } = shape;
  const perMs = rate / timeUnitMs;
  const to = { step: 0, level: perMs * 1_000, peers: mostPeers(shape, perMs) };
  const settleMs = Math.min(group.settleMs, durationMs);
  const pieces = [{ durationMs, from: perMs, to: perMs }];
  const sessions: ArrivalPlan = { kind: 'arrivals', pieces, first: 'at-once', ...vusOf(shape) };
  const until = { kind: 'elapsed', ms: settleMs } as const;
  yield { phase: 'ramp', ...to, changes: [], until, measure: false, sessions };
  if (durationMs > settleMs) yield holdStrictly(to, durationMs - settleMs);
  yield* lastSessions(to, shape);
}

export function vusOf({
  preAllocatedVus,
  maxVus,
  sessionMs,
}: ArrivalShape): Pick<ArrivalPlan, 'preAllocatedVus' | 'maxVus' | 'sessionMs'> {
  return { preAllocatedVus, maxVus, sessionMs };
}

/** Peers at once, at most: by Little's law where the length of a session is known, else as many as there may be. */
export function mostPeers({ maxVus, sessionMs }: ArrivalShape, perMs: number): number {
  return sessionMs === null ? maxVus : Math.min(maxVus, Math.ceil(perMs * sessionMs) + 1);
}

/** Nothing is due any more; who is in a session may end it. */
export function* lastSessions(
  at: { readonly step: number; readonly level: number; readonly peers: number },
  { gracefulStopMs }: Pick<ArrivalShape, 'gracefulStopMs'>,
): Executor {
  const until = { kind: 'ended', afterMs: 0, graceMs: gracefulStopMs } as const;
  yield { phase: 'idle', ...at, changes: [], until, measure: false, sessions: null };
}
