/** k6's metrics for what a scenario measures itself. They end up among all others: in thresholds, samples and reports. */
import { nowMs } from '../clock.ts';
import { greatestTrendValue, ScriptBook, type Tags } from './book.ts';
import { declare, isLoading, type OwnMetric, type OwnMetricKind } from './declarations.ts';
import { currentScope } from './scope.ts';

/** Of this process: whoever runs the scenario's functions sends it on. */
export const scriptBook: ScriptBook = new ScriptBook();

const nobody = { group: '', bot: '' } as const;

/** Metrics that were given what is no value of them: said once of each. */
const warned = new Set<string>();

/** Adds a value for the bot whose function is calling. */
export function record(metric: OwnMetric, value: number, tags?: Tags): void {
  refuseWhileLoading(metric);
  scriptBook.add(currentScope() ?? nobody, metric, value, tags, nowMs());
}

function refuseWhileLoading({ name }: OwnMetric): void {
  if (isLoading()) throw new Error(`'${name}' counts what happens in a run: add to it in a function`);
}

function declared(kind: OwnMetricKind, name: string, isTime: boolean): OwnMetric {
  const unit = isTime ? 'ms' : kind === 'rate' ? 'ratio' : 'count';
  return declare({ name, kind, unit });
}

/** As in k6: what is no value is not counted, which is said, and ends no function. */
function add(metric: OwnMetric, value: unknown, tags: Tags | undefined): boolean {
  refuseWhileLoading(metric);
  const number = numberOf(value);
  const isHeld = metric.kind !== 'trend' || (number >= 0 && number <= greatestTrendValue);
  if (!Number.isFinite(number) || !isHeld) {
    warnOf(metric, value);
    return false;
  }
  record(metric, number, tags ?? undefined);
  return true;
}

/** Whatever JavaScript makes a number of, but for null; NaN where there is none. */
function numberOf(value: unknown): number {
  if (value === null) return Number.NaN;
  try {
    return Number(value);
  } catch {
    // A symbol, or an object that is no value at all.
    return Number.NaN;
  }
}

function warnOf({ name, kind }: OwnMetric, value: unknown): void {
  if (warned.has(name)) return;
  warned.add(name);
  const what = typeof value === 'object' && value !== null ? 'an object' : `'${String(value).slice(0, 100)}'`;
  const range = kind === 'trend' ? ', from 0 to 2^42' : '';
  const message = `${what} is no value for metric '${name}', which takes numbers and booleans${range}: such values are not counted`;
  const scope = currentScope();
  if (scope === undefined) process.stderr.write(`${message}\n`);
  else scope.warn(message);
}

/** A sum. */
export class Counter {
  readonly #metric: OwnMetric;

  constructor(name: string, isTime: boolean = false) {
    this.#metric = declared('counter', name, isTime);
  }

  get name(): string {
    return this.#metric.name;
  }

  /** @returns false where the value is none, and was not counted */
  add(value: number | boolean, tags?: Tags): boolean {
    return add(this.#metric, value, tags);
  }
}

/** The value that was added last. */
export class Gauge {
  readonly #metric: OwnMetric;

  constructor(name: string, isTime: boolean = false) {
    this.#metric = declared('gauge', name, isTime);
  }

  get name(): string {
    return this.#metric.name;
  }

  /** @returns false where the value is none, and was not counted */
  add(value: number | boolean, tags?: Tags): boolean {
    return add(this.#metric, value, tags);
  }
}

/** The share of values that are true, or not 0. */
export class Rate {
  readonly #metric: OwnMetric;

  constructor(name: string, isTime: boolean = false) {
    this.#metric = declared('rate', name, isTime);
  }

  get name(): string {
    return this.#metric.name;
  }

  /** @returns false where the value is none, and was not counted */
  add(value: number | boolean, tags?: Tags): boolean {
    return add(this.#metric, value, tags);
  }
}

/** A distribution, to three digits; of values from 0. */
export class Trend {
  readonly #metric: OwnMetric;

  /** @param isTime the values are milliseconds */
  constructor(name: string, isTime: boolean = false) {
    this.#metric = declared('trend', name, isTime);
  }

  get name(): string {
    return this.#metric.name;
  }

  /** @returns false where the value is none (below 0, too), and was not counted */
  add(value: number | boolean, tags?: Tags): boolean {
    return add(this.#metric, value, tags);
  }
}
