/**
 * Plays one plan of sessions: asks its book at each due instant who begins one, and tells it of each that is over. What
 * a session is, the driver knows.
 */
import { nowMs, sleepMs } from './clock.ts';
import { bookOf } from './executors/book.ts';
import type { SessionBook, SessionCounts, SessionPlan, Start } from './executors/sessions.ts';

export interface SessionPlayerOptions {
  readonly plan: SessionPlan;
  /** Instants of the plan count from here. */
  readonly startMs: number;
  /** A VU's session is due, and is told to end at an instant, or never. */
  readonly begin: (vu: number, dueMs: number, leaveMs: number | null) => void;
  /** Makes a VU ready that was not before the load began. */
  readonly prepare: (vu: number) => Promise<void>;
  /** Sessions were due that nobody was free for. `launching`: a VU is being made ready, or could be. */
  readonly dropped: (sessions: number, launching: boolean) => void;
  /** Nothing begins any more. */
  readonly signal: AbortSignal;
}

export class SessionPlayer {
  readonly #options: SessionPlayerOptions;
  readonly #book: SessionBook;
  readonly #begun = Promise.withResolvers<void>();
  readonly #over = Promise.withResolvers<void>();
  #preparing = 0;

  constructor(options: SessionPlayerOptions) {
    this.#options = options;
    this.#book = bookOf(options.plan);
    void this.#play().finally(() => {
      this.#begun.resolve();
      this.#look();
    });
  }

  get counts(): SessionCounts {
    return this.#book.counts;
  }

  /** Resolves when the clock makes nothing due any more. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** Resolves when nothing is due any more and nobody is in a session. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** The session of a VU is over, failed joins included. */
  ended(vu: number, atMs: number): void {
    const next = this.#book.ended(vu, atMs - this.#options.startMs);
    if (next !== null && !this.#options.signal.aborted) this.#begin(next);
    this.#look();
  }

  /** Nothing begins any more; what was to be done and was not begun is dropped. Idempotent. */
  stop(): void {
    const dropped = this.#book.stop();
    if (dropped > 0) this.#options.dropped(dropped, false);
    this.#look();
  }

  async #play(): Promise<void> {
    const { startMs, signal } = this.#options;
    for (let dueMs = this.#book.nextMs; dueMs !== null; dueMs = this.#book.nextMs) {
      await sleepMs(startMs + dueMs - nowMs(), signal);
      if (signal.aborted) return;
      // Meanwhile others may have taken what was left.
      if (this.#book.nextMs === null) return;
      const decided = this.#book.due();
      if (decided.kind === 'start') this.#begin(decided);
      else {
        if (decided.prepare !== null) void this.#prepare(decided.prepare);
        this.#options.dropped(1, this.#preparing > 0);
      }
    }
  }

  async #prepare(vu: number): Promise<void> {
    this.#preparing += 1;
    await this.#options.prepare(vu);
    this.#preparing -= 1;
    this.#book.prepared();
  }

  #begin({ vu, dueMs, leaveMs }: Start): void {
    const { startMs, begin } = this.#options;
    begin(vu, startMs + dueMs, leaveMs === null ? null : startMs + leaveMs);
  }

  #look(): void {
    if (this.#book.isOver) this.#over.resolve();
  }
}
