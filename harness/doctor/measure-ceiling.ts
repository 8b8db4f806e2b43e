/** Drives a null sink at rising rates until this machine's generator is at its limit: two processes, each on a core. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CeilingOrder, CeilingReport } from '../../bots/ceiling/messages.ts';
import { nowMs, sleepMs } from '../clock.ts';
import { BenchError } from '../errors.ts';
import { moduleEnding } from '../host-process.ts';
import { machineKey } from '../machine-facts.ts';
import {
  type Ceiling,
  type CeilingLimit,
  type CeilingStep,
  ceilingOf,
  ceilingStep,
  limitOf,
} from './ceiling.ts';

const entry = fileURLToPath(new URL(`../../bots/ceiling/side${moduleEnding}`, import.meta.url));
/** Of each socket: bots/ceiling/streams.ts. */
const packetsPerSocket = 100;
const answerMs = 10_000;
const endMs = 2_000;

export interface CeilingOptions {
  /** Core of the null SFU, and of the sink. */
  readonly coreSfu: number;
  readonly coreGenerator: number;
  readonly firstSockets: number;
  /** From one load to the next. */
  readonly factor: number;
  readonly mostSockets: number;
  readonly warmMs: number;
  readonly measureMs: number;
  /** No load is begun after this time. */
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  readonly onStep: (step: CeilingStep) => void;
}

/** Ten steps at most, well within a minute. */
export const ceilingPlan = {
  firstSockets: 100,
  factor: 1.5,
  mostSockets: 4000,
  warmMs: 1000,
  measureMs: 2000,
  budgetMs: 50_000,
} as const;

/** Null when it was interrupted, or nothing could be said. @throws BenchError where a side does not come up */
export async function measureCeiling(options: CeilingOptions): Promise<Ceiling | null> {
  const nullSfu = new Side(options.coreSfu);
  const sink = new Side(options.coreGenerator);
  try {
    const [from = 0] = (await nullSfu.ask({ type: 'null-sfu' }, 'ready')).ports;
    const { ports, means } = await sink.ask({ type: 'sink', sockets: options.mostSockets, from }, 'ready');
    nullSfu.tell({ type: 'ports', ports });
    const steps: CeilingStep[] = [];
    const limit = await climb(options, nullSfu, sink, ports.length, steps);
    const found = limit === null ? null : ceilingOf(steps, limit);
    if (found === null) return null;
    const measuredAt = new Date().toISOString();
    return { schemaVersion: 1, measuredAt, key: machineKey(), means, ...found, steps };
  } finally {
    await Promise.all([nullSfu.close(), sink.close()]);
  }
}

/** Fills `steps`; null when it was interrupted. */
async function climb(
  options: CeilingOptions,
  nullSfu: Side,
  sink: Side,
  room: number,
  steps: CeilingStep[],
): Promise<CeilingLimit | null> {
  const { firstSockets, factor, budgetMs, signal, onStep } = options;
  const endAtMs = nowMs() + budgetMs;
  for (let sockets = Math.min(firstSockets, room); ; sockets = Math.min(room, Math.ceil(sockets * factor))) {
    let step = await measure(options, nullSfu, sink, sockets);
    // A hiccup of the machine is no limit: what it spoiled is measured again.
    const first = step === null ? null : limitOf(step);
    if (first === 'drops' || first === 'late polls' || first === 'sender')
      step = await measure(options, nullSfu, sink, sockets);
    if (step === null || signal.aborted) return null;
    steps.push(step);
    onStep(step);
    const limit = limitOf(step);
    if (limit !== null) return limit;
    if (sockets >= room || nowMs() >= endAtMs) return 'sockets';
  }
}

async function measure(
  { warmMs, measureMs, signal }: CeilingOptions,
  nullSfu: Side,
  sink: Side,
  sockets: number,
): Promise<CeilingStep | null> {
  nullSfu.tell({ type: 'load', sockets });
  await sleepMs(warmMs, signal);
  const both = async () =>
    await Promise.all([nullSfu.ask({ type: 'read' }, 'reading'), sink.ask({ type: 'read' }, 'reading')]);
  const [sentBefore, receivedBefore] = await both();
  await sleepMs(measureMs, signal);
  if (signal.aborted) return null;
  const [sentAfter, receivedAfter] = await both();
  return ceilingStep(
    sockets,
    sockets * packetsPerSocket,
    [sentBefore, sentAfter],
    [receivedBefore, receivedAfter],
  );
}

/** One of the two processes. */
class Side {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #errorOutput = '';
  #waiting: { readonly type: string; readonly resolve: (report: CeilingReport | null) => void } | null = null;

  constructor(core: number) {
    const words = ['-c', String(core), process.execPath, '--disable-warning=ExperimentalWarning', entry];
    // taskset becomes the program that it starts, and leaves it the channel.
    const child = spawn('taskset', words, { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errorOutput = (this.#errorOutput + text).slice(-1000);
    });
    child.on('message', (message) => this.#answer(message as CeilingReport));
    const exited = Promise.withResolvers<void>();
    this.#exited = exited.promise;
    child.once('error', (error) => {
      this.#errorOutput += error.message;
      this.#waiting?.resolve(null);
      exited.resolve();
    });
    child.once('exit', () => {
      this.#waiting?.resolve(null);
      exited.resolve();
    });
  }

  tell(order: CeilingOrder): void {
    if (this.#child.connected) this.#child.send(order, () => undefined);
  }

  /** @throws BenchError HOST_FAILED when it does not answer */
  async ask<Type extends 'ready' | 'reading'>(
    order: CeilingOrder,
    type: Type,
  ): Promise<Extract<CeilingReport, { type: Type }>> {
    const report = await new Promise<CeilingReport | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), answerMs);
      this.#waiting = {
        type,
        resolve: (answer) => {
          clearTimeout(timer);
          this.#waiting = null;
          resolve(answer);
        },
      };
      this.tell(order);
    });
    if (report?.type === type) return report as Extract<CeilingReport, { type: Type }>;
    const why = report?.type === 'failed' ? report.message : this.#errorOutput.trim() || 'no answer';
    throw new BenchError('HOST_FAILED', `the null sink does not work: ${why}`, {
      hint: 'it takes taskset (Debian: util-linux) and two cores of its own',
    });
  }

  /** Ends it with its channel, by force where that does not. */
  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), endMs);
    await this.#exited;
    clearTimeout(timer);
  }

  #answer(report: CeilingReport): void {
    if (report.type === this.#waiting?.type || report.type === 'failed') this.#waiting?.resolve(report);
  }
}
