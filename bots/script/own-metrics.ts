/** k6's metrics for what a scenario measures itself. They end up among all others: in thresholds, samples and reports. */
import { greatestTrendValue, ScriptBook, type Tags } from './book.ts';
import { declare, isLoading, type OwnMetric, type OwnMetricKind } from './declarations.ts';
import { currentScope } from './scope.ts';

/** Of this process: whoever runs the scenario's functions sends it on. */
export const scriptBook: ScriptBook = new ScriptBook();

const nobody = { group: '', bot: '' } as const;

/** Adds a value for the bot whose function is calling. */
export function record(metric: OwnMetric, value: number, tags?: Tags): void {
  if (isLoading()) throw new Error(`'${metric.name}' counts what happens in a run: add to it in a function`);
  scriptBook.add(currentScope() ?? nobody, metric, value, tags);
}

function declared(kind: OwnMetricKind, name: string, isTime: boolean): OwnMetric {
  const unit = isTime ? 'ms' : kind === 'rate' ? 'ratio' : 'count';
  return declare({ name, kind, unit });
}

function finite({ name }: OwnMetric, value: unknown): number {
  const number = typeof value === 'boolean' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new TypeError(`'${String(value)}' is no value for metric '${name}': a number or a boolean`);
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

  add(value: number | boolean, tags?: Tags): void {
    record(this.#metric, finite(this.#metric, value), tags);
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

  add(value: number | boolean, tags?: Tags): void {
    record(this.#metric, finite(this.#metric, value), tags);
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

  add(value: number | boolean, tags?: Tags): void {
    record(this.#metric, finite(this.#metric, value), tags);
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

  add(value: number | boolean, tags?: Tags): void {
    const number = finite(this.#metric, value);
    if (number < 0 || number > greatestTrendValue) {
      throw new RangeError(`${number} is no value for trend '${this.name}': it holds 0 to 2^42`);
    }
    record(this.#metric, number, tags);
  }
}
