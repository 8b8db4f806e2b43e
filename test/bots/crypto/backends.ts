/** The cipher backends that run here. */
import { nodeCiphers } from '../../../bots/crypto/node.ts';
import { opensslCiphers } from '../../../bots/crypto/openssl.ts';
import type { SrtpCiphers } from '../../../bots/engine/srtp/ciphers.ts';

export function backends(): readonly SrtpCiphers[] {
  const fast = opensslCiphers();
  return fast.state === 'ready' ? [nodeCiphers, fast.ciphers] : [nodeCiphers];
}
