/**
 * From a scenario file to the frozen scenario of a run. Everything that can be said about the file is said at once.
 */
import { createHash } from 'node:crypto';
import { basename, dirname, extname, resolve } from 'node:path';
import type { OwnMetric } from '../bots/script/declarations.ts';
import { BenchError } from './errors.ts';
import type { ExpandedOptions } from './options.ts';
import { checkEntries } from './scenario/checks.ts';
import { importScenario } from './scenario/import.ts';
import { applyOverrides, asWritten, type Overrides } from './scenario/overrides.ts';
import { deepFreeze, plainCopy } from './scenario/plain-copy.ts';
import { isRecord, type Problem, problemError, show } from './scenario/problem.ts';
import { resolveQuality } from './scenario/quality.ts';
import { resolveGroups, resolveSynthetic, sorted } from './scenario/resolve.ts';
import { checkScript, resolveScript } from './scenario/script.ts';
import { checkStructure } from './scenario/structure.ts';
import { readThresholds } from './scenario/thresholds.ts';
import { warningsOf } from './scenario/warnings.ts';
import type { Scenario } from './scenario.ts';
import { readTarget, type TargetReading } from './target-spec.ts';

export type { Overrides } from './scenario/overrides.ts';

const defaultSeed = 1;

/**
 * Imports, checks and resolves a scenario file.
 * @param file path, relative to the working directory
 * @throws BenchError SCENARIO_NOT_FOUND, SCENARIO_SYNTAX, SCENARIO_THREW, SCENARIO_INVALID, OPTION_INVALID
 */
export async function loadScenario(file: string, overrides: Overrides = {}): Promise<Scenario> {
  const path = resolve(file);
  const env = sorted(overrides.env ?? {});
  return resolveScenario({ path, ...(await importScenario(path, env)) }, overrides);
}

/** What was read of a scenario file. */
export interface ScenarioSource {
  readonly path: string;
  readonly text: string;
  readonly exports: Readonly<Record<string, unknown>>;
  /** What it declared while it was loaded. */
  readonly metrics?: readonly OwnMetric[];
}

/**
 * The part of `loadScenario` that runs no code of the file. Looks at the file system only for the files it names.
 * @throws BenchError SCENARIO_INVALID, OPTION_INVALID
 */
export function resolveScenario(source: ScenarioSource, overrides: Overrides = {}): Scenario {
  const { path, exports, metrics = [] } = source;
  const baseDir = dirname(path);
  const copied = plainCopy(exportedOptions(source));
  const problems: Problem[] = [...checkScript(exports, metrics), ...copied.problems];
  const overridden = applyOverrides(isRecord(copied.value) ? copied.value : {}, overrides);
  const { options } = overridden;
  const structure = checkStructure(options);
  const checked = options as unknown as ExpandedOptions;
  const entries = checkEntries(structure.entries, {
    options: checked,
    exports,
    baseDir,
    mediaKnown: structure.top,
  });
  const target = targetOf(options, overrides, baseDir);
  const limits = readThresholds(options, metrics);
  problems.push(
    ...overridden.problems,
    ...structure.problems,
    ...entries,
    ...limits.problems,
    ...target.problems,
  );
  if (problems.length > 0 || target.spec === null) {
    const named = problems.map((problem) => asWritten(problem, overridden));
    throw problemError('SCENARIO_INVALID', named, path);
  }
  const groups = resolveGroups(checked, baseDir, typeof exports['default'] === 'function');
  const plan = {
    name: basename(path, extname(path)),
    seed: checked.seed ?? defaultSeed,
    groups,
    synthetic: resolveSynthetic(checked.synthetic),
    quality: resolveQuality(checked.quality),
    script: resolveScript(exports, metrics, checked),
    thresholds: limits.thresholds,
    tags: sorted(checked.tags ?? {}),
    env: sorted(overrides.env ?? {}),
  };
  const hash = hashOf(source.text, plan);
  const warnings = [...overridden.warnings, ...warningsOf(groups, plan.quality)];
  return deepFreeze({ ...plan, file: path, hash, target: target.spec, warnings });
}

function exportedOptions({ path, exports }: ScenarioSource): unknown {
  const found = exports['options'];
  const hint = 'export const options: Options = { … }';
  if (found === undefined) {
    throw new BenchError('SCENARIO_INVALID', 'the file exports no options', {
      file: path,
      field: 'options',
      hint,
    });
  }
  if (isRecord(found)) return found;
  const message = `options must be an object, not ${show(found)}`;
  throw new BenchError('SCENARIO_INVALID', message, { file: path, field: 'options', hint });
}

/** A path of the command line. */
function fromHere(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}

function targetOf(
  options: Readonly<Record<string, unknown>>,
  overrides: Overrides,
  baseDir: string,
): TargetReading {
  const connection = {
    control: overrides.control,
    tokenFile: fromHere(overrides.tokenFile),
    insecure: overrides.insecure,
    ca: fromHere(overrides.ca),
  };
  if (overrides.target !== undefined) {
    return readTarget({ value: overrides.target, field: '--target', baseDir: process.cwd() }, connection);
  }
  const value = options['target'] ?? { kind: 'mediasoup' };
  return readTarget({ value, field: 'target', baseDir }, connection);
}

/** Media files by their name only: the same scenario in another folder is the same scenario. */
function hashOf(text: string, plan: unknown): string {
  const stable = JSON.stringify(plan, (key, value: unknown) =>
    key === 'file' && typeof value === 'string' ? basename(value) : value,
  );
  return createHash('sha256').update(text).update('\0').update(stable).digest('hex');
}
