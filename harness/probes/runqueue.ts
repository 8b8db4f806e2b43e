/** How long a thread waited for a core although it had something to do: the second field of its schedstat. */
import { readFileSync } from 'node:fs';

/** Of a process's first thread, since it began; null where the kernel does not say. */
export function runqueueMsTotal(pid: number): number | null {
  try {
    const waitedNs = Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]);
    return Number.isFinite(waitedNs) ? waitedNs / 1e6 : null;
  } catch {
    return null;
  }
}

/** The wait of some processes' first threads over wall, from one reading to the next. */
export class RunqueueProbe {
  readonly #before = new Map<number, { readonly waitedMs: number; readonly atMs: number }>();

  /** Null at the first reading of a process, and where nothing is known. */
  read(pid: number, atMs: number): number | null {
    const waitedMs = runqueueMsTotal(pid);
    const before = this.#before.get(pid);
    if (waitedMs === null) return null;
    this.#before.set(pid, { waitedMs, atMs });
    return before === undefined || atMs <= before.atMs
      ? null
      : (waitedMs - before.waitedMs) / (atMs - before.atMs);
  }
}
