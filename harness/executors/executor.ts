/**
 * An executor is a pure generator: it yields one segment of time after the other and is told how each one went.
 * It has no clock; a scheduler gives its segments their instants.
 */
import type { TrialRecord } from '../record.ts';
import type { SessionPlan } from './sessions.ts';

/** A peer that comes or goes, at an offset from the start of its segment. Peers of a group are numbered from 0. */
export interface Change {
  readonly offsetMs: number;
  readonly kind: 'join' | 'leave';
  readonly peer: number;
  /** For how long one that leaves may go on with its session. */
  readonly graceMs: number;
}

/**
 * `join`: the load moves to a step and everybody is waited for; `ramp`: it moves over time; `settle` and `hold` keep
 * it; only a segment with `measure` becomes a trial. `drain`: everybody leaves, and the SFU is waited for.
 */
export type Phase = 'join' | 'ramp' | 'settle' | 'hold' | 'idle' | 'drain';

export interface Segment {
  readonly phase: Phase;
  /** Number of the step within the group, from 0. */
  readonly step: number;
  /** Load that the segment stands for or moves to, in the group's level unit. */
  readonly level: number;
  readonly peers: number;
  /** Ordered by offset. */
  readonly changes: readonly Change[];
  readonly until: Until;
  readonly measure: boolean;
  /**
   * What begins with this segment, at its start. It goes on through the segments behind it, with instants of its own:
   * a measured one of them is `strict`, or it would be held up by its sweeps, and reach into the next stage.
   */
  readonly sessions: SessionPlan | null;
  /** It opens a step of a search that is not to be done again, whatever disturbs it. */
  readonly asItComes?: true;
}

/**
 * `elapsed`: the segment lasts so long, also from its start where the sweep that opens it takes some of that (`strict`); `decided`: so long, or until nothing that comes can change what it says. `joined`: until every join due in it succeeded or failed. `ended`: until
 * nothing is due any more and nobody is in a session; who is in one after `afterMs` is told to end it, and is taken out
 * `graceMs` later. `settled`: until the load has settled; `idle`: until the workers have nothing to do; both at most so long.
 */
export type Until =
  | { readonly kind: 'elapsed'; readonly ms: number; readonly strict?: true }
  | { readonly kind: 'decided'; readonly ms: number }
  | { readonly kind: 'joined' }
  | { readonly kind: 'settled' | 'idle'; readonly limitMs: number }
  | { readonly kind: 'ended'; readonly afterMs: number; readonly graceMs: number };

/** How a segment went. */
export interface Outcome {
  /** Peers of the group in their room at its end. */
  readonly connected: number;
  /** Joins that failed in it. */
  readonly failed: number;
  /** What was measured in it; null where nothing was. */
  readonly trial: TrialRecord | null;
  /** From its start, with the sweeps around a measurement. */
  readonly elapsedMs: number;
  /** Something outside of the run was felt since the step began, so that a measurement of it would say nothing. */
  readonly disturbed: boolean;
}

export const nothingYet: Outcome = { connected: 0, failed: 0, trial: null, elapsedMs: 0, disturbed: false };

export type Executor = Generator<Segment, void, Outcome>;
