/**
 * Whether the cores of the workers were as fast as they can be, since a step began: a core that lost a third of its
 * speed to a neighbour outside of this machine bears a third less, and a worker near its limit falls over.
 */
import type { Sample } from './record.ts';

/** The mean over so many seconds: a single one may be anything. */
const seconds = 2;
/** A core with less to do sleeps, and is slow because it has to wake: that says nothing of its speed at work. */
const busyCores = 0.1;

export class CoreSpeed {
  /** µs that the same work took in the latest seconds, and at best in the run, by worker. */
  readonly #workers = new Map<string, { now: number | null; recent: number[]; bestUs: number | null }>();
  readonly #slowest = new Map<string, number | null>();

  /** A step of the group begins. */
  begin(group: string): void {
    this.#slowest.set(group, null);
    // What was before it is not of it.
    for (const worker of this.#workers.values()) worker.recent = [];
  }

  collect(samples: readonly Sample[]): void {
    for (const { e, v } of samples) {
      const { worker_core_work_us: us, worker_cpu_cores: cores } = v;
      if (typeof us !== 'number' || typeof cores !== 'number' || cores < busyCores) continue;
      const worker = this.#workers.get(e);
      if (worker === undefined) this.#workers.set(e, { now: us, recent: [], bestUs: null });
      else worker.now = us;
    }
  }

  /** A second is over. */
  tick(): void {
    let latest: number | null = null;
    for (const worker of this.#workers.values()) {
      if (worker.now === null) continue;
      worker.recent = [...worker.recent, worker.now].slice(-seconds);
      worker.now = null;
      if (worker.recent.length < seconds) continue;
      const us = worker.recent.reduce((sum, value) => sum + value, 0) / seconds;
      worker.bestUs = Math.min(us, worker.bestUs ?? us);
      latest = lower(latest, worker.bestUs / us);
    }
    if (latest === null) return;
    for (const [group, before] of this.#slowest) this.#slowest.set(group, lower(before, latest));
  }

  /** Of its best in the run so far, the slowest core at its slowest since the step began: up to 1. Null where nobody tells. */
  of(group: string): number | null {
    return this.#slowest.get(group) ?? null;
  }
}

function lower(before: number | null, now: number): number {
  return Math.min(before ?? now, now);
}
