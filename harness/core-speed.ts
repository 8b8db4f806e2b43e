/**
 * Whether the cores of the workers were as fast as they can be, since a step began: a core that lost a third of its
 * speed to a neighbour outside of this machine bears a third less, and a worker near its limit falls over.
 */
import type { Sample } from './record.ts';

/** The mean over so many seconds: a single one may be anything. */
const seconds = 3;

export class CoreSpeed {
  /** µs that the same work took in the latest seconds, and at best in the run, by worker. */
  readonly #workers = new Map<string, { now: number | null; recent: number[]; bestUs: number | null }>();
  readonly #slowest = new Map<string, number | null>();
  #latest: number | null = null;

  /** A step of the group begins. */
  begin(group: string): void {
    this.#slowest.set(group, null);
  }

  collect(samples: readonly Sample[]): void {
    for (const { e, v } of samples) {
      const us = v['worker_core_work_us'];
      if (typeof us !== 'number') continue;
      const worker = this.#workers.get(e);
      if (worker === undefined) this.#workers.set(e, { now: us, recent: [], bestUs: null });
      else worker.now = us;
    }
  }

  /** A second is over. */
  tick(): void {
    this.#latest = null;
    for (const worker of this.#workers.values()) {
      if (worker.now === null) continue;
      worker.recent = [...worker.recent, worker.now].slice(-seconds);
      worker.now = null;
      if (worker.recent.length < seconds) continue;
      const us = worker.recent.reduce((sum, value) => sum + value, 0) / seconds;
      worker.bestUs = Math.min(us, worker.bestUs ?? us);
      this.#latest = lower(this.#latest, worker.bestUs / us);
    }
    if (this.#latest === null) return;
    for (const [group, before] of this.#slowest) this.#slowest.set(group, lower(before, this.#latest));
  }

  /** Of the slowest core in the latest seconds, over its best in the run so far: up to 1. Null where nobody tells. */
  get latest(): number | null {
    return this.#latest;
  }

  /** Likewise, at its slowest since the step began. */
  of(group: string): number | null {
    return this.#slowest.get(group) ?? null;
  }
}

function lower(before: number | null, now: number): number {
  return Math.min(before ?? now, now);
}
