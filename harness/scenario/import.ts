/** Runs a scenario file, once, and says in the user's terms what went wrong with that. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { declaring, type OwnMetric } from '../../bots/script/declarations.ts';
import { ScenarioAbort } from '../../bots/script/functions.ts';
import { BenchError, messageOf } from '../errors.ts';
import { exposeEnvironment } from '../hooks.ts';

export interface ImportedScenario {
  readonly text: string;
  readonly exports: Readonly<Record<string, unknown>>;
  /** The metrics that it made while it was loaded. */
  readonly metrics: readonly OwnMetric[];
}

/** A file that awaits at its top level for longer than this will not come to an end. */
const importTimeoutMs = 60_000;
const endings: readonly string[] = ['.ts', '.mts', '.js', '.mjs'];

/**
 * @param file absolute path
 * @throws BenchError SCENARIO_NOT_FOUND, SCENARIO_SYNTAX, SCENARIO_THREW, SCENARIO_INVALID
 */
export async function importScenario(
  file: string,
  env: Readonly<Record<string, string>>,
): Promise<ImportedScenario> {
  const text = readScenario(file);
  if (!endings.includes(extname(file))) {
    const hint = 'a scenario is a TypeScript or JavaScript module';
    throw new BenchError('SCENARIO_INVALID', `a scenario file ends in ${endings.join(', ')}`, { file, hint });
  }
  exposeEnvironment(env);
  // What the file exports may depend on both: with either changed it is run again.
  const version = createHash('sha256').update(text).update(JSON.stringify(env)).digest('hex').slice(0, 8);
  const url = `${pathToFileURL(file).href}?${version}`;
  try {
    return { text, ...(await imported(url, file)) };
  } catch (thrown) {
    throw thrown instanceof BenchError ? thrown : importError(thrown, file, url);
  }
}

function readScenario(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const found =
      reason === 'EISDIR' ? 'is a folder' : reason === 'ENOENT' ? 'does not exist' : messageOf(cause);
    const hint = reason === 'ENOENT' ? 'the path is relative to the working directory' : undefined;
    const detail = hint === undefined ? { file, cause } : { file, cause, hint };
    throw new BenchError('SCENARIO_NOT_FOUND', `cannot read the scenario file: it ${found}`, detail);
  }
}

/** Scenario files that were run in this process, or began to be. */
export const importedUrls: Set<string> = new Set();

/** A file that was loaded before is not run again, and declares nothing. */
const declaredBefore = new Map<string, readonly OwnMetric[]>();

async function imported(url: string, file: string): Promise<Omit<ImportedScenario, 'text'>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const message = `the scenario file did not finish loading within ${importTimeoutMs / 1_000} s`;
      reject(new BenchError('SCENARIO_THREW', message, { file, hint: 'is there an await that never ends?' }));
    }, importTimeoutMs);
  });
  importedUrls.add(url);
  try {
    const loaded = await declaring(() => Promise.race([import(url) as Promise<object>, late]));
    const metrics = declaredBefore.get(url) ?? loaded.metrics;
    declaredBefore.set(url, metrics);
    return { exports: { ...loaded.module }, metrics };
  } finally {
    clearTimeout(timer);
  }
}

export function abortedByScenario(reason: string, file: string): BenchError {
  const why = reason === '' ? '' : `: ${reason}`;
  return new BenchError('SCENARIO_ABORTED', `the scenario ended the run (test.abort)${why}`, { file });
}

function importError(thrown: unknown, file: string, url: string): BenchError {
  if (thrown instanceof ScenarioAbort) return abortedByScenario(thrown.message, file);
  const stack = thrown instanceof Error ? (thrown.stack ?? '').replaceAll(url, file) : '';
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const message = messageOf(thrown).replaceAll(url, file);
  // Only an error that came before the first statement ran has its place in front of its name.
  const place = /^(?:file:\/\/)?(\/[^\n]*?)(?:\?[0-9a-f]{8})?:(\d+)\n/.exec(stack);
  if (place !== null) {
    const where = place[1] === file ? `line ${place[2]}` : `line ${place[2]} of ${place[1]}`;
    const hint = /strip-only/.test(message)
      ? 'types are removed, not compiled: no enums, namespaces or parameter properties'
      : excerpt(stack);
    return new BenchError('SCENARIO_SYNTAX', `${where}: ${message}`, { file, hint, cause: thrown });
  }
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING') {
    const hint = file.includes('/node_modules/')
      ? `copy it out and run the copy: cp ${file} .`
      : `the file, or one that it imports, must not lie there: ${message}`;
    const why = 'Node runs no TypeScript from below node_modules';
    return new BenchError('SCENARIO_INVALID', why, { file, hint, cause: thrown });
  }
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') {
    const hint = /package 'k6'/.test(message)
      ? "k6's modules do not exist here; import from 'sfubench'"
      : 'relative imports carry their ending: ./media.ts';
    return new BenchError('SCENARIO_INVALID', `an import fails: ${message}`, { file, hint, cause: thrown });
  }
  const line = stack.split('\n').find((text) => text.includes(file));
  const at = line === undefined ? '' : ` (${line.trim()})`;
  return new BenchError('SCENARIO_THREW', `the scenario file threw while loading: ${message}${at}`, {
    file,
    cause: thrown,
  });
}

/** The line of source that Node marks with carets above the message. */
function excerpt(stack: string): string {
  const lines = stack.split('\n');
  const caret = lines.findIndex((line) => /^\s*\^+\s*$/.test(line));
  return (lines[caret - 1] ?? lines[1] ?? '').trim();
}
