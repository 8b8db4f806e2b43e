/**
 * One bot host as the fleet sees it: a child process, detached from the terminal's signals, that ends when its IPC
 * channel closes. Every question to it has an answer in bounded time: the host's, or null.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { BotEvent, FromHost, HostSettings, ToHost } from '../bots/messages.ts';
import type { ScriptReading } from '../bots/script/book.ts';
import { nowMs } from './clock.ts';
import { BenchError } from './errors.ts';
import { mostSleepers } from './sockets.ts';

/** The same file, compiled or not. */
export const moduleEnding = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const hostEntry = fileURLToPath(new URL(`../bots/host${moduleEnding}`, import.meta.url));
const hooks = new URL(`./hooks${moduleEnding}`, import.meta.url).href;

/** A host that owes an answer and is silent for so long will not say anything any more. */
const stallMs = 15_000;

type Answer = Extract<FromHost, { request: number }>;

export interface HostOptions {
  readonly index: number;
  readonly settings: HostSettings;
  /** Runs at a lower priority, and so does what it starts. */
  readonly yields: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly startTimeoutMs: number;
  readonly onEvent: (event: BotEvent, turn: number) => void;
  /** What a bot was asked to do in that turn is over. */
  readonly onFree: (bot: string, turn: number, atMs: number) => void;
  readonly onValues: (readings: readonly ScriptReading[], isFull: boolean) => void;
  /** Called once, when it ended without being asked to. */
  readonly onDeath: (message: string) => void;
}

export class HostProcess {
  readonly index: number;
  readonly pid: number;
  /** Version of the browser that the host found; null without Chrome bots. */
  browser: string | null = null;
  /** What carries and protects the packets of its synthetic bots; null without any. */
  packets: string | null = null;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #answers = new Map<number, (answer: Answer | null) => void>();
  #requests = 0;
  #alive = true;
  #closing = false;
  /** Since when it owes an answer without having said anything; null where it does not. */
  #silentSinceMs: number | null = null;
  #errorOutput = '';

