/** How fast cores were while something else was measured on them: a neighbour that nobody sees may slow them. */
import { CoreWork } from '../../harness/targets/mediasoup/core-work.ts';

const intervalMs = 500;

export class CoreWatch {
  readonly #work: CoreWork;
  readonly #cores: readonly number[];
  readonly #readings: { readonly atMs: number; readonly us: number }[] = [];
  readonly #timer: NodeJS.Timeout;

  /** Takes 0.4 % of each. */
  constructor(cores: readonly number[]) {
    this.#cores = cores;
    this.#work = new CoreWork(cores);
    this.#timer = setInterval(() => this.#read(), intervalMs).unref();
  }

  /** Of the best while it was watched, in these milliseconds of Unix time: up to 1; NaN without a reading. */
  speed(fromMs: number, toMs: number): number {
    const bestUs = Math.min(...this.#readings.map(({ us }) => us));
    const then = this.#readings.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
    return (bestUs * then.length) / then.reduce((sum, { us }) => sum + us, 0);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#work.close();
  }

  /** The slowest of them. */
  #read(): void {
    const times = this.#cores.map((core) => this.#work.take(core)).filter((us) => us !== null);
    if (times.length > 0) this.#readings.push({ atMs: Date.now(), us: Math.max(...times) });
  }
}
