/** HMAC-SHA1 for STUN's MESSAGE-INTEGRITY: a few messages a minute, so `node:crypto` is quick enough. */
import { createHmac } from 'node:crypto';

export function hmacSha1(
  key: Uint8Array,
  bytes: Uint8Array,
  at: number,
  length: number,
  digest: Uint8Array,
): void {
  digest.set(
    createHmac('sha1', key)
      .update(bytes.subarray(at, at + length))
      .digest(),
  );
}
