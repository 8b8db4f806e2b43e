/**
 * Why input was refused. Parsers return one of these instead of a length; every one is below 0, so that `< 0`
 * is the whole test on the hot path.
 */
export const reason = {
  /** Shorter than its own fields say. */
  truncated: -1,
  /** Version bits or cookie of another protocol. */
  version: -2,
  /** A length field that contradicts the datagram. */
  length: -3,
  /** A field that has a value which the RFC forbids. */
  malformed: -4,
  /** The authentication tag or MESSAGE-INTEGRITY does not match. */
  authentication: -5,
  /** Seen before, by the replay window. */
  replayed: -6,
  /** Older than the replay window reaches. */
  tooOld: -7,
  /** More sources than the session was made for. */
  tooManySources: -8,
  /** The caller's buffer is too small for what is to be written. */
  noSpace: -9,
  /** A STUN response to no request of ours, or to one that was given up. */
  unknownTransaction: -10,
  /** STUN without USERNAME, or with one that is not ours. */
  username: -11,
  /** FINGERPRINT does not match. */
  fingerprint: -12,
  /** A packet of a kind that the caller did not ask for. */
  unexpected: -13,
  /** The key has protected as many packets as its RFC allows. */
  keyExhausted: -14,
  /** A request's comprehension-required attribute that we do not know. */
  unknownAttribute: -15,
} as const;

export type ReasonName = keyof typeof reason;

const names: readonly string[] = Object.entries(reason)
  .sort(([, left], [, right]) => right - left)
  .map(([name]) => name);

/** The name of a negative return value, for findings and logs. */
export function reasonName(code: number): ReasonName | 'none' {
  return (names[-code - 1] ?? 'none') as ReasonName | 'none';
}
