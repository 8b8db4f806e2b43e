/** Random numbers that come again: what a run draws from its seed, it draws again for the same seed. */

/** A seed out of some words: FNV-1a, 32 bits. */
export function seedOf(...words: readonly (string | number)[]): number {
  let sum = 0x811c9dc5;
  const text = words.join('\0');
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return sum;
}

/** mulberry32 from `seed` on: 0 ≤ value < 1. */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
