/** What benchmarks sum up by, and how they print it. */

/** Of an even number of values, what lies between the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (at: number): number => sorted[Math.floor(at)] ?? Number.NaN;
  return (middle((values.length - 1) / 2) + middle(values.length / 2)) / 2;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
