/** The closed model: a number of sessions, each VU one after the other. */
import type { QuotaPlan, SessionBook, SessionCounts, Start } from './sessions.ts';

/** A VU whose sessions end at once begins them at least this far apart, and does not eat the generator. */
const leastSessionMs = 100;

interface Vu {
  iteration: number;
  /** When its session was due; null: it is in none. */
  dueMs: number | null;
}

export class Quota implements SessionBook {
  readonly #plan: QuotaPlan;
  readonly #vus: Vu[] = [];
  #left: number;
  #started = 0;
  #dropped = 0;
  #active = 0;
  #mostActive = 0;
  #stopped = false;

  constructor(plan: QuotaPlan) {
    this.#plan = plan;
    this.#left = plan.share === 'each' ? plan.vus * plan.iterations : plan.iterations;
  }

  /** VUs that have not begun yet begin by the clock. */
  get nextMs(): number | null {
    const dueMs = this.#vus.length * this.#plan.spacingMs;
    const begins = this.#vus.length < this.#plan.vus && dueMs < this.#plan.untilMs;
    return begins && this.#left > 0 && !this.#stopped ? dueMs : null;
  }

  get isOver(): boolean {
    return this.nextMs === null && this.#active === 0;
  }

  get counts(): SessionCounts {
    const [started, dropped] = [this.#started, this.#dropped];
    return { due: started + dropped, started, dropped, active: this.#active, mostActive: this.#mostActive };
  }

  due(): Start {
    const dueMs = this.nextMs;
    if (dueMs === null) throw new RangeError('no session is due any more');
    this.#vus.push({ iteration: 0, dueMs: null });
    return this.#start(this.#vus.length - 1, dueMs);
  }

  ended(vu: number, atMs: number): Start | null {
    const own = this.#vus[vu];
    if (own === undefined || own.dueMs === null) return null;
    const dueMs = Math.max(atMs, own.dueMs + leastSessionMs);
    own.dueMs = null;
    this.#active -= 1;
    const { share, iterations, untilMs } = this.#plan;
    const isDone = share === 'each' ? own.iteration >= iterations : this.#left === 0;
    return isDone || this.#stopped || dueMs >= untilMs ? null : this.#start(vu, dueMs);
  }

  /** Every VU is there from the start. */
  prepared(): void {}

  /** As in k6, what was to be done and was not begun is dropped. */
  stop(): number {
    this.#stopped = true;
    const dropped = this.#left;
    this.#left = 0;
    this.#dropped += dropped;
    return dropped;
  }

  #start(vu: number, dueMs: number): Start {
    const own = this.#vus[vu];
    if (own === undefined) throw new RangeError(`there is no VU ${vu}`);
    const { iteration } = own;
    own.iteration += 1;
    own.dueMs = dueMs;
    this.#left -= 1;
    this.#started += 1;
    this.#active += 1;
    this.#mostActive = Math.max(this.#mostActive, this.#active);
    const { sessionMs } = this.#plan;
    return { kind: 'start', vu, iteration, dueMs, leaveMs: sessionMs === null ? null : dueMs + sessionMs };
  }
}
