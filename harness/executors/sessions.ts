/**
 * What k6's executors of iterations need beside segments. A VU is a peer, an iteration one session of it, and sessions
 * end by themselves: which VU begins the next one, and when, is known only while the load runs. So a segment carries a
 * plan, plain data; the driver makes a book of it, asks the book at each due instant, and tells it of each session
 * that is over. Plans and books are pure: instants are handed to them, as offsets from the start of their segment.
 */
/** So much is due over a time; the rate moves evenly from one end to the other. */
export interface RatePiece {
  readonly durationMs: number;
  /** Sessions per millisecond. */
  readonly from: number;
  readonly to: number;
}

/** Sessions are due by the clock, whatever became of those before: the open model. */
export interface ArrivalPlan {
  readonly kind: 'arrivals';
  readonly pieces: readonly RatePiece[];
  /** Whether the first session is due at the very start, or when the rate has added up to one. */
  readonly first: 'at-once' | 'when-due';
  /** VUs that are there before anything is due, and how many there may be. */
  readonly preAllocatedVus: number;
  readonly maxVus: number;
  /** A session is told to end after so long; null: it ends by itself. */
  readonly sessionMs: number | null;
}

/** A number of sessions is due; each VU begins its next one when its last is over: the closed model. */
export interface QuotaPlan {
  readonly kind: 'quota';
  readonly vus: number;
  /** Of each VU, or of all together: whoever is free takes the next. */
  readonly share: 'each' | 'all';
  readonly iterations: number;
  /** VUs begin so far apart. */
  readonly spacingMs: number;
  /** Nothing begins from then on. */
  readonly untilMs: number;
  readonly sessionMs: number | null;
}

export type SessionPlan = ArrivalPlan | QuotaPlan;

export interface Start {
  readonly kind: 'start';
  /** Number of the VU, from 0: it is the peer that joins. */
  readonly vu: number;
  /** Of this VU, from 0. */
  readonly iteration: number;
  readonly dueMs: number;
  /** When it is told to end; null: it ends by itself. */
  readonly leaveMs: number | null;
}

/** Nobody was free. */
export interface Drop {
  readonly kind: 'drop';
  readonly dueMs: number;
  /** A VU to be prepared now, for sessions to come; null: none more, or one is being prepared already. */
  readonly prepare: number | null;
}

export interface SessionCounts {
  /** Sessions that were due so far: `started` and `dropped`. */
  readonly due: number;
  readonly started: number;
  readonly dropped: number;
  readonly active: number;
  readonly mostActive: number;
}

/** Who begins a session, and when. */
export interface SessionBook {
  /** When the clock makes the next one due; null: it never does any more. */
  readonly nextMs: number | null;
  readonly counts: SessionCounts;
  /** Nothing is due any more and nobody is in a session. */
  readonly isOver: boolean;
  /** That instant has come. Call it once for each value of `nextMs`, however late. */
  due(): Start | Drop;
  /** The session of a VU is over, failed joins included; what it begins next, if anything. */
  ended(vu: number, atMs: number): Start | null;
  /** The VU that a drop wanted to have prepared is there now. */
  prepared(): void;
  /** Nothing begins any more. Returns how many are dropped that were due by then. Idempotent. */
  stop(): number;
}
