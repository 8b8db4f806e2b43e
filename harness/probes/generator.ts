/**
 * CPU, memory and run-queue wait of the generator: the bot hosts with all their descendants (browsers). And what others
 * use of its cores: a machine that runs something else leaves the bots less than they seem to have.
 */
import { readdirSync } from 'node:fs';
import { descendants, msPerTick, ProcessGrowth, processTable, readOrNull } from './processes.ts';

/** Workers have cores of their own, where there are enough. As the kernel cuts their name. */
const workerName = 'mediasoup-worke';

export interface GeneratorCores {
  /** Null: not pinned, and nobody knows where it runs. */
  readonly cores: readonly number[] | null;
  /** Whether workers run on them, too. */
  readonly withWorkers: boolean;
}

export interface GeneratorReading {
  readonly cpuCores: number | null;
  readonly rssBytes: number;
  /** Run-queue wait of all threads over wall time; may exceed 1. */
  readonly runqueueRatio: number | null;
  /** What processes that are not of this run used of its cores. */
  readonly neighbourCores: number | null;
}

export class GeneratorProbe {
  readonly #where: GeneratorCores;
  readonly #cpu = new ProcessGrowth();
  readonly #wait = new ProcessGrowth();
  readonly #own = new ProcessGrowth();
  #atMs: number | null = null;
  #idleMs: number | null = null;

  constructor(where: GeneratorCores) {
    this.#where = where;
  }

  /** Reads every process below `roots` (their pids), and those of this run. */
  read(roots: readonly number[], atMs: number): GeneratorReading {
    const table = processTable();
    const members = descendants(table, roots);
    const cpuMs = this.#cpu.take(table, members, (_, times) => times.cpuMs);
    const waitMs = this.#wait.take(table, members, waitTotalMs);
    const { cores, withWorkers } = this.#where;
    const own = [...descendants(table, [process.pid])].filter(
      (pid) => withWorkers || table.get(pid)?.name !== workerName,
    );
    const ownMs = this.#own.take(table, own, (_, times) => times.cpuMs);
    const idleMs = cores === null ? null : idleTotalMs(cores);
    const idledMs = idleMs === null || this.#idleMs === null ? null : idleMs - this.#idleMs;
    const wallMs = this.#atMs === null || atMs <= this.#atMs ? null : atMs - this.#atMs;
    this.#atMs = atMs;
    this.#idleMs = idleMs;
    const busyMs = wallMs === null || idledMs === null ? null : wallMs * (cores?.length ?? 0) - idledMs;
    return {
      cpuCores: wallMs === null ? null : cpuMs / wallMs,
      rssBytes: [...members].reduce((sum, pid) => sum + (table.get(pid)?.rssBytes ?? 0), 0),
      runqueueRatio: wallMs === null ? null : waitMs / wallMs,
      neighbourCores: wallMs === null || busyMs === null ? null : Math.max(0, busyMs - ownMs) / wallMs,
    };
  }
}

/** How long these cores had nothing to do; null where the kernel does not say. */
function idleTotalMs(cores: readonly number[]): number | null {
  const lines = (readOrNull('/proc/stat') ?? '').split('\n').map((line) => line.split(/\s+/));
  let ticks = 0;
  for (const core of cores) {
    // user nice system idle iowait
    const line = lines.find(([name]) => name === `cpu${core}`);
    ticks += Number(line?.[4]) + Number(line?.[5]);
  }
  return Number.isFinite(ticks) ? ticks * msPerTick : null;
}

/** Second field of every thread's schedstat: nanoseconds spent waiting on a run queue. */
function waitTotalMs(pid: number): number {
  let waitNs = 0;
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return 0;
  }
  for (const thread of threads) {
    const schedstat = readOrNull(`/proc/${pid}/task/${thread}/schedstat`);
    if (schedstat !== null) waitNs += Number(schedstat.split(' ')[1] ?? 0);
  }
  return waitNs / 1e6;
}
