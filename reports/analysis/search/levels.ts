/** The levels that a search may ask for: a rising grid whose steps are as wide as they may be, in whole units. Pure. */

export interface LevelRange {
  readonly min: number;
  readonly max: number;
  /** Levels are whole multiples of it: the size of a room, where a level counts peers; 1 where it counts rooms. */
  readonly unit: number;
  /** Largest relative step. Where one unit is more, the grid is as fine as there are units. */
  readonly step: number;
}

export function levelGrid({ min, max, unit, step }: LevelRange): readonly number[] {
  if (!Number.isSafeInteger(unit) || unit < 1)
    throw new RangeError(`unit ${unit} is no positive whole number`);
  if (!(step > 0)) throw new RangeError(`step ${step} is not positive`);
  const last = Math.floor(max / unit);
  let units = Math.max(1, Math.ceil(min / unit));
  if (!(units <= last)) throw new RangeError(`no multiple of ${unit} between ${min} and ${max}`);
  const levels: number[] = [];
  while (units < last) {
    levels.push(units * unit);
    // Rounded down, so that no step is wider than asked for; the sum is exact where the step is a whole unit.
    units = Math.min(last, Math.max(units + 1, Math.floor(units * (1 + step) + 1e-9)));
  }
  levels.push(last * unit);
  return levels;
}

/** Index of the highest level that is not above `level`; 0 where all are. */
export function indexAtMost(levels: readonly number[], level: number): number {
  let [low, high] = [0, levels.length];
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if ((levels[middle] ?? Number.NaN) <= level) low = middle;
    else high = middle;
  }
  return low;
}

/** Index of the lowest level that is not below `level`; the last one where all are. */
export function indexAtLeast(levels: readonly number[], level: number): number {
  const index = indexAtMost(levels, level);
  return (levels[index] ?? Number.NaN) >= level ? index : Math.min(levels.length - 1, index + 1);
}
