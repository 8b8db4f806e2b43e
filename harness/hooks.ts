/**
 * Makes `sfubench` importable from a scenario file wherever it lies, and gives it k6's `__ENV`. Importing this
 * module is enough (`--import` in a bot host); it must therefore stay free of everything heavy.
 */
import { registerHooks } from 'node:module';

/** Bot hosts are given the variables of `-e` in this one, as a JSON object. */
export const environmentVariable = 'SFUBENCH_ENV';

/** Compiled, this file and the entry end in .js; rewriting reaches import statements only, not this URL. */
const entryUrl = new URL(import.meta.url.endsWith('.ts') ? './index.ts' : './index.js', import.meta.url).href;

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier === 'sfubench') return { url: entryUrl, shortCircuit: true };
    const resolved = nextResolve(specifier, context);
    // Without a package.json beside it, Node would guess the format of a .ts file and warn that it did.
    const guessed = resolved.format === null || resolved.format === undefined;
    return guessed && isScenarioSource(resolved.url)
      ? { ...resolved, format: 'module-typescript' }
      : resolved;
  },
});

function isScenarioSource(url: string): boolean {
  return url.startsWith('file:') && /\.ts(?:\?|$)/.test(url) && !url.includes('/node_modules/');
}

/** Sets `__ENV` as k6 does: the process's own variables, then what the command line said. */
export function exposeEnvironment(env: Readonly<Record<string, string>>): void {
  Reflect.set(globalThis, '__ENV', { ...process.env, ...env });
}

function handedOver(): Readonly<Record<string, string>> {
  const text = process.env[environmentVariable];
  return text === undefined ? {} : (JSON.parse(text) as Record<string, string>);
}

exposeEnvironment(handedOver());
