/** Checks that take more than one field. They see entries whose shape is as it must be. */
import type { MediaOptions } from '../media-options.ts';
import type { ExpandedEntry, ExpandedOptions } from '../options.ts';
import { checkMedia, resolveMedia } from './media.ts';
import { checkNetwork } from './network.ts';
import { nearest, type Problem } from './problem.ts';
import { checkShape } from './shapes.ts';
import { checkSynthetic, checkSyntheticOptions } from './synthetic.ts';

/** What an entry is checked against. */
export interface Surroundings {
  readonly options: ExpandedOptions;
  /** What the scenario file exports. */
  readonly exports: Readonly<Record<string, unknown>>;
  readonly baseDir: string;
  /** Whether `options.media` can be relied upon. */
  readonly mediaKnown: boolean;
}

export function checkEntries(names: ReadonlySet<string>, around: Surroundings): Problem[] {
  const { options, baseDir, mediaKnown } = around;
  const problems: Problem[] = mediaKnown ? checkSyntheticOptions(options, names) : [];
  if (mediaKnown && options.media !== undefined)
    problems.push(...checkMedia(options.media, 'media', baseDir));
  for (const [name, entry] of Object.entries(options.scenarios ?? {})) {
    if (!names.has(name)) continue;
    const field = `scenarios.${name}`;
    problems.push(
      ...checkJoins(name, entry, field, around),
      ...checkRooms(entry, field),
      ...checkShape(entry, field, sizeOf(entry)),
      ...checkKinds(entry, field, around),
      ...checkExec(entry, field, around.exports),
      ...checkNetwork(entry, field, options),
      ...checkSynthetic(
        entry,
        field,
        mediaKnown ? resolveMedia(options.media, entry.media, baseDir) : null,
        options,
      ),
    );
    if (entry.media !== undefined) problems.push(...checkMedia(entry.media, `${field}.media`, baseDir));
  }
  return [...problems, ...checkSearches(names, options)];
}

/** A run ends with one capacity. */
function checkSearches(names: ReadonlySet<string>, { scenarios }: ExpandedOptions): Problem[] {
  const searches = [...names].filter((name) => scenarios[name]?.executor === 'capacity-search');
  const [first, ...others] = searches;
  return others.map((name) => ({
    field: `scenarios.${name}.executor`,
    value: 'capacity-search',
    message: `is that of '${first}', too: there is one search in a run`,
  }));
}

/** As the file may have it: each field by itself is good, their combination need not be one of the types'. */
interface LooseEntry {
  readonly executor: string;
  readonly duration?: unknown;
  readonly settle?: unknown;
  readonly startTime?: unknown;
  readonly gracefulStop?: unknown;
  readonly rooms?: { readonly size?: number } | undefined;
}

function checkJoins(name: string, entry: ExpandedEntry, field: string, { options }: Surroundings): Problem[] {
  if (entry.joins === undefined) return checkStanding(entry, field);
  const { joins } = entry;
  const loose = entry as LooseEntry;
  const { executor, rooms } = loose;
  const problems: Problem[] = checkHost(name, joins, `${field}.joins`, options);
  if (executor !== 'constant-vus') {
    const message = `with executor '${executor}' is not supported yet`;
    problems.push({ field: `${field}.joins`, value: joins, message, hint: "use 'constant-vus'" });
  }
  const itsOwn = {
    ...(executor === 'constant-vus' ? { duration: `it ends with '${joins}'` } : {}),
    settle: `it is measured with '${joins}', whose settle counts`,
    startTime: `it starts when '${joins}' has its first peers`,
    gracefulStop: `it ends with '${joins}'`,
  } as const;
  for (const [key, why] of Object.entries(itsOwn)) {
    const value = loose[key as keyof typeof itsOwn];
    if (value === undefined) continue;
    problems.push({ field: `${field}.${key}`, value, message: `has no meaning beside joins: ${why}` });
  }
  if (rooms?.size !== undefined) {
    const message = `has no meaning beside joins: the rooms are those of '${joins}'`;
    problems.push({ field: `${field}.rooms.size`, value: rooms.size, message });
  }
  return problems;
}

