/** What the command line says, put over what the file says, before either is checked. */
import type { Stage } from '../options.ts';
import { fieldOf, isRecord, type Problem, problemError } from './problem.ts';

/** Texts are as the user typed them: the check of the scenario says what is wrong with them. */
export interface Overrides {
  readonly vus?: number | string | undefined;
  readonly duration?: number | string | undefined;
  /** k6's form: `30s:10,1m:20`. */
  readonly stages?: string | readonly Stage[] | undefined;
  /** `8,16,32`. */
  readonly levels?: string | readonly number[] | undefined;
  readonly hold?: number | string | undefined;
  readonly target?: string | undefined;
  readonly control?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly ca?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly seed?: number | string | undefined;
}

type Executor = 'staircase' | 'constant-vus' | 'ramping-vus';
type Shaping = 'vus' | 'duration' | 'stages' | 'levels' | 'hold';

const shaping: Readonly<Record<Shaping, Executor>> = {
  vus: 'constant-vus',
  duration: 'constant-vus',
  stages: 'ramping-vus',
  levels: 'staircase',
  hold: 'staircase',
};
const instead: Readonly<Record<string, string>> = {
  staircase: '--levels and --hold',
  'constant-vus': '--vus and --duration',
  'ramping-vus': '--stages',
};

export interface Overridden {
  readonly options: Readonly<Record<string, unknown>>;
  /** Field path → the flag that it came from. */
  readonly origins: ReadonlyMap<string, string>;
}

/**
 * A shape is given to every scenario of the executor that has it, to those that join another one only when there
 * is no other.
 * @throws BenchError OPTION_INVALID where no scenario has what a flag sets
 */
export function applyOverrides(options: Readonly<Record<string, unknown>>, overrides: Overrides): Overridden {
  const problems: Problem[] = [];
  const origins = new Map<string, string>();
  const changed: Record<string, unknown> = { ...options };
  for (const key of Object.keys(shaping) as Shaping[]) {
    const value = overrides[key];
    if (value === undefined) continue;
    const names = isRecord(changed['scenarios']) ? fitting(changed['scenarios'], shaping[key]) : [];
    if (names.length === 0) problems.push(misfit(key, value, changed['scenarios']));
    for (const name of names) origins.set(fieldOf(['scenarios', name, key]), `--${key}`);
    changed['scenarios'] = withField(changed['scenarios'], names, key, read(key, value));
  }
  if (overrides.seed !== undefined) {
    changed['seed'] = number(overrides.seed);
    origins.set('seed', '--seed');
  }
  if (overrides.tags !== undefined) {
    changed['tags'] = { ...(isRecord(changed['tags']) ? changed['tags'] : {}), ...overrides.tags };
  }
  if (problems.length > 0) throw problemError('OPTION_INVALID', problems);
  return { options: changed, origins };
}

/** Names the flag that a field with a problem came from. */
export function withOrigin(problem: Problem, origins: ReadonlyMap<string, string>): Problem {
  for (const [field, flag] of origins) {
    if (problem.field === field || problem.field.startsWith(`${field}[`)) {
      return { ...problem, message: `${problem.message} (given by ${flag})` };
    }
  }
  return problem;
}

function fitting(scenarios: Readonly<Record<string, unknown>>, executor: Executor): string[] {
  const all = Object.entries(scenarios).filter(
    ([, entry]) => isRecord(entry) && entry['executor'] === executor,
  );
  const own = all.filter(([, entry]) => isRecord(entry) && entry['joins'] === undefined);
  return (own.length > 0 ? own : all).map(([name]) => name);
}

function misfit(key: Shaping, value: unknown, scenarios: unknown): Problem {
  const found = isRecord(scenarios) ? Object.entries(scenarios) : [];
  const executors = found.map(([, entry]) => String(isRecord(entry) ? entry['executor'] : entry));
  const described = found.map(([name], at) => `${name} is ${executors[at]}`).join(', ');
  const others = [...new Set(executors.map((executor) => instead[executor]))].filter(
    (text) => text !== undefined,
  );
  return {
    field: `--${key}`,
    value,
    message: `fits no scenario of the file: it is for ${shaping[key]}${described === '' ? '' : `; ${described}`}`,
    ...(others.length === 0 ? {} : { hint: `here it would be ${others.join(', or ')}` }),
  };
}

function withField(scenarios: unknown, names: readonly string[], key: Shaping, value: unknown): unknown {
  if (!isRecord(scenarios)) return scenarios;
  return Object.fromEntries(
    Object.entries(scenarios).map(([name, entry]) =>
      names.includes(name) && isRecord(entry) ? [name, { ...entry, [key]: value }] : [name, entry],
    ),
  );
}

function read(key: Shaping, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (key === 'vus') return number(value);
  if (key === 'levels') return value.split(',').map(number);
  if (key === 'stages') return value.split(',').map(stage);
  return value;
}

function stage(text: string): unknown {
  const [duration, target, ...rest] = text.split(':');
  return target === undefined || rest.length > 0 ? text : { duration, target: number(target) };
}

/** The number that a text holds, or the text itself for the check to name. */
function number(value: number | string): number | string {
  return typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
}

/**
 * `K=V` pairs of `-e` or `--tag`.
 * @throws BenchError OPTION_INVALID
 */
export function parsePairs(flag: string, pairs: readonly string[]): Record<string, string> {
  const problems: Problem[] = [];
  const parsed: [string, string][] = [];
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) problems.push({ field: flag, value: pair, message: `must be NAME=VALUE, not '${pair}'` });
    else parsed.push([pair.slice(0, equals), pair.slice(equals + 1)]);
  }
  if (problems.length > 0) throw problemError('OPTION_INVALID', problems);
  return Object.fromEntries(parsed);
}
