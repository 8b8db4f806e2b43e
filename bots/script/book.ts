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
  add(value: number): void;
  /** Null: nothing since the last look. */
  take(): ScriptValue | null;
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

  add({ group, bot }: Subject, metric: OwnMetric, value: number, tags: Tags = {}): void {
    const row = this.#rowOf({ group, bot }, queryOf(tags));
    let cell = row.cells.get(metric.name);
    if (cell === undefined) {
      cell = cells[metric.kind]();
      row.cells.set(metric.name, cell);
    }
    cell.add(value);
    row.changed = true;
  }

  /** What changed since the last look. */
  take(atMs: number): readonly ScriptReading[] {
    const readings: ScriptReading[] = [];
    for (const row of this.#rows.values()) {
      if (!row.changed) continue;
      row.changed = false;
      const values: Record<string, ScriptValue> = {};
      for (const [name, cell] of row.cells) {
        const value = cell.take();
        if (value !== null) values[name] = value;
      }
      const { group, bot, tags } = row;
      readings.push({ group, bot, tags, atMs, values });
    }
    return readings;
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

function gauge(): Cell {
  let last = 0;
  return {
    add: (value) => {
      last = value;
    },
    take: () => last,
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
