/** SIGINT, SIGTERM and SIGHUP as one wish to end. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Under npm one key press arrives twice within a millisecond: signals this close count as one. */
const sameWishMs = 500;

/** Calls `interrupt` for each wish; the returned function stops listening. */
export function onInterrupt(interrupt: () => void): () => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  const listener = (): void => {
    const atMs = performance.now();
    if (atMs - lastMs < sameWishMs) return;
    lastMs = atMs;
    interrupt();
  };
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
