/**
 * What is known of one metric, over all entities that have it. It takes readings as they come, so that a threshold
 * can be looked at every second of a long run. Missing is null: nothing measured is not 0.
 */
import type { EncodedHistogram, MetricKind, MetricValue } from '../../../harness/metrics.ts';
import { GatheredValues, indistinctFrom } from '../histogram.ts';
import { type GivenTags, matches, noGivenTags, tagsOf } from './tags.ts';
import type { Aggregate, Observed, Reading, Selector, Tags } from './threshold.ts';

/**
 * `run`: all readings of a run, so that counters of the run's own processes begin at 0. `window`: readings of a part
 * of it; a counter's growth is that between them.
 */
export type Scope = 'run' | 'window';

/** One kind of metric: how its readings add up. */
interface Gathering {
  /** Of one entity; `matching` readings count, the others only say where a counter stood. */
  take(value: Exclude<MetricValue, null>, reading: Reading, matching: boolean): void;
  observe(aggregate: Aggregate): Observed | null;
}

/** Readings come each second, and the first ones stand for the second before them. */
const readingMs = 1_000;

/** From the beginning of the load to the latest reading of whatever there is. */
class Duration {
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = 0;

  see(t: number): void {
    this.#firstMs = Math.min(this.#firstMs, t);
    this.#lastMs = Math.max(this.#lastMs, t);
  }

  get seconds(): number {
    return (this.#lastMs - Math.max(0, this.#firstMs - readingMs)) / 1_000;
  }
}

/** The metric that a selector names, as far as it was measured. */
export class Measure {
  readonly #selector: Selector;
  readonly #gathering: Gathering;
  readonly #given: GivenTags;
  readonly #tags = new Map<string, Tags>();
  readonly #load = new Duration();
  /** Whether anything of this name was measured, whatever its tags. */
  seen = false;

  constructor(
    selector: Selector,
    kind: MetricKind,
    { given = noGivenTags, scope = 'run' }: { readonly given?: GivenTags; readonly scope?: Scope } = {},
  ) {
    this.#selector = selector;
    this.#given = given;
    // A step is a time of its own; everything else is held against all of the load, as in k6.
    const load = scope === 'run' && selector.tags['step'] === undefined ? this.#load : null;
    this.#gathering = gatherings[kind](scope, load);
  }

  /** The load goes on at that instant, whatever is read of this metric. */
  see(t: number): void {
    this.#load.see(t);
  }

  /** Readings of an entity come in the order of their time. */
  take(reading: Reading): void {
    const { name, tags } = this.#selector;
    // What a scenario measures in its setup or teardown lies outside of the load.
    if (!reading.e.startsWith('own:')) this.see(reading.t);
    const value = Object.hasOwn(reading.v, name) ? reading.v[name] : undefined;
    if (value === undefined || value === null) return;
    this.seen = true;
    this.#gathering.take(value, reading, matches(tags, this.#tagsOf(reading.e), reading.s));
  }

  /** Null when nothing was measured. */
  observe(aggregate: Aggregate): Observed | null {
    return this.#gathering.observe(aggregate);
  }

