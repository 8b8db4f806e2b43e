/** What is wrong with a scenario, as a value: everything is looked at before anything is thrown. */
import { distance } from 'fastest-levenshtein';
import { BenchError, type ErrorCode } from '../errors.ts';

export interface Problem {
  /** As the user would write it: `scenarios.crowd.levels[2]`. */
  readonly field: string;
  /** Completes a sentence that begins with the field. */
  readonly message: string;
  readonly value?: unknown;
  readonly hint?: string;
}

export type Path = readonly PropertyKey[];

/** More problems than this are counted, not listed. */
const listed = 20;

/** One error for all problems: the first one in its fields, the others in its message. */
export function problemError(code: ErrorCode, problems: readonly Problem[], file?: string): BenchError {
  const [first] = problems;
  const detail = {
    ...(file === undefined ? {} : { file }),
    ...(first === undefined ? {} : { field: first.field }),
    ...(first?.value === undefined ? {} : { value: plainValue(first.value) }),
    ...(first?.hint === undefined ? {} : { hint: first.hint }),
  };
  if (first === undefined || problems.length === 1) {
    return new BenchError(code, first === undefined ? 'invalid' : sentence(first), detail);
  }
  const lines = problems.slice(0, listed).map((problem, at) => {
    const hint = at === 0 || problem.hint === undefined ? '' : ` (${problem.hint})`;
    return `  - ${sentence(problem)}${hint}`;
  });
  if (problems.length > listed) lines.push(`  - and ${problems.length - listed} more`);
  return new BenchError(code, `${problems.length} problems\n${lines.join('\n')}`, detail);
}

function sentence(problem: Problem): string {
  return problem.field === '' ? problem.message : `${problem.field} ${problem.message}`;
}

export function fieldOf(path: Path): string {
  let field = '';
  for (const key of path) {
    if (typeof key === 'number') field += `[${key}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(String(key))) field += field === '' ? String(key) : `.${String(key)}`;
    else field += `[${JSON.stringify(String(key))}]`;
  }
  return field;
}

/** The known word that was probably meant, or null where none is near. */
export function nearest(word: string, known: readonly string[]): string | null {
  const lower = word.toLowerCase();
  const near = Math.max(1, Math.min(3, Math.floor(word.length / 3)));
  let best: string | null = null;
  let bestDistance = near + 1;
  for (const candidate of known) {
    const apart = distance(lower, candidate.toLowerCase());
    if (apart < bestDistance) [best, bestDistance] = [candidate, apart];
  }
  return (
    best ?? known.find((candidate) => lower.length >= 4 && candidate.toLowerCase().startsWith(lower)) ?? null
  );
}

/** A value in a message: short, and never an exception. */
export function show(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : String(plainValue(value, JSON.stringify));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** What JSON can hold, or a text that stands for it. */
function plainValue(value: unknown, ofPlain: (plain: unknown) => unknown = (plain) => plain): unknown {
  // JSON would make null of NaN, and cannot hold a cycle.
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'symbol') {
    return Number.isFinite(value) ? ofPlain(value) : String(value);
  }
  try {
    return JSON.stringify(value) === undefined ? `a value of type ${typeof value}` : ofPlain(value);
  } catch {
    return 'an object that JSON cannot hold';
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is found under a path, or undefined. */
export function valueAt(value: unknown, path: Path): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}