function checkHost(name: string, joins: string, field: string, options: ExpandedOptions): Problem[] {
  const place = { field, value: joins };
  const others = Object.keys(options.scenarios).filter((other) => other !== name);
  const host = Object.hasOwn(options.scenarios, joins) ? options.scenarios[joins] : undefined;
  if (joins === name) return [{ ...place, message: 'names the scenario itself' }];
  if (host === undefined) {
    const near = nearest(joins, others);
    const known = others.length === 0 ? 'there is no other scenario' : `the others are ${others.join(', ')}`;
    const hint = near === null ? known : `did you mean '${near}'?`;
    return [{ ...place, message: `names no scenario: '${joins}'`, hint }];
  }
  if (host.joins === undefined) return [];
  const message = `names '${joins}', which joins '${host.joins}' itself and has no rooms`;
  return [{ ...place, message, hint: `join '${host.joins}'` }];
}

/** What an entry with rooms of its own cannot do without. */
function checkStanding(entry: ExpandedEntry, field: string): Problem[] {
  const problems: Problem[] = [];
  if (entry.rooms === undefined) {
    problems.push({
      field: `${field}.rooms`,
      message: 'is missing; it must be an object such as { size: 4 }',
    });
  } else if (!('size' in entry.rooms)) {
    problems.push({
      field: `${field}.rooms.size`,
      message: 'is missing; it must be the number of peers of a full room',
    });
  }
  if (entry.executor === 'constant-vus' && entry.duration === undefined) {
    problems.push({
      field: `${field}.duration`,
      message: "is missing; it must be a duration, such as '30s'",
    });
  }
  return problems;
}

/** Undefined for an entry that joins another one, or lacks it. */
function sizeOf(entry: ExpandedEntry): number | undefined {
  return entry.rooms !== undefined && 'size' in entry.rooms ? entry.rooms.size : undefined;
}

function checkRooms(entry: ExpandedEntry, field: string): Problem[] {
  const size = sizeOf(entry);
  const publishers = entry.rooms?.publishers;
  if (size === undefined || typeof publishers !== 'number' || publishers <= size) return [];
  const message = `is ${publishers}, more than the ${size} peers of a room (rooms.size)`;
  return [{ field: `${field}.rooms.publishers`, value: publishers, message }];
}

function checkKinds(entry: ExpandedEntry, field: string, around: Surroundings): Problem[] {
  if (!around.mediaKnown) return [];
  const has = {
    audio: sends('audio', around.options.media, entry.media),
    video: sends('video', around.options.media, entry.media),
  };
  const problems: Problem[] = [];
  for (const kind of entry.rooms?.kinds ?? []) {
    if (has[kind]) continue;
    const message = `names '${kind}', which media switches off`;
    problems.push({ field: `${field}.rooms.kinds`, value: entry.rooms?.kinds, message });
  }
  const publishers = entry.rooms?.publishers ?? (entry.joins === undefined ? 'all' : 0);
  if (publishers !== 0 && !has.audio && !has.video) {
    const hint = 'switch audio or video on, or set rooms.publishers to 0';
    problems.push({
      field: `${field}.rooms.publishers`,
      message: 'has nothing to publish: media has neither audio nor video',
      hint,
    });
  }
  return problems;
}

function sends(
  kind: 'audio' | 'video',
  top: MediaOptions | undefined,
  own: MediaOptions | undefined,
): boolean {
  return (own?.[kind] ?? top?.[kind] ?? true) !== false;
}

function checkExec(
  entry: ExpandedEntry,
  field: string,
  exports: Readonly<Record<string, unknown>>,
): Problem[] {
  const { exec } = entry;
  if (exec === undefined) return [];
  const found = Object.hasOwn(exports, exec) ? exports[exec] : undefined;
  if (typeof found === 'function') return [];
  const functions = Object.keys(exports).filter((name) => typeof exports[name] === 'function');
  const near = nearest(exec, functions);
  const known =
    functions.length === 0 ? 'the file exports no function' : `exported functions: ${functions.join(', ')}`;
  const message =
    found === undefined
      ? `names '${exec}', which the file does not export`
      : `names '${exec}', which is no function`;
  return [
    { field: `${field}.exec`, value: exec, message, hint: near === null ? known : `did you mean '${near}'?` },
  ];
}
