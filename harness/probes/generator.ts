/**
 * CPU, memory and run-queue wait of the generator: the bot hosts with all their descendants (browsers). Processes
 * come and go, so each one's own growth is added up.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux reports process times in clock ticks; USER_HZ is 100 on every platform that Node runs on. */
const msPerTick = 10;
const pageBytes = 4096;

interface ProcessTimes {
  readonly parent: number;
  readonly cpuMs: number;
  readonly rssBytes: number;
  readonly startTicks: string;
}

interface Watched {
  readonly startTicks: string;
  cpuMs: number;
  waitMs: number;
}

export interface GeneratorReading {
  readonly cpuCores: number | null;
  readonly rssBytes: number;
  /** Run-queue wait of all threads over wall time; may exceed 1. */
  readonly runqueueRatio: number | null;
  readonly processes: number;
}

export class GeneratorProbe {
  readonly #watched = new Map<number, Watched>();
  #atMs: number | null = null;

  /** Reads every process below `roots` (their pids). */
  read(roots: readonly number[], atMs: number): GeneratorReading {
    const table = processTable();
    const members = descendants(table, roots);
    let cpuMs = 0;
    let waitMs = 0;
    let rssBytes = 0;
    for (const pid of members) {
      const times = table.get(pid);
      if (times === undefined) continue;
      rssBytes += times.rssBytes;
      const wait = waitTotalMs(pid);
      const before = this.#watched.get(pid);
      if (before === undefined || before.startTicks !== times.startTicks) {
        // A process that began since the last reading brings all of its time; at the first reading it is history.
        if (this.#atMs !== null) {
          cpuMs += times.cpuMs;
          waitMs += wait;
        }
        this.#watched.set(pid, { startTicks: times.startTicks, cpuMs: times.cpuMs, waitMs: wait });
        continue;
      }
      cpuMs += Math.max(0, times.cpuMs - before.cpuMs);
      waitMs += Math.max(0, wait - before.waitMs);
      before.cpuMs = times.cpuMs;
      before.waitMs = wait;
    }
    for (const pid of this.#watched.keys()) if (!members.has(pid)) this.#watched.delete(pid);
    const wallMs = this.#atMs === null ? null : atMs - this.#atMs;
    this.#atMs = atMs;
    return {
      cpuCores: wallMs === null || wallMs <= 0 ? null : cpuMs / wallMs,
      rssBytes,
      runqueueRatio: wallMs === null || wallMs <= 0 ? null : waitMs / wallMs,
      processes: members.size,
    };
  }
}

function processTable(): Map<number, ProcessTimes> {
  const table = new Map<number, ProcessTimes>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readOrNull(`/proc/${name}/stat`);
    if (stat === null) continue;
    // The command may hold spaces and parentheses: fields are counted after the last one (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    table.set(Number(name), {
      parent: Number(fields[1]),
      cpuMs: (Number(fields[11]) + Number(fields[12])) * msPerTick,
      rssBytes: Number(fields[21]) * pageBytes,
      startTicks: fields[19] ?? '',
    });
  }
  return table;
}

function descendants(table: ReadonlyMap<number, ProcessTimes>, roots: readonly number[]): Set<number> {
  const children = new Map<number, number[]>();
  for (const [pid, { parent }] of table) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const members = new Set<number>();
  const pending = roots.filter((pid) => table.has(pid));
  for (let pid = pending.pop(); pid !== undefined; pid = pending.pop()) {
    if (members.has(pid)) continue;
    members.add(pid);
    pending.push(...(children.get(pid) ?? []));
  }
  return members;
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

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
