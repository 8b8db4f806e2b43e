/** `options.thresholds` → thresholds, or everything that is wrong with them. */
import type { Problem } from '../../../harness/scenario/problem.ts';
import { type Mistake, type Nearest, parseExpression, type Subject } from './expression.ts';
import { parseSelector } from './selector.ts';
import type { Selector, Threshold } from './threshold.ts';

/** What thresholds can speak of. */
export interface Vocabulary {
  readonly metrics: Readonly<Record<string, Subject>>;
  /** Tags that readings may have, with their values where these are known beforehand; null: tags are not checked. */
  readonly tags: Readonly<Record<string, readonly string[] | null>> | null;
  readonly nearest: Nearest;
  /** Milliseconds of a duration in k6's notation; null for what is none. */
  readonly durationMs: (value: unknown) => number | null;
}

/** A problem whose field is a path yet, from the options down: `['thresholds', 'join_ms', 0]`. */
export interface ThresholdProblem extends Omit<Problem, 'field'> {
  readonly path: readonly (string | number)[];
}

export interface ParsedThresholds {
  readonly thresholds: readonly Threshold[];
  readonly problems: readonly ThresholdProblem[];
}

type Path = ThresholdProblem['path'];

const example = "thresholds: { join_ms: ['p(95)<2000'] }";
const fields = ['threshold', 'abortOnFail', 'delayAbortEval'] as const;

/** @param value plain data; undefined or null: no thresholds */
export function parseThresholds(value: unknown, vocabulary: Vocabulary): ParsedThresholds {
  if (value === undefined || value === null) return { thresholds: [], problems: [] };
  const path = ['thresholds'];
  if (!isRecord(value)) {
    return {
      thresholds: [],
      problems: [{ path, value, message: 'must be an object of lists', hint: example }],
    };
  }
  const thresholds: Threshold[] = [];
  const problems: ThresholdProblem[] = [];
  for (const [metric, list] of Object.entries(value)) {
    const at = [...path, metric];
    const subject = subjectOf(metric, at, vocabulary, problems);
    if (!Array.isArray(list)) {
      const hint = typeof list === 'string' ? `in a list: ['${list}']` : example;
      problems.push({ path: at, value: list, message: 'must be a list of thresholds', hint });
      continue;
    }
    // An empty list is k6's way to have a sub-metric in the summary, which the scenario keeps: it asks for nothing.
    for (const [index, entry] of list.entries()) {
      const threshold = parseEntry(entry, [...at, index], metric, subject, vocabulary, problems);
      if (threshold !== null) thresholds.push(threshold);
    }
  }
  return { thresholds, problems };
}

interface Known {
  readonly selector: Selector;
  readonly subject: Subject;
}

/** Null where the metric is not known: its expressions are not looked at, since nobody knows what they may say. */
function subjectOf(
  metric: string,
  path: Path,
  vocabulary: Vocabulary,
  problems: ThresholdProblem[],
): Known | null {
  const parsed = parseSelector(metric);
  if (!parsed.ok) {
    problems.push(misread(metric, path, parsed.mistake));
    return null;
  }
  const { name, tags } = parsed.value;
  const subject = Object.hasOwn(vocabulary.metrics, name) ? vocabulary.metrics[name] : undefined;
  if (subject === undefined) {
    problems.push({ path, value: name, message: 'names no metric', hint: metricHint(name, vocabulary) });
    return null;
  }
  for (const [key, value] of subject.hasAnyTags === true ? [] : Object.entries(tags)) {
    const problem = tagProblem(key, value, path, vocabulary);
    if (problem !== null) problems.push(problem);
  }
  return { selector: parsed.value, subject };
}

function metricHint(name: string, { metrics, nearest }: Vocabulary): string {
  const near = nearest(name, Object.keys(metrics));
  if (near !== null) return `did you mean '${near}'?`;
  if (/^(http|ws|grpc|browser)_/.test(name))
    return 'bots make no requests: how long a peer takes to join is join_ms';
  return 'the metrics are listed under metrics in the run.json of any run';
}

