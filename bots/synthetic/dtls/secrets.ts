/** Keys of a DTLS 1.2 session: the PRF (RFC 5246 §5), key expansion (§6.3), exporters (RFC 5705) and SRTP's keys (RFC 5764 §4.2). */
import { hash } from 'node:crypto';

export function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}

const blockBytes = 64;

/** HMAC (RFC 2104) by two hashes: a quarter of what `createHmac` takes for inputs this short, and there are eighteen. */
function hmac(inner: Buffer, outer: Buffer, ...parts: readonly Uint8Array[]): Buffer {
  return sha256(Buffer.concat([outer, sha256(Buffer.concat([inner, ...parts]))]));
}

/** P_SHA256: the hash of both cipher suites that are offered. `secret` is at most a block of the hash long. */
export function prf(secret: Uint8Array, label: string, seed: Uint8Array, length: number): Buffer {
  const inner = Buffer.alloc(blockBytes, 0x36);
  const outer = Buffer.alloc(blockBytes, 0x5c);
  for (const [index, byte] of secret.entries()) {
    inner[index] = 0x36 ^ byte;
    outer[index] = 0x5c ^ byte;
  }
  const labelled = Buffer.concat([Buffer.from(label, 'latin1'), seed]);
  const output = Buffer.alloc(Math.ceil(length / 32) * 32);
  let chained: Buffer = labelled;
  for (let at = 0; at < length; at += 32) {
    chained = hmac(inner, outer, chained);
    hmac(inner, outer, chained, labelled).copy(output, at);
  }
  return output.subarray(0, length);
}

export interface Randoms {
  readonly client: Buffer;
  readonly server: Buffer;
}

/** AES-128-GCM: no MAC keys, and four bytes of implicit nonce for each side (RFC 5288 §3). */
export interface RecordKeys {
  readonly clientKey: Buffer;
  readonly serverKey: Buffer;
  readonly clientSalt: Buffer;
  readonly serverSalt: Buffer;
}

export function recordKeys(master: Buffer, { client, server }: Randoms): RecordKeys {
  const block = prf(master, 'key expansion', Buffer.concat([server, client]), 40);
  return {
    clientKey: block.subarray(0, 16),
    serverKey: block.subarray(16, 32),
    clientSalt: block.subarray(32, 36),
    serverSalt: block.subarray(36, 40),
  };
}

/** Keys and salts of SRTP in bytes, by the number of RFC 5764 and RFC 7714. */
export const srtpProfiles = {
  1: { name: 'SRTP_AES128_CM_HMAC_SHA1_80', key: 16, salt: 14 },
  7: { name: 'SRTP_AEAD_AES_128_GCM', key: 16, salt: 12 },
  8: { name: 'SRTP_AEAD_AES_256_GCM', key: 32, salt: 12 },
} as const;
export type SrtpProfile = keyof typeof srtpProfiles;

export function isSrtpProfile(number: number): number is SrtpProfile {
  return Object.hasOwn(srtpProfiles, number);
}

/** `local` protects what is sent, `remote` what is received. */
export interface SrtpKeys {
  readonly profile: SrtpProfile;
  readonly localKey: Buffer;
  readonly localSalt: Buffer;
  readonly remoteKey: Buffer;
  readonly remoteSalt: Buffer;
}

export function srtpKeys(master: Buffer, { client, server }: Randoms, profile: SrtpProfile): SrtpKeys {
  const { key, salt } = srtpProfiles[profile];
  const material = prf(master, 'EXTRACTOR-dtls_srtp', Buffer.concat([client, server]), 2 * (key + salt));
  return {
    profile,
    localKey: material.subarray(0, key),
    remoteKey: material.subarray(key, 2 * key),
    localSalt: material.subarray(2 * key, 2 * key + salt),
    remoteSalt: material.subarray(2 * key + salt, 2 * (key + salt)),
  };
}
