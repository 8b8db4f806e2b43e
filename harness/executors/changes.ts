/** How a group gets from one number of peers to another: the last to come is the first to go. */
import type { Change } from './executor.ts';

/** One peer each `1 / ratePerSecond`, the first one at once. */
export function spacedChanges(from: number, to: number, ratePerSecond: number): Change[] {
  return changes(from, to, (nth) => (nth * 1_000) / ratePerSecond, 0);
}

/** Linear over a stage, as k6 does it: the n-th of all changes is due after n/all of the stage, the last at its end. */
export function linearChanges(from: number, to: number, durationMs: number, graceMs: number): Change[] {
  const all = Math.abs(to - from);
  return changes(from, to, (nth) => (durationMs * (nth + 1)) / all, graceMs);
}

function changes(from: number, to: number, offsetMs: (nth: number) => number, graceMs: number): Change[] {
  const up = to > from;
  return Array.from({ length: Math.abs(to - from) }, (_, nth) => ({
    offsetMs: offsetMs(nth),
    kind: up ? 'join' : 'leave',
    peer: up ? from + nth : from - 1 - nth,
    graceMs: up ? 0 : graceMs,
  }));
}
