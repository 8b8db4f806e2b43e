/**
 * The process entry of a child in which one of the scenario's own functions runs once: `setup`, `teardown` or
 * `handleSummary`. A process, since a function that never awaits can be ended in no other way.
 */

import { declaring } from '../../bots/script/declarations.ts';
import { ScenarioAbort } from '../../bots/script/functions.ts';
import { scriptBook } from '../../bots/script/own-metrics.ts';
import { inScope } from '../../bots/script/scope.ts';
import { endWithParent } from '../../bots/script/watchdog.ts';
import { nowMs } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { FromScript, ScriptCall } from './messages.ts';

function tell(message: FromScript): void {
  process.send?.(message);
}

function told(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

/** JSON's word for what was returned; null for nothing. */
function jsonOf(value: unknown, name: string): string | null {
  if (value === undefined) return null;
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (thrown) {
    throw new TypeError(`${name}() returned what JSON cannot hold: ${messageOf(thrown)}`, { cause: thrown });
  }
  if (json === undefined) throw new TypeError(`${name}() returned a ${typeof value}, which JSON cannot hold`);
  return json;
}

async function perform({ url, name, argument }: ScriptCall): Promise<void> {
  const { module } = await declaring(() => import(url) as Promise<Readonly<Record<string, unknown>>>);
  const called = module[name];
  if (typeof called !== 'function') throw new Error(`the scenario file exports no function "${name}"`);
  const data: unknown = argument === null ? undefined : JSON.parse(argument);
  const scope = {
    group: '',
    bot: '',
    signal: new AbortController().signal,
    abort: () => undefined,
    threw: crash,
    warn: (message: string) => void process.stderr.write(`${name}(): ${message}\n`),
  } as const;
  tell({ type: 'began' });
  let outcome: Extract<FromScript, { readonly type: 'over' }>['outcome'];
  try {
    const returned: unknown = await inScope(scope, () => called(data) as unknown);
    outcome = { kind: 'returned', json: jsonOf(returned, name) };
  } catch (thrown) {
    const kind = thrown instanceof ScenarioAbort ? 'aborted' : 'threw';
    outcome = { kind, message: kind === 'aborted' ? messageOf(thrown) : told(thrown) };
  }
  tell({ type: 'over', outcome, readings: scriptBook.take(nowMs()) });
}

function crash(thrown: unknown): void {
  tell({ type: 'over', outcome: { kind: 'threw', message: told(thrown) }, readings: [] });
}

endWithParent();
process.once('message', (call: ScriptCall) => {
  perform(call).catch(crash);
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);
// Ctrl-C in a terminal is the run's to act upon.
process.on('SIGINT', () => undefined);
