/** This machine's CLOCK_MONOTONIC in milliseconds: the same instants in every process of the machine. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** setTimeout takes 31 bits; a longer one would fire at once. */
const longestMs = 2 ** 31 - 1;

/** Calls `act` at an instant, at once when it has passed. Returns how to call it off. */
export function at(instantMs: number, act: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const leftMs = instantMs - nowMs();
    if (leftMs <= 0) return act();
    // setTimeout rounds down to whole milliseconds and may come early: the rest is waited for again.
    timer = setTimeout(wait, Math.min(Math.max(1, leftMs), longestMs));
  };
  // Never synchronously: the caller holds the way to call it off before anything happens.
  timer = setTimeout(wait, Math.min(Math.max(0, instantMs - nowMs()), longestMs));
  return () => clearTimeout(timer);
}

/** The promise's value, or `late` when it takes longer than `ms`. The promise goes on; its failure is the caller's. */
export async function within<T, L>(ms: number, promise: Promise<T>, late: L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<L>((resolve) => {
    timer = setTimeout(() => resolve(late), ms);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
