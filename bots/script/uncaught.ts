/**
 * Errors that nobody caught, in a host that runs functions of a scenario: a promise that was not awaited, a callback of
 * a timer. Those of the scenario are exceptions of it, as in k6; those of ours end the host.
 */
import { SessionOver } from '../session-over.ts';
import { SignalingError } from '../signaling/signaling.ts';
import { ScenarioAbort } from './functions.ts';
import type { Scope } from './scope.ts';

/** `scenario`: an exception of it. `nobody`: what everything rejects with that outlives its session. */
export type Blame = 'scenario' | 'nobody' | 'host';

/** Where our own code is, beside its dependencies. */
const ours = ['../', '../../harness/'].map((folder) => new URL(folder, import.meta.url).pathname);

/**
 * @param scope in which it happened; undefined where that is not known
 * @param scenarioUrl of the scenario's file
 */
export function blameFor(thrown: unknown, scope: Scope | undefined, scenarioUrl: string): Blame {
  if (thrown instanceof SessionOver || thrown instanceof ScenarioAbort) return 'nobody';
  const files = filesOf(thrown);
  const scenario = new URL(scenarioUrl).pathname;
  const isImported = (file: string): boolean => !isOurs(file) && !file.includes('/node_modules/');
  const isItsOwn =
    files.some((file) => file === scenario || isImported(file)) ||
    // Of what a function begins and does not await, Node's own frames are all that is left: `void fetch(url)`.
    (scope !== undefined && (thrown instanceof SignalingError || !files.some(isOurs)));
  if (!isItsOwn) return 'host';
  // As with what it awaits: once its session is over, that is why.
  return scope?.signal.aborted === true ? 'nobody' : 'scenario';
}

function isOurs(file: string): boolean {
  return ours.some((folder) => file.startsWith(folder));
}

/** The files of the stack but for Node's own. */
function filesOf(thrown: unknown): string[] {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  return stack.split('\n').flatMap((line) => {
    if (!/^\s+at /.test(line)) return [];
    const file = /(?:file:\/\/|\(|at (?:async )?)(\/[^?):]+)/.exec(line)?.[1];
    return file === undefined ? [] : [file];
  });
}
