/**
 * Whether a target still lives, as far as its control endpoint tells: a node elsewhere has no process that we could
 * see die. It is given up when it stays silent, when it was restarted, or when all of its workers are dead.
 */
import { BenchError } from '../errors.ts';
import type { NodeReadings } from './control.ts';

/**
 * Readings, one a second, that a node may owe: an overloaded worker answers late, a node does not. One that we started
 * shares the bots' cores, and they go before it; that it died we would see.
 */
const silentReadings = { ours: 60, elsewhere: 10 } as const;

export class TargetWatch {
  readonly #pids = new Map<number, number>();
  readonly #mayOwe: number;
  #silence = 0;

  constructor(whose: keyof typeof silentReadings) {
    this.#mayOwe = silentReadings[whose];
  }

  /** @param reason why there is no reading; @returns why the target is given up, or null */
  observe(readings: NodeReadings | null, reason: string | null): BenchError | null {
    if (readings === null) {
      this.#silence += 1;
      if (this.#silence !== this.#mayOwe) return null;
      return died(`the target’s control endpoint was silent for ${this.#mayOwe} s: ${reason ?? 'no answer'}`);
    }
    this.#silence = 0;
    for (const { index, pid } of readings.workers) {
      const known = this.#pids.get(index) ?? pid;
      this.#pids.set(index, pid);
      if (known !== pid)
        return died(`the target was restarted: worker ${index} had pid ${known}, now it has ${pid}`);
    }
    const dead = readings.workers.length > 0 && readings.workers.every((worker) => !worker.alive);
    return dead ? died('every worker of the target died') : null;
  }
}

/** @param what what died, and how that was seen */
export function died(what: string): BenchError {
  return new BenchError('TARGET_DIED', what, { hint: 'what was measured before is in the run directory' });
}

/** @param words what its side said to the last of the first bots */
export function refused(words: string): BenchError {
  return new BenchError('TARGET_REFUSED', `none of the first bots could join: ${words}`, {
    hint: 'does the target speak mediasoup-demo’s signalling at this address, and can its media ports be reached?',
  });
}
