/** Thresholds held against what was measured. */
import type { Measure } from './measure.ts';
import type { Operator, Threshold } from './threshold.ts';

export type ThresholdResult =
  | { readonly state: 'pass'; readonly threshold: Threshold; readonly observed: number }
  | { readonly state: 'fail'; readonly threshold: Threshold; readonly observed: number }
  | {
      readonly state: 'inconclusive';
      readonly threshold: Threshold;
      readonly observed: null;
      /** Why nothing can be said. */
      readonly reason: string;
    };

export function evaluate(threshold: Threshold, measure: Measure): ThresholdResult {
  const observed = measure.observe(threshold);
  if (observed === null) {
    return { state: 'inconclusive', threshold, observed: null, reason: reasonOf(threshold, measure) };
  }
  const { operator, bound } = threshold;
  // A bound that the histogram cannot tell from the value is met exactly: 30 frames a second are not more than 30.
  const value = observed.low <= bound && bound <= observed.high ? bound : observed.value;
  return { state: comparisons[operator](value, bound) ? 'pass' : 'fail', threshold, observed: value };
}

/**
 * Of all of them together: one that failed decides, then one on which nothing was measured. Null without any: nothing
 * was asked.
 */
export function verdictOf(results: readonly ThresholdResult[]): 'pass' | 'fail' | 'inconclusive' | null {
  if (results.length === 0) return null;
  const states = new Set(results.map(({ state }) => state));
  if (states.has('fail')) return 'fail';
  return states.has('inconclusive') ? 'inconclusive' : 'pass';
}

const comparisons: Readonly<Record<Operator, (value: number, bound: number) => boolean>> = {
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
  '==': (value, bound) => value === bound,
  '===': (value, bound) => value === bound,
  '!=': (value, bound) => value !== bound,
};

function reasonOf({ selector, kind }: Threshold, { seen }: Measure): string {
  const tags = Object.entries(selector.tags).map(([key, value]) => `${key}:${value}`);
  if (!seen) return `no reading of ${selector.name}`;
  if (kind === 'counter' || kind === 'rate') return `${selector.name} did not count anything that was asked`;
  return tags.length === 0
    ? `no value of ${selector.name}`
    : `no reading of ${selector.name} has ${tags.join(', ')}`;
}
