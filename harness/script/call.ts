/** Calls one of the scenario's own functions, in a child that is gone afterwards whatever the function did. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ScriptReading } from '../../bots/script/book.ts';
import type { FromScript, ScriptCall } from './messages.ts';

const ending = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const entry = fileURLToPath(new URL(`./process${ending}`, import.meta.url));
const hooks = new URL(`../hooks${ending}`, import.meta.url).href;

/** For the child to start and load the file, which was loaded before without such trouble. */
const loadMs = 60_000;

export interface CallOptions extends ScriptCall {
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Calls it off. */
  readonly signal: AbortSignal;
}

export type CallOutcome =
  | { readonly kind: 'returned'; readonly json: string | null; readonly readings: readonly ScriptReading[] }
  | {
      readonly kind: 'threw' | 'aborted';
      readonly message: string;
      readonly readings: readonly ScriptReading[];
    }
  | { readonly kind: 'late' | 'called-off' };

/** Never rejects. Nothing of the child is left when it resolves. */
export async function callScript(options: CallOptions): Promise<CallOutcome> {
  const { url, name, argument, env, timeoutMs, signal } = options;
  if (signal.aborted) return { kind: 'called-off' };
  // What it prints is for the person at the terminal, and no result of ours.
  const child = spawn(process.execPath, ['--import', hooks, entry], {
    detached: true,
    stdio: ['ignore', 2, 2, 'ipc'],
    env: { ...process.env, SFUBENCH_ENV: JSON.stringify(env), SFUBENCH_TOKEN: undefined },
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const outcome = Promise.withResolvers<CallOutcome>();
  const late = (): void => outcome.resolve({ kind: 'late' });
  let timer = setTimeout(late, loadMs);
  const callOff = (): void => outcome.resolve({ kind: 'called-off' });
  signal.addEventListener('abort', callOff, { once: true });
  child.on('message', (message: FromScript) => {
    if (message.type === 'over') return outcome.resolve({ ...message.outcome, readings: message.readings });
    clearTimeout(timer);
    timer = setTimeout(late, timeoutMs);
  });
  const failed = (why: string): void =>
    outcome.resolve({ kind: 'threw', message: `the process of ${name}() ${why}`, readings: [] });
  child.once('error', ({ message }) => failed(`did not start: ${message}`));
  child.once('close', (code, killer) => failed(`ended (${killer ?? code})`));
  child.send({ url, name, argument } satisfies ScriptCall, () => undefined);
  const came = await outcome.promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', callOff);
  endGroup(child);
  if (child.pid !== undefined) await exited;
  return came;
}

/** With all that the function started. */
function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
