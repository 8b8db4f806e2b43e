/** DTLS-SRTP protection profiles: RFC 5764 §4.1.2 and RFC 7714 §14.2. */

export interface SrtpProfile {
  readonly name: 'AEAD_AES_256_GCM' | 'AEAD_AES_128_GCM' | 'AES_CM_128_HMAC_SHA1_80';
  /** The value in DTLS's use_srtp extension. */
  readonly id: number;
  readonly keyLength: number;
  readonly saltLength: number;
  readonly tagLength: number;
}

/** In the order in which Chrome prefers them. */
export const srtpProfiles: readonly SrtpProfile[] = [
  { name: 'AEAD_AES_256_GCM', id: 8, keyLength: 32, saltLength: 12, tagLength: 16 },
  { name: 'AEAD_AES_128_GCM', id: 7, keyLength: 16, saltLength: 12, tagLength: 16 },
  { name: 'AES_CM_128_HMAC_SHA1_80', id: 1, keyLength: 16, saltLength: 14, tagLength: 10 },
];

export function srtpProfileOf(id: number): SrtpProfile | null {
  return srtpProfiles.find((profile) => profile.id === id) ?? null;
}

/** The master key and salt of one direction, as DTLS exports them (RFC 5764 §4.2). */
export interface SrtpKeys {
  readonly profile: SrtpProfile;
  readonly masterKey: Uint8Array;
  readonly masterSalt: Uint8Array;
}

/** What SRTP adds to an RTP packet, and at most to an RTCP packet (the tag and the index word). */
export const srtpOverhead = 16;
export const srtcpOverhead = 20;
