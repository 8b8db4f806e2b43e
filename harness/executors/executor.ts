/**
 * An executor is a pure generator: it yields one segment of time after the other and is told how each one went.
 * It has no clock; a scheduler gives its segments their instants.
 */

/** A peer that comes or goes, at an offset from the start of its segment. Peers of a group are numbered from 0. */
export interface Change {
  readonly offsetMs: number;
  readonly kind: 'join' | 'leave';
  readonly peer: number;
}

/**
 * `join`: the load moves to a step and everybody is waited for; `ramp`: it moves over time; `settle` and `hold` keep
 * it; only a segment with `measure` becomes a trial.
 */
export type Phase = 'join' | 'ramp' | 'settle' | 'hold' | 'idle';

export interface Segment {
  readonly phase: Phase;
  /** Number of the step within the group, from 0. */
  readonly step: number;
  /** Load that the segment stands for or moves to, in the group's level unit. */
  readonly level: number;
  readonly peers: number;
  /** Ordered by offset. */
  readonly changes: readonly Change[];
  /** `elapsed`: the segment lasts so long. `joined`: until every join due in it succeeded or failed. */
  readonly until: { readonly kind: 'elapsed'; readonly ms: number } | { readonly kind: 'joined' };
  readonly measure: boolean;
}

/** How a segment went. */
export interface Outcome {
  /** Peers of the group in their room at its end. */
  readonly connected: number;
  /** Joins that failed in it. */
  readonly failed: number;
}

export type Executor = Generator<Segment, void, Outcome>;