  #tagsOf(entity: string): Tags {
    const known = this.#tags.get(entity);
    if (known !== undefined) return known;
    const tags = tagsOf(entity, this.#given);
    this.#tags.set(entity, tags);
    return tags;
  }
}

/** The metric that a selector names, over readings that are all there. */
export function metricOf(
  readings: Iterable<Reading>,
  selector: Selector,
  kind: MetricKind,
  options: { readonly given?: GivenTags; readonly scope?: Scope } = {},
): Measure {
  const measure = new Measure(selector, kind, options);
  for (const reading of readings) measure.take(reading);
  return measure;
}

const gatherings: Readonly<Record<MetricKind, (scope: Scope, load: Duration | null) => Gathering>> = {
  trend,
  rate,
  counter,
  gauge,
};

/** Values of all subjects and seconds, merged. */
function trend(): Gathering {
  const gathered = new GatheredValues();
  return {
    take: (value, _reading, matching) => {
      if (!matching) return;
      if (isHistogram(value)) gathered.add(value);
      else if (typeof value === 'number') gathered.record(value);
    },
    observe: ({ aggregation, percentile }) => {
      const distribution = gathered.distribution;
      if (distribution === null) return null;
      const { count, mean, min, max } = distribution;
      if (aggregation === 'count') return exactly(count);
      if (aggregation === 'avg') return around(mean);
      if (aggregation === 'min') return inBucket(min);
      if (aggregation === 'max') return inBucket(max);
      return inBucket(distribution.percentile(aggregation === 'med' ? 50 : (percentile ?? 50)));
    },
  };
}

/** Where buckets hold one value each, a mean is exact; elsewhere its parts are the middles of their buckets. */
function around(mean: number): Observed {
  const bucket = inBucket(mean);
  return bucket.low === bucket.high ? exactly(mean) : bucket;
}

function inBucket(value: number): Observed {
  const [low, high] = indistinctFrom(value);
  return { value, low, high };
}

function counter(scope: Scope, load: Duration | null): Gathering {
  const growth = new Growth(scope);
  return {
    take: (value, reading, matching) => {
      if (typeof value === 'number') growth.take(reading, value, matching);
    },
    observe: ({ aggregation }) => {
      const { sum } = growth;
      if (sum === null) return null;
      if (aggregation !== 'rate') return exactly(sum);
      const { seconds } = growth.isOfRun && load !== null ? load : growth;
      return seconds > 0 ? exactly(sum / seconds) : null;
    },
  };
}

/** Numerator over denominator, both as they grew. */
function rate(scope: Scope): Gathering {
  const parts = [new Growth(scope), new Growth(scope)] as const;
  return {
    take: (value, reading, matching) => {
      if (!isPair(value)) return;
      parts[0].take(reading, value[0], matching);
      parts[1].take(reading, value[1], matching);
    },
    observe: ({ aggregation }) => {
      const [numerator, denominator] = [parts[0].sum, parts[1].sum];
      if (aggregation === 'count') return denominator === null ? null : exactly(denominator);
      return numerator === null || !denominator ? null : exactly(numerator / denominator);
    },
  };
}

/** The value that was read last. */
function gauge(): Gathering {
  let last: { readonly t: number; readonly value: number } | null = null;
  return {
    take: (value, { t }, matching) => {
      if (matching && typeof value === 'number' && (last === null || t >= last.t)) last = { t, value };
    },
    observe: () => (last === null ? null : exactly(last.value)),
  };
}

/** Counters that the run's own processes began at 0; the SFU's may be older than the run. */
function beginsWithRun(entity: string): boolean {
  return !/^(?:worker|sweep|node)(?::|$)/.test(entity);
}

/** How much a cumulative counter grew, each entity by itself: those of different hosts must not be mixed. */
class Growth {
  readonly #scope: Scope;
  readonly #last = new Map<string, { t: number; value: number }>();
  /** Null until a growth was seen. */
  sum: number | null = null;
  /** Whether it began with the run, and so counts all of it. */
  isOfRun = true;
  #fromMs = Number.POSITIVE_INFINITY;
  #toMs = 0;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** From the first reading that the growth began at to the last one. */
  get seconds(): number {
    return (this.#toMs - this.#fromMs) / 1_000;
  }

  take({ e, t }: Reading, value: number, matching: boolean): void {
    const begins = this.#scope === 'run' && beginsWithRun(e) ? { t: 0, value: 0 } : null;
    const last = this.#last.get(e) ?? begins;
    this.#last.set(e, { t, value });
    if (!matching || last === null) return;
    this.isOfRun &&= beginsWithRun(e);
    // Lost packets may come after all (RFC 3550 §6.4.1): a counter may fall.
    this.sum = (this.sum ?? 0) + value - last.value;
    this.#fromMs = Math.min(this.#fromMs, last.t);
    this.#toMs = Math.max(this.#toMs, t);
  }
}

function exactly(value: number): Observed {
  return { value, low: value, high: value };
}

function isHistogram(value: MetricValue): value is EncodedHistogram {
  return typeof value === 'object' && value !== null && 'hdr' in value;
}

function isPair(value: MetricValue): value is readonly [number, number] {
  return Array.isArray(value);
}
