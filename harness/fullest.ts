/**
 * How full the hottest worker was at its fullest since a step began, joins and settling included: one that fell over
 * before its step was measured, and lost half of its peers, has little to do in the measurement itself.
 */
import type { Sample } from './record.ts';

/** The mean over so many seconds: joins fill any worker for a moment. */
const seconds = 5;

export class Fullest {
  readonly #steps = new Map<string, { recent: number[]; most: number | null }>();
  #now: number | null = null;

  /** A step of the group begins. */
  begin(group: string): void {
    this.#steps.set(group, { recent: [], most: null });
  }

  collect(samples: readonly Sample[]): void {
    for (const { v } of samples) {
      const cores = v['worker_cpu_cores'];
      if (typeof cores === 'number') this.#now = Math.max(this.#now ?? 0, cores);
    }
  }

  /** A second is over. */
  tick(): void {
    const now = this.#now;
    this.#now = null;
    if (now === null) return;
    for (const step of this.#steps.values()) {
      step.recent = [...step.recent, now].slice(-seconds);
      const mean = step.recent.reduce((sum, cores) => sum + cores, 0) / seconds;
      if (step.recent.length === seconds) step.most = Math.max(step.most ?? 0, mean);
    }
  }

  /** Cores; null before there was so long a stretch. */
  of(group: string): number | null {
    return this.#steps.get(group)?.most ?? null;
  }
}
