/**
 * How fast the workers' cores are from second to second. On shared hardware a neighbour that nobody here sees takes a
 * third of a core's speed for seconds, without a trace in steal; what a packet costs rises with it. So the same piece
 * of work is done on each core, several times a second, and the median of its CPU times is told: a neighbour that comes
 * and goes within a second leaves the fastest of them alone. It takes some 0.4 % of the core.
 */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

/** Times that are kept of a core until they are taken; later ones take the place of the oldest. */
export const timesAtMost = 32;
/** What is kept of one core: how many times were written since they were last taken, then the times, in µs. */
export const cellsOfCore = 1 + timesAtMost;

/** What the thread is given. */
export interface CoreWorkTask {
  readonly cores: readonly number[];
  /** `cellsOfCore` for each of the cores, in their order. */
  readonly cells: Float64Array;
}

const entry = fileURLToPath(
  new URL(`./core-work-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

export class CoreWork {
  readonly #cores: readonly number[];
  readonly #cells: Float64Array;
  readonly #thread: Worker | null;

  /** Without cores, or where a thread cannot be pinned to one, nothing is ever told. */
  constructor(cores: readonly number[]) {
    this.#cores = [...new Set(cores)];
    this.#cells = new Float64Array(new SharedArrayBuffer(8 * cellsOfCore * this.#cores.length));
    const workerData: CoreWorkTask = { cores: this.#cores, cells: this.#cells };
    this.#thread = this.#cores.length === 0 ? null : new Worker(entry, { workerData, execArgv: [] });
    this.#thread?.unref();
    // One that fails leaves its figures missing; the node is not worse for it.
    this.#thread?.on('error', () => undefined);
  }

  /** µs, the median since the last call for this core; null where there was none. */
  take(core: number): number | null {
    const at = this.#cores.indexOf(core) * cellsOfCore;
    const written = at < 0 ? 0 : (this.#cells[at] ?? 0);
    if (written === 0) return null;
    this.#cells[at] = 0;
    const times = this.#cells.slice(at + 1, at + 1 + Math.min(written, timesAtMost)).sort();
    return times[times.length >> 1] ?? null;
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
  }
}
