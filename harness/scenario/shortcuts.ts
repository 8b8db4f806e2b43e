/**
 * k6's shortcuts: `vus`, `duration`, `iterations` and `stages` beside `scenarios` stand for one scenario, `default`.
 * Which one, and what excludes what, is as in k6; what it only warns of is a warning here.
 */
import { durationMs } from '../durations.ts';
import { isRecord, type Problem, show } from './problem.ts';

export type ShortcutExecutor = 'constant-vus' | 'ramping-vus' | 'shared-iterations' | 'per-vu-iterations';

export interface Expanded {
  /** As k6 has them in full: `scenarios`, and no shortcut beside it. */
  readonly options: Readonly<Record<string, unknown>>;
  /**
   * Which executor the shortcuts stand for. `scenarios`: they are written out already. `none`: nothing says what to
   * do, which in k6 is one iteration of one VU.
   */
  readonly source: 'shortcuts' | 'scenarios' | 'none';
  /** Field path → what the user wrote it as: `scenarios.default.startVUs` → `vus`. */
  readonly origins: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** The name that k6 gives to the scenario of the shortcuts. */
export const shortcutName = 'default';

const shortcuts = ['vus', 'duration', 'iterations', 'stages'] as const;
type Shortcut = (typeof shortcuts)[number];

/** What each of them makes of the others; an absent one is not passed on. */
const fieldsOf: Readonly<Record<ShortcutExecutor, Readonly<Partial<Record<Shortcut, string>>>>> = {
  'shared-iterations': { vus: 'vus', iterations: 'iterations', duration: 'maxDuration' },
  'constant-vus': { vus: 'vus', duration: 'duration' },
  'ramping-vus': { vus: 'startVUs', stages: 'stages' },
  'per-vu-iterations': {},
};

/**
 * @param options plain data, command line included: see `overlay`
 * @param common what the scenario of the shortcuts has besides, since k6's words do not speak of rooms
 */
export function expandShortcuts(
  options: Readonly<Record<string, unknown>>,
  common: Readonly<Record<string, unknown>> = {},
): Expanded {
  const rest = Object.fromEntries(Object.entries(options).filter(([key]) => !isShortcut(key)));
  const set = new Set(shortcuts.filter((key) => isSet(options[key])));
  const hasScenarios = isSet(options['scenarios']);
  const [first] = shaping(set, options);
  const problems = conflicts(set, options, hasScenarios);
  const none = { origins: new Map<string, string>(), warnings: warningsOf(set, options, hasScenarios) };
  if (hasScenarios && !isEmpty(options['scenarios'])) {
    return { ...none, options: rest, source: 'scenarios', problems };
  }
  if (first === undefined && set.has('vus') && !hasScenarios) {
    // Since k6 2.1: each of them has one iteration, whoever is quickest.
    const { vus } = options;
    for (const field of ['vus', 'iterations']) none.origins.set(`scenarios.${shortcutName}.${field}`, 'vus');
    const entry = { ...common, executor: 'shared-iterations', vus, iterations: vus };
    return {
      ...none,
      options: { ...rest, scenarios: { [shortcutName]: entry } },
      source: 'shortcuts',
      problems,
    };
  }
  if (first === undefined) {
    const scenarios = { [shortcutName]: { ...common, executor: 'per-vu-iterations', vus: 1, iterations: 1 } };
    return { ...none, options: { ...rest, scenarios }, source: 'none', problems };
  }
  const executor = executorOf[first];
  const entry: Record<string, unknown> = { ...common, executor };
  for (const key of set) {
    const field = fieldsOf[executor][key];
    if (field === undefined) continue;
    entry[field] = options[key];
    none.origins.set(`scenarios.${shortcutName}.${field}`, key);
  }
  const scenarios = { [shortcutName]: entry };
  return { ...none, options: { ...rest, scenarios }, source: 'shortcuts', problems };
}

/**
 * Options of several places, the weakest first. A place that says what is to be done (`duration`, `iterations`,
 * `stages`, `scenarios`) replaces all that those before it said of that; `vus` beside it is only another number.
 */
export function overlay(layers: readonly Readonly<Record<string, unknown>>[]): Record<string, unknown> {
  let merged: Record<string, unknown> = {};
  for (const layer of layers) {
    const given = Object.fromEntries(Object.entries(layer).filter(([, value]) => isSet(value)));
    const kept = Object.entries(merged).filter(([key]) => !isDeed(key) || !Object.keys(given).some(isDeed));
    merged = { ...Object.fromEntries(kept), ...given };
  }
  return merged;
}

const executorOf: Readonly<Record<Exclude<Shortcut, 'vus'>, ShortcutExecutor>> = {
  iterations: 'shared-iterations',
  duration: 'constant-vus',
  stages: 'ramping-vus',
};

/** Those that say what to do whatever else is there, in k6's order; an empty list of stages says nothing. */
function shaping(
  set: ReadonlySet<Shortcut>,
  options: Readonly<Record<string, unknown>>,
): Exclude<Shortcut, 'vus'>[] {
  return (['iterations', 'duration', 'stages'] as const).filter(
    (key) => set.has(key) && !(key === 'stages' && isEmpty(options['stages'])),
  );
}

function conflicts(
  set: ReadonlySet<Shortcut>,
  options: Readonly<Record<string, unknown>>,
  hasScenarios: boolean,
): Problem[] {
  const problems: Problem[] = [];
  const used = shaping(set, options);
  const [first] = used;
  if (first !== undefined && first !== 'stages' && used.includes('stages')) {
    const hint =
      first === 'duration'
        ? 'the stages say how long they last: remove duration'
        : 'remove one of them, or write both as scenarios of their own';
    problems.push({ field: first, value: options[first], message: "and 'stages' exclude each other", hint });
  }
  if (first !== undefined && hasScenarios) {
    const message = "and 'scenarios' exclude each other: both say what to do";
    const hint = `move it into the scenario that it is for, as an option of '${executorOf[first]}'`;
    problems.push({ field: first, value: options[first], message, hint });
  }
  const ms = durationMs(options['duration']);
  if (first === 'duration' && !hasScenarios && ms === 0) {
    const message = 'must be more than 0';
    problems.push({ field: 'duration', value: options['duration'], message });
  }
  return problems;
}

function warningsOf(
  set: ReadonlySet<Shortcut>,
  options: Readonly<Record<string, unknown>>,
  hasScenarios: boolean,
): string[] {
  const warnings: string[] = [];
  const shaped = shaping(set, options).length > 0;
  const emptyScenarios = hasScenarios && isEmpty(options['scenarios']);
  const written = hasScenarios && !emptyScenarios;
  if (set.has('vus') && written) {
    warnings.push(`vus (${show(options['vus'])}) has no effect beside scenarios: each of them has its own`);
  }
  if (set.has('stages') && !shaped && !written && !(set.has('vus') && !hasScenarios)) {
    warnings.push('stages is empty: one VU has one iteration');
  }
  if (emptyScenarios && !shaped) warnings.push('scenarios is empty: one VU has one iteration');
  return warnings;
}

function isShortcut(key: string): key is Shortcut {
  return shortcuts.some((shortcut) => shortcut === key);
}

/** Whether a key says what is to be done. */
function isDeed(key: string): boolean {
  return key === 'scenarios' || (isShortcut(key) && key !== 'vus');
}

/** For k6, null is absent. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0;
}
