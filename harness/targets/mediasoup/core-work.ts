/**
 * How fast the workers' cores are from second to second. On shared hardware a neighbour that nobody here sees takes a
 * third of a core's speed for seconds, without a trace in steal; what a packet costs rises with it. So the same piece
 * of work is done on each core, several times a second, and its fastest time is told: what disturbs one of them is not
 * taken for a slow core. It takes some 0.2 % of the core.
 */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

/** What the thread is given: cores, and where it writes the fastest time of each since it was last taken, in µs. */
export interface CoreWorkTask {
  readonly cores: readonly number[];
  readonly fastestUs: Float64Array;
}

const entry = fileURLToPath(
  new URL(`./core-work-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

export class CoreWork {
  readonly #cores: readonly number[];
  readonly #fastestUs: Float64Array;
  readonly #thread: Worker | null;

  /** Without cores, or where a thread cannot be pinned to one, nothing is ever told. */
  constructor(cores: readonly number[]) {
    this.#cores = [...new Set(cores)];
    this.#fastestUs = new Float64Array(new SharedArrayBuffer(8 * this.#cores.length));
    const workerData: CoreWorkTask = { cores: this.#cores, fastestUs: this.#fastestUs };
    this.#thread = this.#cores.length === 0 ? null : new Worker(entry, { workerData, execArgv: [] });
    this.#thread?.unref();
    // One that fails leaves its figures missing; the node is not worse for it.
    this.#thread?.on('error', () => undefined);
  }

  /** µs, the fastest since the last call for this core; null where there was none. */
  take(core: number): number | null {
    const at = this.#cores.indexOf(core);
    const fastestUs = this.#fastestUs[at] ?? 0;
    if (fastestUs === 0) return null;
    this.#fastestUs[at] = 0;
    return fastestUs;
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
  }
}
