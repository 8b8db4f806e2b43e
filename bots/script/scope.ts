/**
 * Whose call a call is: what a scenario imports from `sfubench` is called without saying by which bot, and all bots of
 * a host share one thread.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { BotKind } from '../bot.ts';

export interface Scope {
  /** Empty in `setup` and `teardown`, as the kind of bot is. */
  readonly group: string;
  readonly bot: BotKind | '';
  /** What `__ENV` is in it; absent: what it is everywhere. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Aborts when the session is over. */
  readonly signal: AbortSignal;
  /** Tells the run that the scenario wants it to end. */
  readonly abort: (reason: string) => void;
  /** Counts an exception that nobody awaits: its function goes on. */
  readonly threw: (message: string) => void;
  /** Tells the run of what is wrong and ends nothing. */
  readonly warn: (message: string) => void;
}

const scopes = new AsyncLocalStorage<Scope>();

export function inScope<Result>(scope: Scope, act: () => Result): Result {
  return scopes.run(scope, act);
}

/** Undefined at the top level of the file, and in callbacks that lost their caller. */
export function currentScope(): Scope | undefined {
  return scopes.getStore();
}