  private constructor(child: ChildProcess, options: HostOptions) {
    this.index = options.index;
    this.pid = child.pid ?? 0;
    this.#child = child;
    const exited = Promise.withResolvers<void>();
    this.#exited = exited.promise;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errorOutput = (this.#errorOutput + text).slice(-2000);
    });
    child.on('message', (message) => this.#receive(message as FromHost, options));
    child.on('error', (error) => {
      this.#errorOutput += error.message;
    });
    child.on('close', (code, signal) => {
      this.#alive = false;
      for (const answer of this.#answers.values()) answer(null);
      this.#answers.clear();
      exited.resolve();
      if (!this.#closing)
        options.onDeath(`bot host ${this.index} ended (${signal ?? code}) ${this.#lastWords()}`);
    });
  }

  /** Resolves when the host has what its bots need to be prepared. */
  static async create(options: HostOptions): Promise<HostProcess> {
    const child = spawn(process.execPath, ['--import', hooks, hostEntry], {
      detached: true,
      // What a scenario's functions print is for the person at the terminal.
      stdio: ['ignore', options.settings.scenarioUrl === null ? 'ignore' : 2, 'pipe', 'ipc'],
      env: { ...process.env, ...options.env, ...threadsFor(options.settings), SFUBENCH_TOKEN: undefined },
    });
    if (options.yields) lowerPriority(child.pid);
    const host = new HostProcess(child, options);
    host.#closing = true;
    await host.#start(options);
    host.#closing = false;
    return host;
  }

  get alive(): boolean {
    return this.#alive;
  }

  send(message: ToHost): void {
    if (this.#alive && this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** Sends a question; null when the host died or did not answer in time. */
  async ask<Type extends Answer['type']>(
    question: { readonly type: 'prepare' | 'read' | 'stop-publishing' } & Record<string, unknown>,
    answerType: Type,
    timeoutMs: number,
  ): Promise<Extract<Answer, { type: Type }> | null> {
    if (!this.#alive) return null;
    this.#requests += 1;
    const request = this.#requests;
    this.#silentSinceMs ??= nowMs();
    const answer = await new Promise<Answer | null>((resolve) => {
      const timer = setTimeout(() => {
        this.#endIfStalled();
        resolve(null);
      }, timeoutMs);
      this.#answers.set(request, (value) => {
        clearTimeout(timer);
        resolve(value);
      });
      this.send({ ...question, request } as ToHost);
    });
    this.#answers.delete(request);
    return answer?.type === answerType ? (answer as Extract<Answer, { type: Type }>) : null;
  }

  /** Asks it to end; ends it after `graceMs`. Idempotent. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    if (!this.#alive) return;
    this.send({ type: 'close' });
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    await this.#exited;
    clearTimeout(timer);
  }

  async #start(options: HostOptions): Promise<void> {
    const started = Promise.withResolvers<FromHost | null>();
    const listen = (message: unknown): void => {
      const { type } = message as FromHost;
      if (type === 'started' || type === 'failed') started.resolve(message as FromHost);
    };
    this.#child.on('message', listen);
    const timer = setTimeout(() => started.resolve(null), options.startTimeoutMs);
    void this.#exited.then(() => started.resolve(null));
    this.send({ type: 'start', settings: options.settings });
    const message = await started.promise;
    clearTimeout(timer);
    this.#child.off('message', listen);
    if (message?.type === 'started') {
      this.browser = message.browser;
      this.packets = message.synthetic;
      return;
    }
    await this.close(0);
    throw startFailure(message, this.#lastWords());
  }

  /** A function of the scenario that never awaits blocks the host for good, and nothing in it can end that. */
  #endIfStalled(): void {
    if (this.#silentSinceMs === null || nowMs() - this.#silentSinceMs < stallMs) return;
    const after = `nothing came from it for ${stallMs / 1_000} s: a function that never awaits blocks all bots of its host`;
    this.#errorOutput += ` ${after}`;
    this.#child.kill('SIGKILL');
  }

  #receive(message: FromHost, options: HostOptions): void {
    this.#silentSinceMs = null;
    if (message.type === 'event') options.onEvent(message.event, message.turn);
    else if (message.type === 'free') options.onFree(message.bot, message.turn, message.atMs);
    else if (message.type === 'values') options.onValues(message.readings, message.full);
    else if ('request' in message) this.#answers.get(message.request)?.(message);
    else if (message.type === 'failed') this.#errorOutput += message.message;
  }

  #lastWords(): string {
    return this.#errorOutput.trim().split('\n').slice(-3).join(' | ');
  }
}

/** Bots that are woken per packet have a thread asleep on each of their sockets (bots/udp/linux/sleepers.ts). */
function threadsFor({ synthetic }: HostSettings): Record<string, string> {
  return synthetic?.wake === 'packet' ? { UV_THREADPOOL_SIZE: String(mostSleepers + 1) } : {};
}

/** Before it starts anything, so that its children inherit it. Where it is not possible, nothing is lost. */
function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // The process ended at once, which its exit tells.
  }
}

function startFailure(message: FromHost | null, lastWords: string): BenchError {
  if (message?.type === 'failed' && message.reason === 'browser-missing') {
    return new BenchError('BROWSER_MISSING', message.message, {
      hint: 'run set-up again, or name a Chrome or Chromium with CHROME_PATH',
    });
  }
  if (message?.type === 'failed' && message.reason === 'scenario-threw') {
    return new BenchError('SCENARIO_THREW', message.message, {
      hint: 'the scenario file threw while it was loaded',
    });
  }
  const why = message?.type === 'failed' ? message.message : lastWords;
  return new BenchError('HOST_FAILED', `a bot host did not start: ${why || 'no answer'}`, {
    hint: 'is this machine out of memory or processes? Set-up may say more',
  });
}
