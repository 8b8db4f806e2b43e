/**
 * A promise that a scenario may leave alone: what a session rejects with when it ends is in the events already, and
 * must not end the host as an unhandled rejection.
 */
export function harmless(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined);
  return promise;
}
