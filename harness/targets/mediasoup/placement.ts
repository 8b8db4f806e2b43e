/** Which worker a new room goes to. Pure. */

export interface Candidate {
  readonly index: number;
  readonly alive: boolean;
  readonly load: { readonly consumers: number; readonly rooms: { readonly size: number } };
}

/** The living worker with the fewest consumers; ties by rooms, then by index. Undefined when none lives. */
export function leastLoaded<T extends Candidate>(workers: readonly T[], except?: T): T | undefined {
  return workers
    .filter((worker) => worker.alive && worker !== except)
    .toSorted(
      (one, other) =>
        one.load.consumers - other.load.consumers ||
        one.load.rooms.size - other.load.rooms.size ||
        one.index - other.index,
    )[0];
}
