/** All thresholds of a run while it runs: it takes readings and says at any instant how things stand. */
import { evaluate, type ThresholdResult } from './evaluate.ts';
import { Measure } from './measure.ts';
import { type GivenTags, noGivenTags } from './tags.ts';
import type { Reading, Threshold } from './threshold.ts';

export interface Look {
  readonly results: readonly ThresholdResult[];
  /** The first one for which the run is to be ended now; null: it goes on. */
  readonly abort: Extract<ThresholdResult, { readonly state: 'fail' }> | null;
}

export class ThresholdWatch {
  readonly #thresholds: readonly { readonly threshold: Threshold; readonly measure: Measure }[];
  /** Thresholds on the same metric and tags share what was measured. */
  readonly #measures = new Map<string, Measure>();

  constructor(thresholds: readonly Threshold[], given: GivenTags = noGivenTags) {
    this.#thresholds = thresholds.map((threshold) => {
      const { kind, selector } = threshold;
      const key = JSON.stringify([
        selector.name,
        Object.entries(selector.tags).sort(([a], [b]) => (a < b ? -1 : 1)),
      ]);
      const measure = this.#measures.get(key) ?? new Measure(selector, kind, { given });
      this.#measures.set(key, measure);
      return { threshold, measure };
    });
  }

  /** Readings of an entity come in the order of their time. */
  take(readings: Iterable<Reading>): void {
    for (const reading of readings) for (const measure of this.#measures.values()) measure.take(reading);
  }

  /** @param atMs instant of the look, since the start of the run */
  look(atMs: number): Look {
    const results = this.#thresholds.map(({ threshold, measure }) => evaluate(threshold, measure));
    const abort = results.find(
      (result): result is Extract<ThresholdResult, { readonly state: 'fail' }> =>
        result.state === 'fail' && result.threshold.abortOnFail && atMs >= result.threshold.delayAbortEvalMs,
    );
    return { results, abort: abort ?? null };
  }
}