function tagProblem(
  key: string,
  value: string,
  path: Path,
  { tags, nearest }: Vocabulary,
): ThresholdProblem | null {
  if (tags === null) return null;
  const values = Object.hasOwn(tags, key) ? tags[key] : undefined;
  if (values === undefined) {
    const known = Object.keys(tags);
    return {
      path,
      value: key,
      message: `names no tag: '${key}'`,
      hint: hintOf(nearest(key, known), 'tags', known),
    };
  }
  if (values === null || values.includes(value)) return null;
  const hint = hintOf(nearest(value, values), key, values);
  return { path, value, message: `names no ${key}: '${value}'`, hint };
}

function hintOf(near: string | null, what: string, known: readonly string[]): string {
  return near === null ? `${what}: ${known.join(', ')}` : `did you mean '${near}'?`;
}

function parseEntry(
  entry: unknown,
  path: Path,
  metric: string,
  known: Known | null,
  vocabulary: Vocabulary,
  problems: ThresholdProblem[],
): Threshold | null {
  const before = problems.length;
  const { text, at, abortOnFail, delayAbortEvalMs } = readEntry(entry, path, vocabulary, problems);
  if (text === null || known === null) return null;
  const parsed = parseExpression(text, known.subject, vocabulary.nearest);
  if (!parsed.ok) problems.push(misread(text, at, parsed.mistake));
  if (!parsed.ok || problems.length > before) return null;
  const { selector, subject } = known;
  return {
    metric,
    expression: text.trim(),
    selector,
    kind: subject.kind,
    ...parsed.value,
    abortOnFail,
    delayAbortEvalMs,
  };
}

interface Entry {
  readonly text: string | null;
  /** Where the text stands. */
  readonly at: Path;
  readonly abortOnFail: boolean;
  readonly delayAbortEvalMs: number;
}

function readEntry(
  entry: unknown,
  path: Path,
  { durationMs, nearest }: Vocabulary,
  problems: ThresholdProblem[],
): Entry {
  const plain = { at: path, abortOnFail: false, delayAbortEvalMs: 0 };
  if (typeof entry === 'string') return { ...plain, text: entry };
  if (!isRecord(entry)) {
    const hint = "'p(95)<2000' or { threshold: 'p(95)<2000', abortOnFail: true }";
    problems.push({ path, value: entry, message: 'must be a text or an object', hint });
    return { ...plain, text: null };
  }
  for (const key of Object.keys(entry).filter((key) => !fields.some((field) => field === key))) {
    const hint = hintOf(nearest(key, fields), 'known here', fields);
    problems.push({ path: [...path, key], value: entry[key], message: 'is not known', hint });
  }
  const { threshold, abortOnFail = false, delayAbortEval } = entry;
  const at = [...path, 'threshold'];
  if (typeof threshold !== 'string')
    problems.push({
      path: at,
      value: threshold,
      message: threshold === undefined ? 'is missing' : 'must be a text',
    });
  if (typeof abortOnFail !== 'boolean')
    problems.push({
      path: [...path, 'abortOnFail'],
      value: abortOnFail,
      message: 'must be true or false',
    });
  const delayMs = delayAbortEval === undefined || delayAbortEval === null ? 0 : durationMs(delayAbortEval);
  if (delayMs === null) {
    const message = "must be a duration, such as '10s'";
    problems.push({ path: [...path, 'delayAbortEval'], value: delayAbortEval, message });
  }
  return {
    text: typeof threshold === 'string' ? threshold : null,
    at,
    abortOnFail: abortOnFail === true,
    delayAbortEvalMs: delayMs ?? 0,
  };
}

function misread(text: string, path: Path, { character, expected, hint }: Mistake): ThresholdProblem {
  const rest = text.slice(character - 1).trimEnd();
  const found =
    rest === '' ? 'the text ends' : `it has '${rest.length > 20 ? `${rest.slice(0, 19)}…` : rest}'`;
  const message = `'${text}' must have ${expected} at character ${character}, where ${found}`;
  return { path, value: text, message, ...(hint === undefined ? {} : { hint }) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
