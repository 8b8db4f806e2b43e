/** What environment and command line say, put over what the file says, before any of it is checked. */
import type { Stage } from '../options.ts';
import { fieldOf, isRecord, type Problem, problemError } from './problem.ts';
import { type Expanded, expandShortcuts, overlay, shortcutName } from './shortcuts.ts';
import { withUsualRooms } from './usual-rooms.ts';

/** k6's shortcuts. Texts are as the user typed them: the check of the scenario says what is wrong with them. */
export interface Shortcuts {
  readonly vus?: number | string | undefined;
  readonly duration?: number | string | undefined;
  readonly iterations?: number | string | undefined;
  /** k6's form: `30s:10,1m:20`. */
  readonly stages?: string | readonly Stage[] | undefined;
}

export interface Overrides extends Shortcuts {
  /** What the environment says: weaker than what the command line does. */
  readonly environment?: Shortcuts | undefined;
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

type Shaping = keyof Shortcuts | 'levels' | 'hold';

/** Executors that have the field of a flag. */
const shaping: Readonly<Record<Shaping, readonly string[]>> = {
  vus: ['constant-vus', 'per-vu-iterations', 'shared-iterations'],
  duration: ['constant-vus', 'constant-arrival-rate'],
  iterations: ['per-vu-iterations', 'shared-iterations'],
  stages: ['ramping-vus'],
  levels: ['staircase'],
  hold: ['staircase'],
};
const shortcutKeys = ['vus', 'duration', 'iterations', 'stages'] as const;
/** Of an entry, what may stand beside k6's shortcuts. */
const besides = ['rooms', 'bot', 'consume', 'joinRate', 'joinTimeout', 'settle', 'sessionDuration'] as const;

export interface Overridden {
  readonly options: Readonly<Record<string, unknown>>;
  /** Field path → the flag or variable that it came from. */
  readonly origins: ReadonlyMap<string, string>;
  /** Field path → what the user wrote it as. */
  readonly written: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/**
 * A shape is given to every scenario of the executors that have it, to those that join another one only when there
 * is no other. A file of shortcuts has the one scenario that they stand for, together with those given here.
 * @throws BenchError OPTION_INVALID where no scenario has what a flag sets
 */
export function applyOverrides(options: Readonly<Record<string, unknown>>, overrides: Overrides): Overridden {
  const given = givenBy(overrides);
  const hasScenarios = isRecord(options['scenarios']) && Object.keys(options['scenarios']).length > 0;
  const expanded = hasScenarios ? expandShortcuts(options) : expandAll(options, overrides);
  const origins = new Map<string, string>();
  const problems: Problem[] = [];
  const changed: Record<string, unknown> = { ...expanded.options };
  for (const { key, name, value } of given) {
    if (!hasScenarios && isShortcut(key)) {
      for (const [field, written] of expanded.origins) if (written === key) origins.set(field, name);
      continue;
    }
    const names = isRecord(changed['scenarios']) ? fitting(changed['scenarios'], shaping[key]) : [];
    if (names.length === 0) problems.push(misfit(key, name, value, changed['scenarios']));
    for (const entry of names) origins.set(fieldOf(['scenarios', entry, key]), name);
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
  const { origins: written } = expanded;
  const warnings = [...expanded.warnings];
  if (isRecord(changed['scenarios'])) {
    const roomed = withUsualRooms(changed['scenarios'], hasScenarios ? undefined : () => 'options');
    changed['scenarios'] = roomed.scenarios;
    warnings.push(...roomed.warnings);
  }
  return { options: changed, origins, written, problems: expanded.problems, warnings };
}

interface Given {
  readonly key: Shaping;
  /** Flag or variable. */
  readonly name: string;
  readonly value: unknown;
}

/** The command line before the environment, one of each. */
function givenBy(overrides: Overrides): Given[] {
  const { environment = {} } = overrides;
  return (Object.keys(shaping) as Shaping[]).flatMap((key) => {
    const value = overrides[key];
    if (value !== undefined) return [{ key, name: `--${key}`, value }];
    if (!isShortcut(key) || environment[key] === undefined) return [];
    return [{ key, name: environmentName(key), value: environment[key] }];
  });
}

function isShortcut(key: Shaping): key is keyof Shortcuts {
  return shortcutKeys.some((shortcut) => shortcut === key);
}

function environmentName(key: keyof Shortcuts): string {
  return `SFUBENCH_${key.toUpperCase()}`;
}

/** `SFUBENCH_VUS` and its like, as k6 reads `K6_VUS`. */
export function shortcutsOf(variables: Readonly<Record<string, string | undefined>>): Shortcuts {
  return Object.fromEntries(shortcutKeys.map((key) => [key, variables[environmentName(key)] || undefined]));
}

/** The scenario that the shortcuts of all places stand for. */
function expandAll(options: Readonly<Record<string, unknown>>, overrides: Overrides): Expanded {
  const layers = [overrides.environment ?? {}, overrides].map((layer: Shortcuts) =>
    Object.fromEntries(
      shortcutKeys.flatMap((key) => (layer[key] === undefined ? [] : [[key, read(key, layer[key])]])),
    ),
  );
  const merged = overlay([options, ...layers]);
  const found = besides.filter((key) => Object.hasOwn(options, key));
  const common = Object.fromEntries(found.map((key) => [key, options[key]]));
  const rest = Object.fromEntries(
    Object.entries(merged).filter(([key]) => !found.some((other) => other === key)),
  );
  const expanded = expandShortcuts(rest, common);
  if (expanded.source !== 'shortcuts') {
    // What k6 would do then, one session of one peer, nobody who measures an SFU can mean.
    const { scenarios: _none, ...without } = expanded.options;
    const own = Object.hasOwn(options, 'scenarios') ? { scenarios: options['scenarios'] } : {};
    return { ...expanded, options: { ...without, ...common, ...own }, warnings: [] };
  }
  const written = found.map((key) => [`scenarios.${shortcutName}.${key}`, key] as const);
  return { ...expanded, origins: new Map([...expanded.origins, ...written]) };
}

/** In the user's own words. */
export function asWritten(
  problem: Problem,
  { origins, written }: Pick<Overridden, 'origins' | 'written'>,
): Problem {
  const named = withOrigin(problem, origins);
  for (const [field, own] of written) {
    const isIt =
      named.field === field || named.field.startsWith(`${field}.`) || named.field.startsWith(`${field}[`);
    if (isIt) return { ...named, field: `${own}${named.field.slice(field.length)}` };
  }
  return named;
}

/** Names the flag that a field with a problem came from. */
function withOrigin(problem: Problem, origins: ReadonlyMap<string, string>): Problem {
  for (const [field, flag] of origins) {
    if (problem.field === field || problem.field.startsWith(`${field}[`)) {
      return { ...problem, message: `${problem.message} (given by ${flag})` };
    }
  }
  return problem;
}

function fitting(scenarios: Readonly<Record<string, unknown>>, executors: readonly string[]): string[] {
  const all = Object.entries(scenarios).filter(
    ([, entry]) => isRecord(entry) && executors.includes(String(entry['executor'])),
  );
  const own = all.filter(([, entry]) => isRecord(entry) && entry['joins'] === undefined);
  return (own.length > 0 ? own : all).map(([name]) => name);
}

function misfit(key: Shaping, name: string, value: unknown, scenarios: unknown): Problem {
  const found = isRecord(scenarios) ? Object.entries(scenarios) : [];
  const executors = found.map(([, entry]) => String(isRecord(entry) ? entry['executor'] : entry));
  const described = found.map(([entry], at) => `${entry} is ${executors[at]}`).join(', ');
  const fits = shaping[key].join(', ').replace(/, (?=[^,]*$)/, ' and ');
  const others = (Object.keys(shaping) as Shaping[]).filter((other) =>
    shaping[other].some((executor) => executors.includes(executor)),
  );
  return {
    field: name,
    value,
    message: `fits no scenario of the file: it is for ${fits}${described === '' ? '' : `; ${described}`}`,
    ...(others.length === 0
      ? {}
      : { hint: `here it would be ${others.map((other) => `--${other}`).join(', ')}` }),
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
  if (key === 'vus' || key === 'iterations') return number(value);
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
