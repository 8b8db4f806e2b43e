/** RFC 3711 §4.3 (key derivation with a rate of 0), RFC 6188 §3 (256-bit), RFC 7714 §11 (96-bit salts). */
import { fixedBytes } from '../bytes.ts';
import type { SrtpCiphers } from './ciphers.ts';
import type { SrtpKeys } from './profile.ts';

export const keyLabel = {
  rtpEncryption: 0,
  rtpAuthentication: 1,
  rtpSalt: 2,
  rtcpEncryption: 3,
  rtcpAuthentication: 4,
  rtcpSalt: 5,
} as const;
export type KeyLabel = (typeof keyLabel)[keyof typeof keyLabel];

/** One session key of `length` bytes. */
export function deriveKey(ciphers: SrtpCiphers, keys: SrtpKeys, label: KeyLabel, length: number): Uint8Array {
  const cipher = ciphers.counter(keys.masterKey);
  cipher.iv.fill(0);
  cipher.iv.set(keys.masterSalt); // shorter salts are padded with zeros on the right
  cipher.iv[7] = (cipher.iv[7] as number) ^ label;
  const derived = fixedBytes(length);
  cipher.apply(derived, 0, length);
  cipher.close();
  return derived;
}

/** What a transform works with. */
export interface TransportKeys {
  readonly rtp: SessionKeys;
  readonly rtcp: SessionKeys;
}

/** Session keys of RTP or of RTCP. */
export interface SessionKeys {
  readonly encryption: Uint8Array;
  readonly authentication: Uint8Array;
  readonly salt: Uint8Array;
}

export function deriveTransportKeys(ciphers: SrtpCiphers, keys: SrtpKeys): TransportKeys {
  const { keyLength, saltLength, name } = keys.profile;
  if (keys.masterKey.length !== keyLength || keys.masterSalt.length !== saltLength) {
    throw new RangeError(`${name} needs a key of ${keyLength} bytes and a salt of ${saltLength}`);
  }
  const session = (first: 0 | 3): SessionKeys => ({
    encryption: deriveKey(ciphers, keys, first, keyLength),
    authentication: deriveKey(ciphers, keys, (first + 1) as KeyLabel, 20),
    salt: deriveKey(ciphers, keys, (first + 2) as KeyLabel, saltLength),
  });
  return { rtp: session(keyLabel.rtpEncryption), rtcp: session(keyLabel.rtcpEncryption) };
}
