/** k6's `__ENV` in a bot host: functions of a scenario that has an `env` of its own find that in it, too. */
import { currentScope } from './scope.ts';

type Environment = Readonly<Record<string, string | undefined>>;

let shared: Environment = {};

/** What everybody finds, with what one scenario adds to it. */
export function environmentWith(own: Environment): Environment {
  return { ...shared, ...own };
}

/** Makes `__ENV` what the caller's scope says, and what it was where that says nothing. Once. */
export function divideEnvironment(): void {
  shared = Reflect.get(globalThis, '__ENV') ?? {};
  Reflect.defineProperty(globalThis, '__ENV', { get: () => currentScope()?.env ?? shared });
}
