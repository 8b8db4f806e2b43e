/** k6's functions that a scenario may call, in what drives a bot and around it. */
import { at, nowMs } from '../clock.ts';
import { harmless } from '../harmless.ts';
import { SessionOver } from '../session-over.ts';
import type { Tags } from './book.ts';
import type { OwnMetric } from './declarations.ts';
import { record } from './own-metrics.ts';
import { currentScope } from './scope.ts';

/** Part of the metric table; the tag `check` has the name of each. */
const checks: OwnMetric = { name: 'checks', kind: 'rate', unit: 'ratio' };

/** A function of the value, or what is true or not by itself. */
export type Checks<Value> = Readonly<Record<string, ((value: Value) => unknown) | boolean>>;

/**
 * Counts which of the statements about a value hold; ends nothing. A threshold on `checks` does that.
 * @returns whether all of them hold
 */
export function check<Value>(value: Value, statements: Checks<Value>, tags?: Tags): boolean {
  let allHold = true;
  for (const [name, statement] of Object.entries(statements)) {
    let holds = false;
    try {
      const result = typeof statement === 'function' ? statement(value) : statement;
      if (result instanceof Promise) {
        result.catch(() => undefined);
        throw new TypeError(`check '${name}' returned a promise: await the value first, then check it`);
      }
      holds = Boolean(result);
    } finally {
      record(checks, Number(holds), { ...tags, check: name });
    }
    allHold &&= holds;
  }
  return allHold;
}

/**
 * Waits; it must be awaited, other than in k6. Rejects when the bot is taken out, which ends the function. Below 0 there
 * is nothing to wait for: `sleep(10 - elapsed)` of who is late already.
 */
export function sleep(seconds: number): Promise<void> {
  if (!Number.isFinite(seconds)) {
    return harmless(Promise.reject(new TypeError(`sleep takes seconds, not '${String(seconds)}'`)));
  }
  const signal = currentScope()?.signal;
  const slept = new Promise<void>((resolve, reject) => {
    const over = (): void => {
      callOff();
      reject(new SessionOver('the session is over'));
    };
    const callOff = at(nowMs() + Math.max(0, seconds) * 1_000, () => {
      signal?.removeEventListener('abort', over);
      resolve();
    });
    if (signal?.aborted === true) return over();
    signal?.addEventListener('abort', over, { once: true });
  });
  return harmless(slept);
}

/** Ends this session's function with an exception. */
export function fail(message: string = ''): never {
  throw new Error(message);
}

/** What `test.abort` throws, so that its caller goes no further. */
export class ScenarioAbort extends Error {
  override readonly name = 'ScenarioAbort';
}

/** The run as a whole. */
export const test = {
  /** Ends the run, with exit code 108: everybody leaves, `teardown` runs, results are kept. */
  abort(reason: string = ''): never {
    currentScope()?.abort(reason);
    throw new ScenarioAbort(reason);
  },
} as const;
