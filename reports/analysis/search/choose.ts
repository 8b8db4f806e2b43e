/** Which level is worth a full trial next: first to bracket the capacity, then to narrow its interval. Pure. */
import type { Course } from './course.ts';
import { indexAtLeast, indexAtMost } from './levels.ts';
import { badProbability, type CapacityFit, type Curve } from './likelihood.ts';

/** Null when the bounds are as near as was asked for or as the grid permits, or nothing is left that could be measured. */
export function bracketLevel(course: Course): number | null {
  const { lower, upper } = course.bounds();
  if (lower !== null && upper !== null) {
    if (course.level(upper) <= course.level(lower) * (1 + course.goal.width)) return null;
    return unfinished(course, lower, upper) ?? between(course, lower, upper);
  }
  // Far below what bears most, begun levels need no end: a ramp's trials may be as long as full ones.
  if (lower === null) return towardsLower(course, upper);
  return unfinished(course, lower, course.goal.levels.length) ?? towardsUpper(course, lower);
}

/** The lowest level inside of which only some of its full trials were run. */
function unfinished(course: Course, from: number, to: number): number | null {
  const classes = course.classes();
  for (let index = from + 1; index < to; index += 1) {
    const { fullGoodMs, fullBadMs } = course.at(index).evidence;
    if (classes[index] === 'undecided' && fullGoodMs + fullBadMs > 0 && course.open(index)) return index;
  }
  return null;
}

/** The level in between that lies nearest to the geometric middle; null where none can be measured. */
function between(course: Course, from: number, to: number): number | null {
  const middle = Math.log(course.level(from) * course.level(to)) / 2;
  return nearest(course, from + 1, to - 1, (index) => -Math.abs(Math.log(course.level(index)) - middle));
}

/** The open level with the highest worth; the lower one of two. */
function nearest(course: Course, from: number, to: number, worth: (index: number) => number): number | null {
  let best: { readonly index: number; readonly worth: number } | null = null;
  for (let index = Math.max(0, from); index <= to; index += 1) {
    if (!course.open(index)) continue;
    const value = worth(index);
    if (best === null || value > best.worth) best = { index, worth: value };
  }
  return best?.index ?? null;
}

/** The first level above `from` of which short trials, or trials that never settled, say that it is too much. */
function suspect(course: Course, from: number): number | null {
  for (let index = from + 1; index < course.goal.levels.length; index += 1) {
    const { good, bad } = course.at(index);
    if (bad > good || !course.open(index)) return index;
  }
  return null;
}

function towardsLower(course: Course, upper: number | null): number | null {
  const top = upper ?? suspect(course, -1) ?? course.goal.levels.length;
  for (let index = top - 1; index >= 0; index -= 1) {
    if (course.at(index).good > 0 && course.open(index)) return index;
  }
  const below = indexAtMost(
    course.goal.levels,
    course.level(Math.min(top, course.goal.levels.length - 1)) / course.goal.rampFactor,
  );
  for (let index = Math.min(below, top - 1); index >= 0; index -= 1) if (course.open(index)) return index;
  const lowest = nearest(course, 0, top - 1, (index) => -index);
  if (lowest !== null || upper !== null) return lowest;
  // What never settles cannot become a bound: the next level above it may.
  return nearest(course, top, course.goal.levels.length - 1, (index) => -index);
}

function towardsUpper(course: Course, lower: number): number | null {
  const last = course.goal.levels.length - 1;
  const top = suspect(course, lower);
  if (top === null) {
    return lower === last ? null : course.above(lower);
  }
  const wide = course.level(top) > course.level(lower) * (1 + course.goal.width);
  const middle = wide ? between(course, lower, top) : null;
  // What never settles cannot become a bound: the next level above it may.
  return middle ?? nearest(course, top, last, (index) => -index) ?? between(course, lower, top);
}

/**
 * The level that keeps the interval wider than the fit alone would: an upper bound below what the fit takes for possible, or
 * a lower one above it, from the surprises of a few trials. More of them there decide whether it is one. Null where the
 * bounds lie within the fit's interval, or nothing can be measured there.
 */
export function pinningLevel(course: Course, fit: CapacityFit): number | null {
  const { lower, upper } = course.bounds();
  if (lower === null || upper === null) return null;
  const below = fit.low.point / course.level(lower);
  const above = course.level(upper) / fit.high.point;
  if (Math.max(below, above) <= 1) return null;
  return below > above
    ? nearest(course, lower + 1, upper, (at) => -at)
    : nearest(course, lower, upper - 1, (at) => at);
}

/**
 * The level at which a trial is expected to speak most against both ends of the interval at once: the divergence of what
 * the fit foretells from what each end would (Chernoff 1959, Sequential design of experiments).
 */
export function narrowingLevel(course: Course, fit: CapacityFit): number | null {
  const from = indexAtMost(course.goal.levels, fit.low.point);
  const to = indexAtLeast(course.goal.levels, fit.high.point);
  return nearest(course, from, to, (index) => {
    const level = course.level(index);
    return divergence(level, fit, fit.low) + divergence(level, fit, fit.high);
  });
}

function divergence(level: number, believed: Curve, other: Curve): number {
  const p = certain(badProbability(level, believed));
  const q = certain(badProbability(level, other));
  return p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
}

/** Not quite: else one surprise would outweigh everything. */
function certain(probability: number): number {
  return Math.min(1 - 1e-9, Math.max(1e-9, probability));
}
