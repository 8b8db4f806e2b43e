/**
 * The node as the harness sees it: a child process, detached from the terminal's signals, that ends when its IPC
 * channel closes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sleepMs } from '../../clock.ts';
import { BenchError } from '../../errors.ts';
import type { NodeInput } from './options.ts';
import {
  type FailedMessage,
  type NodeMessage,
  nodeOptionsVariable,
  type ReadyMessage,
  type WorkerDiedMessage,
} from './process-messages.ts';

const ending = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
/** The same file, compiled or not. */
export const nodeEntry: string = fileURLToPath(new URL(`./process${ending}`, import.meta.url));

export interface NodeProcessOptions {
  readonly input: NodeInput;
  readonly token: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly startTimeoutMs?: number;
  readonly onWorkerDeath?: (death: WorkerDiedMessage) => void;
  /** Called once, when it ended without being asked to. */
  readonly onDeath?: (reason: string) => void;
}

export class NodeProcess {
  readonly ready: ReadyMessage;
  readonly #child: ChildProcess;
  /** Aborted when the process has ended. */
  readonly #exited: AbortSignal;
  #closing = false;

  /** @throws BenchError as the node told it; TARGET_DIED where it ended, or was silent, before it was ready */
  static async create(options: NodeProcessOptions): Promise<NodeProcess> {
    const child = spawn(process.execPath, [nodeEntry], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {
        ...process.env,
        ...options.env,
        [nodeOptionsVariable]: JSON.stringify(options.input),
        SFUBENCH_TOKEN: options.token,
      },
    });
    const exited = new AbortController();
    child.once('exit', () => exited.abort());
    child.once('error', () => exited.abort());
    const errorOutput = tailOf(child);
    try {
      const first = await firstMessage(child, options.startTimeoutMs ?? 20_000, errorOutput);
      if (first.type === 'failed') throw errorOf(first);
      const started = new NodeProcess(child, first, exited.signal);
      started.#watch(options, errorOutput);
      return started;
    } catch (thrown) {
      child.kill('SIGTERM');
      await sleepMs(2000, exited.signal);
      child.kill('SIGKILL');
      throw thrown;
    }
  }

  private constructor(child: ChildProcess, ready: ReadyMessage, exited: AbortSignal) {
    this.#child = child;
    this.ready = ready;
    this.#exited = exited;
  }

  get alive(): boolean {
    return !this.#exited.aborted;
  }

  /** Ends it, workers included. Idempotent. */
  async close(graceMs = 2000): Promise<void> {
    this.#closing = true;
    if (this.#child.connected) this.#child.disconnect();
    await sleepMs(graceMs, this.#exited);
    if (this.#exited.aborted) return;
    this.#child.kill('SIGKILL');
    await sleepMs(graceMs, this.#exited);
  }

  #watch(options: NodeProcessOptions, errorOutput: () => string): void {
    this.#child.on('message', (message) => {
      const told = message as NodeMessage;
      if (told.type === 'worker-died') options.onWorkerDeath?.(told);
    });
    this.#child.once('close', (code, signal) => {
      if (!this.#closing) options.onDeath?.(`the node ended (${signal ?? code}) ${errorOutput()}`.trim());
    });
  }
}

function firstMessage(
  child: ChildProcess,
  timeoutMs: number,
  errorOutput: () => string,
): Promise<ReadyMessage | FailedMessage> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(timer);
      const hint = 'run it in the foreground to see more: sfubench node';
      reject(new BenchError('TARGET_DIED', `the node did not start: ${reason}`, { hint }));
    };
    const timer = setTimeout(() => fail(`silent for ${timeoutMs} ms`), timeoutMs);
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => fail(`it ended (${signal ?? code}) ${errorOutput()}`.trim()));
    child.on('message', (message) => {
      const told = message as NodeMessage;
      if (told.type === 'worker-died') return;
      clearTimeout(timer);
      resolve(told);
    });
  });
}

function errorOf({ code, message, hint, detail }: FailedMessage): Error {
  if (code === null) return new Error(`the node failed: ${message}`);
  return new BenchError(code, message, { ...detail, ...(hint === null ? {} : { hint }) });
}

/** The last words on stderr; the pipe must be drained anyway. */
function tailOf(child: ChildProcess): () => string {
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-2000);
  });
  return () => tail.trim();
}
