/**
 * What the scenario's own functions measured in this process, by group, kind of bot and tags. Counters and rates are
 * cumulative, so that a lost message loses nothing; a trend's histogram is that since the last look.
 */
import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { BotKind } from '../bot.ts';
import type { EncodedHistogram } from '../readings.ts';
import type { OwnMetric } from './declarations.ts';

/** As in k6: texts. */
export type Tags = Readonly<Record<string, string | number | boolean>>;

export type ScriptValue = number | readonly [number, number] | EncodedHistogram;

export interface ScriptReading {
  readonly group: string;
  readonly bot: BotKind | '';
  /** In the form of a URL's query, sorted by key. */
  readonly tags: string;
  /** CLOCK_MONOTONIC, milliseconds. */
  readonly atMs: number;
  readonly values: Readonly<Record<string, ScriptValue>>;
}

interface Subject {
  readonly group: string;
  readonly bot: BotKind | '';
}

interface Cell {
  /** @param atMs CLOCK_MONOTONIC, milliseconds */
  add(value: number, atMs: number): void;
  /** Null: nothing since the last look. */
  take(): ScriptValue | null;
  /** When that was added, where the latest value is what counts; absent: it is that of the look. */
  readonly atMs?: number;
}

interface Row extends Subject {
  readonly tags: string;
  readonly cells: Map<string, Cell>;
  changed: boolean;
}

/** Sets of tags beyond this are a mistake (an id as a tag), and would fill disk and memory. */
export const mostTagSets = 1_000;

/** Histograms hold whole numbers: thousandths of a unit, up to what a double tells apart. */
const histogramScale = 1000;
export const greatestTrendValue: number = 2 ** 42;

export class ScriptBook {
  readonly #rows = new Map<string, Row>();
  /** Whether values lost their tags, since there were too many sets of them. */
  isFull = false;

  /** @param atMs of the value, CLOCK_MONOTONIC in milliseconds */
  add({ group, bot }: Subject, metric: OwnMetric, value: number, tags: Tags = {}, atMs: number = 0): void {
    const row = this.#rowOf({ group, bot }, queryOf(tags));
    let cell = row.cells.get(metric.name);
    if (cell === undefined) {
      cell = cells[metric.kind]();
      row.cells.set(metric.name, cell);
    }
    cell.add(value, atMs);
    row.changed = true;
  }

  /** What changed since the last look: first what has instants of its own, in their order. */
  take(atMs: number): readonly ScriptReading[] {
    const readings: ScriptReading[] = [];
    const timed: ScriptReading[] = [];
    for (const row of this.#rows.values()) {
      if (!row.changed) continue;
      row.changed = false;
      const { group, bot, tags } = row;
      const values: Record<string, ScriptValue> = {};
      for (const [name, cell] of row.cells) {
        const value = cell.take();
        if (value === null) continue;
        if (cell.atMs === undefined) values[name] = value;
        else timed.push({ group, bot, tags, atMs: cell.atMs, values: { [name]: value } });
      }
      if (Object.keys(values).length > 0) readings.push({ group, bot, tags, atMs, values });
    }
    return [...timed.sort((a, b) => a.atMs - b.atMs), ...readings];
  }

  #rowOf({ group, bot }: Subject, tags: string): Row {
    const key = JSON.stringify([group, bot, tags]);
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    if (tags !== '' && this.#rows.size >= mostTagSets) {
      this.isFull = true;
      return this.#rowOf({ group, bot }, '');
    }
    const row: Row = { group, bot, tags, cells: new Map(), changed: false };
    this.#rows.set(key, row);
    return row;
  }
}

function queryOf(tags: Tags): string {
  const query = new URLSearchParams(Object.entries(tags).map(([key, value]) => [key, String(value)]));
  query.sort();
  return query.toString();
}

const cells: Readonly<Record<OwnMetric['kind'], () => Cell>> = { counter, gauge, rate, trend };

function counter(): Cell {
  let sum = 0;
  return {
    add: (value) => {
      sum += value;
    },
    take: () => sum,
  };
}

/** Of all rows the value that was added last counts, not that of the row that is looked at last. */
function gauge(): Cell {
  let last: number | null = null;
  let addedMs = 0;
  return {
    add: (value, atMs) => {
      last = value;
      addedMs = atMs;
    },
    take: () => {
      const taken = last;
      last = null;
      return taken;
    },
    get atMs() {
      return addedMs;
    },
  };
}

/** Anything but 0 counts, as in k6. */
function rate(): Cell {
  let [counted, all] = [0, 0];
  return {
    add: (value) => {
      if (value !== 0) counted += 1;
      all += 1;
    },
    take: () => [counted, all],
  };
}

function trend(): Cell {
  const histogram: Histogram = build({
    numberOfSignificantValueDigits: 3,
    autoResize: true,
    useWebAssembly: false,
  });
  return {
    add: (value) => histogram.recordValue(Math.round(value * histogramScale)),
    take: () => {
      if (histogram.totalCount === 0) return null;
      const encoded = { scale: histogramScale, hdr: encodeIntoCompressedBase64(histogram) };
      histogram.reset();
      return encoded;
    },
  };
}
