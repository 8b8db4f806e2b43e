/** The transform of each protection profile. */
import { createAeadTransform } from './aead.ts';
import type { SrtpCiphers } from './ciphers.ts';
import { createCounterTransform } from './counter-mode.ts';
import { deriveTransportKeys } from './key-derivation.ts';
import type { SrtpKeys } from './profile.ts';
import type { SrtpTransform } from './transform.ts';

export function createTransform(
  keys: SrtpKeys,
  ciphers: SrtpCiphers,
  direction: 'seal' | 'open',
): SrtpTransform {
  const derived = deriveTransportKeys(ciphers, keys);
  return keys.profile.name === 'AES_CM_128_HMAC_SHA1_80'
    ? createCounterTransform(derived, ciphers)
    : createAeadTransform(derived, ciphers, direction);
}
