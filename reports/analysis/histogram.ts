/**
 * Histograms as they travel and are stored: HdrHistogram V2, deflated, base64, three significant digits. Values are
 * multiplied by `scale` before they are recorded, since the histogram holds whole numbers.
 */
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';
import type { EncodedHistogram } from '../../harness/metrics.ts';

const scale = 1000;

/** Percentiles and mean of values that may have come from many hosts and seconds. */
export interface Distribution {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  percentile(percent: number): number;
}

function empty(): Histogram {
  return build({ bitBucketSize: 64, autoResize: true, numberOfSignificantValueDigits: 3 });
}

/** Null for no values: an empty histogram would read as 0. Negative values count as 0. */
export function encode(values: readonly number[]): EncodedHistogram | null {
  if (values.length === 0) return null;
  const histogram = empty();
  for (const value of values) histogram.recordValue(Math.max(0, Math.round(value * scale)));
  return { scale, hdr: encodeIntoCompressedBase64(histogram) };
}

/** Merges histograms of one scale; null when there is no value in any of them. */
export function merge(parts: readonly EncodedHistogram[]): Distribution | null {
  const merged = new GatheredValues();
  for (const part of parts) merged.add(part);
  return merged.distribution;
}

/** Values that keep coming, by themselves or in histograms of one scale. */
export class GatheredValues {
  readonly #histogram = empty();

  add(part: EncodedHistogram): void {
    if (part.scale !== scale) throw new RangeError(`histogram of scale ${part.scale}, expected ${scale}`);
    this.#histogram.add(decodeFromCompressedBase64(part.hdr));
  }

  /** A negative value counts as 0. */
  record(value: number): void {
    this.#histogram.recordValue(Math.max(0, Math.round(value * scale)));
  }

  /** Of all values so far, read at once; null while there is none. */
  get distribution(): Distribution | null {
    const histogram = this.#histogram;
    if (histogram.totalCount === 0) return null;
    return {
      count: histogram.totalCount,
      min: histogram.getValueAtPercentile(0) / scale,
      max: histogram.maxValue / scale,
      mean: histogram.mean / scale,
      percentile: (percent) => histogram.getValueAtPercentile(percent) / scale,
    };
  }
}

/** The values that a histogram of three digits counts as one with this one: from, to. */
export function indistinctFrom(value: number): readonly [number, number] {
  const raw = Math.max(0, Math.round(value * scale));
  const width = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, raw))) - 10);
  const low = Math.floor(raw / width) * width;
  return [low / scale, (low + width - 1) / scale];
}

/** The value below which `percent` of the given values lie (nearest rank); null for no values. */
export function percentileOf(values: readonly number[], percent: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.min(sorted.length - 1, Math.max(0, rank - 1))] ?? null;
}
