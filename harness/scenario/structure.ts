/** Checks the shape of `options` and says in words what is wrong with it. */
import type { z } from 'zod';
import { entrySchemas, knownKeys } from './entries.ts';
import { meaningless, notYetEntry, notYetExecutors, notYetTop } from './known-keys.ts';
import { fieldOf, isRecord, nearest, type Path, type Problem, show, valueAt } from './problem.ts';
import { optionsSchema, type Place } from './schema.ts';

export interface Structure {
  readonly problems: readonly Problem[];
  /** Whether everything beside the entries is as it must be. */
  readonly top: boolean;
  /** Names of the entries that are as they must be. */
  readonly entries: ReadonlySet<string>;
}

/** Names become part of room and peer ids, of file names and of tags. */
export const namePattern = /^[A-Za-z0-9_-]{1,40}$/;

/** @param options plain data */
export function checkStructure(options: Readonly<Record<string, unknown>>): Structure {
  const problems = problemsOf(optionsSchema, options, []);
  const top = problems.length === 0;
  const entries = new Set<string>();
  for (const [name, entry] of entriesOf(options, problems)) {
    const found = checkEntry(name, entry);
    if (found.length === 0) entries.add(name);
    problems.push(...found);
  }
  return { problems, top, entries };
}

function entriesOf(options: Readonly<Record<string, unknown>>, problems: Problem[]): [string, unknown][] {
  const scenarios = options['scenarios'];
  const hint =
    "scenarios: { crowd: { executor: 'staircase', rooms: { size: 4 }, levels: [4, 8], hold: '30s' } }";
  if (scenarios === undefined) {
    problems.push({ field: 'scenarios', message: 'is missing', hint });
    return [];
  }
  if (!isRecord(scenarios) || Object.keys(scenarios).length === 0) {
    const message = `must be an object with at least one entry, not ${show(scenarios)}`;
    problems.push({ field: 'scenarios', value: scenarios, message, hint });
    return [];
  }
  return Object.entries(scenarios);
}

function checkEntry(name: string, entry: unknown): Problem[] {
  const path = ['scenarios', name];
  const problems: Problem[] = [];
  if (!namePattern.test(name)) {
    const message = 'has a name that cannot be part of a room id: only A–Z, a–z, 0–9, _ and -, at most 40';
    problems.push({ field: fieldOf(path), value: name, message });
  }
  if (!isRecord(entry)) {
    problems.push({ field: fieldOf(path), value: entry, message: `must be an object, not ${show(entry)}` });
    return problems;
  }
  const { executor } = entry;
  if (isExecutor(executor)) problems.push(...problemsOf(entrySchemas[executor], entry, path));
  else problems.push(executorProblem(executor, path));
  return problems;
}

function isExecutor(value: unknown): value is keyof typeof entrySchemas {
  return typeof value === 'string' && Object.hasOwn(entrySchemas, value);
}

function executorProblem(executor: unknown, path: Path): Problem {
  const field = fieldOf([...path, 'executor']);
  const known = Object.keys(entrySchemas);
  const hint = `known: ${known.join(', ')}`;
  if (executor === undefined) return { field, message: 'is missing', hint };
  const value = executor;
  if (typeof executor !== 'string')
    return { field, value, message: `must be a name, not ${show(executor)}`, hint };
  if (notYetExecutors.includes(executor)) {
    return { field, value, message: `'${executor}' is not supported yet`, hint };
  }
  const near = nearest(executor, known);
  const message = `'${executor}' is no executor`;
  return { field, value, message, hint: near === null ? hint : `did you mean '${near}'?` };
}

function problemsOf(schema: z.ZodType, value: unknown, base: Path): Problem[] {
  const issues = schema.safeParse(value).error?.issues ?? [];
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      const place = issue.message as Place;
      return issue.keys.map((key) =>
        unknownKey(key, place, [...path, key], valueAt(value, [...issue.path, key])),
      );
    }
    const found = valueAt(value, issue.path);
    if (found === undefined)
      return [{ field: fieldOf(path), message: `is missing; it must be ${issue.message}` }];
    return [{ field: fieldOf(path), value: found, message: `must be ${issue.message}, not ${show(found)}` }];
  });
}

function unknownKey(key: string, place: Place, path: Path, value: unknown): Problem {
  const field = fieldOf(path);
  const isEntry = Object.hasOwn(entrySchemas, place);
  const notYet = place === 'options' ? notYetTop : isEntry ? notYetEntry : [];
  if (notYet.includes(key)) {
    const hint = 'remove it: what is not evaluated must not look as if it were';
    return { field, value, message: 'is not supported yet', hint };
  }
  const why = place === 'options' || isEntry ? meaningless.get(key) : undefined;
  if (why !== undefined) return { field, value, message: `has no meaning here: ${why}` };
  const owner = isEntry
    ? Object.entries(entrySchemas).find(([, { shape }]) => Object.hasOwn(shape, key))
    : undefined;
  if (owner !== undefined)
    return { field, value, message: `belongs to executor '${owner[0]}', not to '${place}'` };
  const known = knownKeys[place];
  const near = nearest(key, known);
  const hint = near === null ? `known here: ${known.join(', ')}` : `did you mean '${near}'?`;
  return { field, value, message: 'is not known', hint };
}
