/** Readings of several entities, each at its own instants, as one line over time. Pure. */
import type { Sample } from '../../harness/record.ts';

export interface Moment {
  readonly atMs: number;
  /** Null is missing: a gap. */
  readonly value: number | null;
}

export interface TimeGrid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly steps: number;
}

/** A line of more points than this shows no more on a screen, and makes the file large. */
const pointsAtMost = 600;

/** Readings come once a second; an entity that was not read for longer than this has a gap. */
const gapMs = 4000;

export function timeGrid(samples: readonly Sample[]): TimeGrid {
  const startMs = Math.floor((samples[0]?.t ?? 0) / 1000) * 1000;
  const endMs = samples.reduce((latest, { t }) => Math.max(latest, t), startMs);
  const stepMs = Math.max(1, Math.ceil((endMs - startMs) / 1000 / pointsAtMost)) * 1000;
  return { startMs, stepMs, steps: Math.ceil((endMs - startMs) / stepMs) };
}

/** The mean of each entity's readings in each step; of several entities their sum, or the highest. */
export function meanOverTime(
  entities: ReadonlyMap<string, readonly Moment[]>,
  grid: TimeGrid,
  together: 'sum' | 'highest',
): readonly Moment[] {
  const lines = [...entities.values()].map((readings) => means(readings, grid));
  return combine(lines, grid, (values) => (together === 'sum' ? sum(values) : Math.max(...values)));
}

/** How fast cumulative counters grew, per second, summed over the entities; a counter that went back is a gap. */
export function rateOverTime(
  entities: ReadonlyMap<string, readonly Moment[]>,
  grid: TimeGrid,
): readonly Moment[] {
  const lines = [...entities.values()].map((readings) => rates(readings, grid));
  return combine(lines, grid, sum);
}

/** A step in which a living entity has no value has none in sum either: a part is not the whole. */
function combine(
  lines: readonly Line[],
  grid: TimeGrid,
  join: (values: readonly number[]) => number,
): readonly Moment[] {
  return Array.from({ length: grid.steps }, (_, step): Moment => {
    const living = lines.filter(({ first, last }) => step >= first && step <= last);
    const values = living.map(({ values: all }) => all[step] ?? null);
    const known = values.filter((value) => value !== null);
    const complete = known.length > 0 && known.length === values.length;
    return { atMs: grid.startMs + (step + 0.5) * grid.stepMs, value: complete ? join(known) : null };
  });
}

interface Line {
  readonly values: readonly (number | null)[];
  /** Steps of the first and the last reading. */
  readonly first: number;
  readonly last: number;
}

function stepOf(atMs: number, { startMs, stepMs }: TimeGrid): number {
  return Math.floor((atMs - startMs) / stepMs);
}

function lineOf(values: readonly (number | null)[]): Line {
  const first = values.findIndex((value) => value !== null);
  return {
    values,
    first: first === -1 ? values.length : first,
    last: values.findLastIndex((value) => value !== null),
  };
}

/** A reading speaks of the time since the one before it, also where that is several steps. */
function means(readings: readonly Moment[], grid: TimeGrid): Line {
  const bins = Array.from({ length: grid.steps }, (): number[] => []);
  let beforeMs = Number.NEGATIVE_INFINITY;
  for (const { atMs, value } of readings) {
    const last = stepOf(atMs, grid);
    const first = atMs - beforeMs > gapMs ? last : Math.min(last, stepOf(beforeMs, grid) + 1);
    beforeMs = atMs;
    if (value === null) continue;
    for (let step = first; step <= last; step += 1) bins[step]?.push(value);
  }
  return lineOf(bins.map((bin) => (bin.length === 0 ? null : sum(bin) / bin.length)));
}

/** The counter's growth over each step, on straight lines between its readings. */
function rates(readings: readonly Moment[], grid: TimeGrid): Line {
  const edges = Array.from({ length: grid.steps + 1 }, (_, step) => grid.startMs + step * grid.stepMs);
  const counts = countsAt(readings, edges);
  const values = counts.slice(1).map((count, step) => {
    const before = counts[step] ?? null;
    if (count === null || before === null || count < before) return null;
    return ((count - before) / grid.stepMs) * 1000;
  });
  return lineOf(values);
}

function countsAt(readings: readonly Moment[], edges: readonly number[]): readonly (number | null)[] {
  const known = readings.filter(({ value }) => value !== null);
  let next = 0;
  return edges.map((edge) => {
    while (next < known.length && (known[next]?.atMs ?? 0) < edge) next += 1;
    const after = known[next];
    if (after?.atMs === edge) return after.value;
    const before = known[next - 1];
    if (before === undefined || after === undefined || after.atMs - before.atMs > gapMs) return null;
    const share = (edge - before.atMs) / (after.atMs - before.atMs);
    const [from, to] = [before.value ?? 0, after.value ?? 0];
    return to < from ? null : from + (to - from) * share;
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
