/** The processes of this machine, their descent and their CPU time (proc(5)). They come and go. */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux reports process times in clock ticks; USER_HZ is 100 on every platform that Node runs on. */
export const msPerTick = 10;
const pageBytes = 4096;

export interface ProcessTimes {
  readonly parent: number;
  /** What it calls itself, at most 15 characters. */
  readonly name: string;
  readonly cpuMs: number;
  readonly rssBytes: number;
  readonly startTicks: string;
}

export type ProcessTable = ReadonlyMap<number, ProcessTimes>;

export function processTable(): ProcessTable {
  const table = new Map<number, ProcessTimes>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readOrNull(`/proc/${name}/stat`);
    if (stat === null) continue;
    // The command may hold spaces and parentheses: fields are counted after the last one.
    const end = stat.lastIndexOf(')');
    const fields = stat.slice(end + 2).split(' ');
    table.set(Number(name), {
      parent: Number(fields[1]),
      name: stat.slice(stat.indexOf('(') + 1, end),
      cpuMs: (Number(fields[11]) + Number(fields[12])) * msPerTick,
      rssBytes: Number(fields[21]) * pageBytes,
      startTicks: fields[19] ?? '',
    });
  }
  return table;
}

/** `roots` that are there, and everything below them. */
export function descendants(table: ProcessTable, roots: readonly number[]): ReadonlySet<number> {
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

interface Watched {
  readonly startTicks: string;
  readonly value: number;
}

/** How much a counter of some processes grew from one reading to the next. */
export class ProcessGrowth {
  readonly #watched = new Map<number, Watched>();
  #isFirst = true;

  /** A process that began since the last reading brings all that it has; at the first reading it is history. */
  take(
    table: ProcessTable,
    members: Iterable<number>,
    valueOf: (pid: number, times: ProcessTimes) => number,
  ): number {
    const seen = new Set<number>();
    let grown = 0;
    for (const pid of members) {
      const times = table.get(pid);
      if (times === undefined) continue;
      seen.add(pid);
      const value = valueOf(pid, times);
      const before = this.#watched.get(pid);
      if (before?.startTicks === times.startTicks) grown += Math.max(0, value - before.value);
      else if (!this.#isFirst) grown += value;
      this.#watched.set(pid, { startTicks: times.startTicks, value });
    }
    for (const pid of this.#watched.keys()) if (!seen.has(pid)) this.#watched.delete(pid);
    this.#isFirst = false;
    return grown;
  }
}

export function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
