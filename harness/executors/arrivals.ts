/** The open model: sessions come when they are due, and find a free VU or are dropped. */
import type { ArrivalPlan, Drop, RatePiece, SessionBook, SessionCounts, Start } from './sessions.ts';

/** Sums of rates are rounded; an arrival at the very end of its piece still belongs to it. */
const roundOff = 1e-9;

/** When each session is due, in order. The n-th is due where the rate has added up to n. */
export function* arrivalInstants({
  pieces,
  first,
}: Pick<ArrivalPlan, 'pieces' | 'first'>): Generator<number> {
  // What is due at once needs its whole share of the time behind it, which the last one at the end would not have.
  let n = first === 'at-once' ? 0 : 1;
  const margin = first === 'at-once' ? -roundOff : roundOff;
  let startMs = 0;
  let before = 0;
  for (const piece of pieces) {
    const all = before + dueIn(piece);
    for (; n <= all + margin * Math.max(1, all); n += 1) yield startMs + reachMs(piece, n - before);
    before = all;
    startMs += piece.durationMs;
  }
}

/** How many are due over all of a plan; the arrivals are as many, to one. */
export function dueOver(pieces: readonly RatePiece[]): number {
  return pieces.reduce((sum, piece) => sum + dueIn(piece), 0);
}

function dueIn({ durationMs, from, to }: RatePiece): number {
  return (durationMs * (from + to)) / 2;
}

/** When so many are due: the smaller root of from·t + (to − from)/(2·duration)·t² = many, in its stable form. */
function reachMs({ durationMs, from, to }: RatePiece, many: number): number {
  if (many <= 0) return 0;
  const slope = durationMs === 0 ? 0 : (to - from) / durationMs;
  const root = Math.sqrt(Math.max(0, from * from + 2 * slope * many));
  return from + root === 0 ? durationMs : Math.min(durationMs, (2 * many) / (from + root));
}

/** Which VU takes an arrival: the free one of the lowest number, so that rooms fill up one after the other. */
export class Arrivals implements SessionBook {
  readonly #plan: ArrivalPlan;
  readonly #instants: Generator<number>;
  /** Iterations of each VU that there is, by number; a VU being prepared is not there yet. */
  readonly #iterations: number[];
  readonly #busy = new Set<number>();
  /** 1 where the VU is free. */
  readonly #free: Uint8Array;
  #nextMs: number | null;
  #preparing = false;
  #started = 0;
  #dropped = 0;
  #mostActive = 0;

  constructor(plan: ArrivalPlan) {
    this.#plan = plan;
    this.#instants = arrivalInstants(plan);
    const vus = Math.min(plan.preAllocatedVus, plan.maxVus);
    this.#iterations = Array.from({ length: vus }, () => 0);
    this.#free = new Uint8Array(plan.maxVus).fill(1, 0, vus);
    this.#nextMs = this.#instants.next().value ?? null;
  }

  get nextMs(): number | null {
    return this.#nextMs;
  }

  get isOver(): boolean {
    return this.#nextMs === null && this.#busy.size === 0;
  }

  get counts(): SessionCounts {
    const [started, dropped] = [this.#started, this.#dropped];
    return {
      due: started + dropped,
      started,
      dropped,
      active: this.#busy.size,
      mostActive: this.#mostActive,
    };
  }

  /** VUs that there are: pre-allocated and prepared. */
  get allocated(): number {
    return this.#iterations.length;
  }

  due(): Start | Drop {
    const dueMs = this.#nextMs;
    if (dueMs === null) throw new RangeError('no session is due any more');
    this.#nextMs = this.#instants.next().value ?? null;
    const vu = this.#free.indexOf(1);
    if (vu < 0) {
      this.#dropped += 1;
      return { kind: 'drop', dueMs, prepare: this.#prepare() };
    }
    const iteration = this.#iterations[vu] ?? 0;
    this.#iterations[vu] = iteration + 1;
    this.#free[vu] = 0;
    this.#busy.add(vu);
    this.#started += 1;
    this.#mostActive = Math.max(this.#mostActive, this.#busy.size);
    const { sessionMs } = this.#plan;
    return { kind: 'start', vu, iteration, dueMs, leaveMs: sessionMs === null ? null : dueMs + sessionMs };
  }

  /** An arrival waits for nobody: it never begins because another session is over. */
  ended(vu: number, _atMs: number): null {
    if (this.#busy.delete(vu)) this.#free[vu] = 1;
    return null;
  }

  prepared(): void {
    if (!this.#preparing) return;
    this.#preparing = false;
    this.#free[this.#iterations.length] = 1;
    this.#iterations.push(0);
  }

  /** What is not due yet is not dropped. */
  stop(): number {
    this.#nextMs = null;
    return 0;
  }

  /** As in k6, one at a time, and the arrival that asked for it is lost all the same. */
  #prepare(): number | null {
    if (this.#preparing || this.#iterations.length >= this.#plan.maxVus) return null;
    this.#preparing = true;
    return this.#iterations.length;
  }
}
