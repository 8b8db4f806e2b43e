/**
 * Whether the cores of the workers were as fast as they can be, since a step began: a core that lost a third of its
 * speed to a neighbour outside of this machine bears a third less, and a worker near its limit falls over.
 */
import type { Sample } from './record.ts';

/** The mean over so many seconds: a single one may be anything. */
const seconds = 2;
/** A core with less to do sleeps, and is slow because it has to wake: it is compared with itself when it is idle. */
const busyCores = 0.1;
/** Of a step: as long as the shortest of them takes, joins and settling included. */
const firstSeconds = 15;

type Use = 'busy' | 'idle';

/** µs that the same work took in the latest seconds, and at best in the run. */
interface Readings {
  now: number | null;
  recent: number[];
  bestUs: number | null;
}

/** Of a step, at its slowest so far; what its first seconds were is kept beside, and those in which it is measured. */
interface Slowest {
  seconds: number;
  isMeasured: boolean;
  atStart: number | null;
  sinceStart: number | null;
  measured: number | null;
}

export class CoreSpeed {
  /** By worker. */
  readonly #readings: Readonly<Record<Use, Map<string, Readings>>> = { busy: new Map(), idle: new Map() };
  readonly #slowest = new Map<string, Slowest>();
  #idle: number | null = null;

  /** A step of the group begins. */
  begin(group: string): void {
    const nothingYet = { atStart: null, sinceStart: null, measured: null };
    this.#slowest.set(group, { seconds: 0, isMeasured: false, ...nothingYet });
    // What was before it is not of it.
    for (const readings of Object.values(this.#readings))
      for (const worker of readings.values()) worker.recent = [];
  }

  /** The group's step is measured from now on. */
  measure(group: string): void {
    const slowest = this.#slowest.get(group);
    if (slowest !== undefined) slowest.isMeasured = true;
  }

  collect(samples: readonly Sample[]): void {
    for (const { e, v } of samples) {
      const { worker_core_work_us: us, worker_cpu_cores: cores } = v;
      if (typeof us !== 'number' || typeof cores !== 'number') continue;
      const readings = this.#readings[cores < busyCores ? 'idle' : 'busy'];
      const worker = readings.get(e);
      if (worker === undefined) readings.set(e, { now: us, recent: [], bestUs: null });
      else worker.now = us;
    }
  }

  /** A second is over. */
  tick(): void {
    this.#idle = this.#latest('idle');
    const latest = this.#latest('busy');
    if (latest === null) return;
    for (const slowest of this.#slowest.values()) {
      slowest.sinceStart = lower(slowest.sinceStart, latest);
      slowest.seconds += 1;
      if (slowest.seconds <= firstSeconds) slowest.atStart = slowest.sinceStart;
      if (slowest.isMeasured) slowest.measured = lower(slowest.measured, latest);
    }
  }

  /** Of its best at work in the run so far, the slowest core at its slowest since the step began: up to 1. Null where nobody tells. */
  of(group: string): number | null {
    return this.#slowest.get(group)?.sinceStart ?? null;
  }

  /** The same of the step's first seconds at work: of steps that take long and of short ones alike. */
  atStart(group: string): number | null {
    return this.#slowest.get(group)?.atStart ?? null;
  }

  /** The same of the seconds since the step is measured. */
  measured(group: string): number | null {
    return this.#slowest.get(group)?.measured ?? null;
  }

  /** What the work took at best, at work, in the run so far: what the speeds of two runs, or of an early and a late trial, are held against. */
  get bestUs(): number | null {
    const known = [...this.#readings.busy.values()].flatMap(({ bestUs }) =>
      bestUs === null ? [] : [bestUs],
    );
    return known.length === 0 ? null : Math.min(...known);
  }

  /** The same of the latest seconds of cores that have nothing to do: null where there is none, or not for long enough. */
  get idle(): number | null {
    return this.#idle;
  }

  /** Of its best, the slowest core that told anything in this second. */
  #latest(use: Use): number | null {
    let latest: number | null = null;
    for (const worker of this.#readings[use].values()) {
      if (worker.now === null) continue;
      worker.recent = [...worker.recent, worker.now].slice(-seconds);
      worker.now = null;
      if (worker.recent.length < seconds) continue;
      const us = worker.recent.reduce((sum, value) => sum + value, 0) / seconds;
      worker.bestUs = Math.min(us, worker.bestUs ?? us);
      latest = lower(latest, worker.bestUs / us);
    }
    return latest;
  }
}

function lower(before: number | null, now: number): number {
  return Math.min(before ?? now, now);
}
