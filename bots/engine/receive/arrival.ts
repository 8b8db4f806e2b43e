/** What a packet was to its stream when it arrived. */
export const arrival = {
  /** The newest so far. */
  next: 0,
  /** Fills a gap. */
  reordered: 1,
  /** Its number came before. */
  duplicate: 2,
  /** Older than the window knows: it stays counted as lost. */
  late: 3,
  /** Far from where the stream is; counted once the packet after it proves that the stream is there now. */
  stray: 4,
  /** RTX had brought it before: received, but nothing new. */
  overtaken: 5,
} as const;
export type Arrival = (typeof arrival)[keyof typeof arrival];
