/** The command line as a user runs it: a process, its output, its exit code, and the run directory it writes. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCodes } from '../../harness/errors.ts';
import type { EventLine, RunRecord } from '../../harness/record.ts';
import { goneWithin, marked, newMark, type Process } from './processes.ts';
import { root } from './sources.ts';

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly pid: number;
  readonly mark: Readonly<Record<string, string>>;
  readonly finished: Promise<Finished>;
  /** The first line on stdout; rejects when the process ends without one. */
  readonly firstLine: Promise<string>;
  /** What was said on stderr so far. */
  stderr(): string;
  ended(): boolean;
  kill(signal: NodeJS.Signals): void;
}

export const cliEntry: string = join(root, 'harness', 'cli.ts');

export function startCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): Command {
  return startCommand([process.execPath, cliEntry, ...args], env);
}

/** Any program with its arguments, marked and watched. */
export function startCommand(words: readonly string[], env: Readonly<Record<string, string>>): Command {
  const mark = newMark();
  const [program = '', ...args] = words;
  const child: ChildProcess = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env, ...mark },
  });
  let stdout = '';
  let stderr = '';
  const line = Promise.withResolvers<string>();
  line.promise.catch(() => undefined);
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (stdout.includes('\n')) line.resolve(stdout.split('\n', 1)[0] ?? '');
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (code, signal) => {
      line.reject(new Error(`no line on stdout: ${stderr}`));
      resolve({ code, signal, stdout, stderr });
    });
  });
  return {
    pid: child.pid ?? 0,
    mark,
    finished,
    firstLine: line.promise,
    stderr: () => stderr,
    ended: () => child.exitCode !== null || child.signalCode !== null,
    kill: (signal) => void child.kill(signal),
  };
}

/**
 * Measures again, twice at most, what rested on invalid trials: a shared machine may be another's for some seconds,
 * which is no fault of what is tested.
 */
export async function undisturbed<T extends { readonly finished: Finished }>(
  measure: () => Promise<T>,
): Promise<T> {
  let measured = await measure();
  for (let left = 2; left > 0 && measured.finished.code === exitCodes.invalidTrials; left -= 1)
    measured = await measure();
  return measured;
}

/** Runs a scenario, undisturbed, to its end, at which no process of it is left. */
export async function runScenario(
  place: ReturnType<typeof workspace>,
  text: string,
  ...args: readonly string[]
): Promise<{ readonly directory: string; readonly finished: Finished }> {
  return undisturbed(async () => {
    const directory = place.run();
    const command = startCli(['run', place.scenario(text), '--dir', directory, ...args]);
    const finished = await command.finished;
    assert.deepEqual(await goneWithin(command.mark, 2_000), []);
    return { directory, finished };
  });
}

/** A folder for scenario files and run directories, removed with `close`. */
export function workspace(): {
  folder: string;
  scenario(text: string): string;
  run(): string;
  close(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'sfubench-e2e-'));
  let files = 0;
  return {
    folder,
    scenario: (text) => {
      files += 1;
      const file = join(folder, `scenario-${files}.ts`);
      writeFileSync(file, text);
      return file;
    },
    run: () => {
      files += 1;
      return join(folder, `run-${files}`);
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function readRecord(directory: string): RunRecord {
  return JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')) as RunRecord;
}

/** Polls the run's events until one fits. */
export async function eventOf(
  directory: string,
  fits: (event: EventLine) => boolean,
  timeoutMs: number,
): Promise<EventLine> {
  const path = join(directory, 'events.ndjson');
  const end = performance.now() + timeoutMs;
  while (performance.now() < end) {
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
    const found = lines.map((line) => JSON.parse(line) as EventLine).find(fits);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no such event within ${timeoutMs} ms in ${path}`);
}

/** The processes of a run, told apart by what they are; one that is not there (any more) is an error when asked for. */
export function processesOf(
  command: Command,
): Readonly<Record<'node' | 'worker' | 'host' | 'browser', Process>> {
  const all = marked(command.mark);
  const one = (what: string, fits: (process: Process) => boolean): Process => {
    const found = all.find(fits);
    if (found === undefined)
      throw new Error(`no ${what} among ${all.map((process) => process.command).join('; ')}`);
    return found;
  };
  const ours = (what: string, entry: RegExp): Process =>
    one(what, ({ parent, command: text }) => parent === command.pid && entry.test(text));
  return {
    get node() {
      return ours('node', /targets\/mediasoup\/process/);
    },
    get host() {
      return ours('bot host', /bots\/host/);
    },
    get worker() {
      const { pid } = this.node;
      return one('worker', ({ parent }) => parent === pid);
    },
    get browser() {
      const { pid } = this.host;
      return one(
        'browser',
        ({ parent, command: text }) => parent === pid && text.includes('--remote-debugging-pipe'),
      );
    },
  };
}
