/**
 * A copy of what a scenario exported, as plain data: what the file does to its object afterwards changes nothing,
 * and nothing here changes the file's object. Undefined fields are dropped, as JSON does.
 */
import { fieldOf, type Path, type Problem } from './problem.ts';

const deepest = 20;

export interface PlainCopy {
  readonly value: unknown;
  readonly problems: readonly Problem[];
}

export function plainCopy(value: unknown): PlainCopy {
  const problems: Problem[] = [];
  return { value: copy(value, [], problems), problems };
}

function copy(value: unknown, path: Path, problems: Problem[]): unknown {
  if (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  ) {
    return value;
  }
  if (typeof value !== 'object') {
    problems.push({ field: fieldOf(path), message: `is a ${typeof value}; options hold data only` });
    return undefined;
  }
  if (path.length >= deepest) {
    problems.push({ field: fieldOf(path), message: 'is nested too deeply, or contains itself' });
    return undefined;
  }
  if (Array.isArray(value)) {
    // A hole or an undefined element stays in its place, so that later ones keep their number.
    return Array.from(value, (element: unknown, at) =>
      element === undefined ? null : copy(element, [...path, at], problems),
    );
  }
  const entries: [string, unknown][] = [];
  for (const [key, field] of Object.entries(value)) {
    if (field !== undefined) entries.push([key, copy(field, [...path, key], problems)]);
  }
  return Object.fromEntries(entries.filter(([, field]) => field !== undefined));
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const field of Object.values(value)) deepFreeze(field);
  }
  return value;
}
