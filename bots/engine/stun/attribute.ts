/** RFC 8489 §14 and §18.3, RFC 8445 §16.1: the attributes and numbers that ICE uses. */

export const attribute = {
  mappedAddress: 0x0001,
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  realm: 0x0014,
  nonce: 0x0015,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  software: 0x8022,
  fingerprint: 0x8028,
  iceControlled: 0x8029,
  iceControlling: 0x802a,
  /** Chrome sends these two; both may be ignored (their first bit is set). */
  networkInformation: 0xc057,
  nomination: 0xc001,
} as const;

/** Message types of the binding method: class bits folded in (§5). */
export const messageType = {
  request: 0x0001,
  indication: 0x0011,
  success: 0x0101,
  error: 0x0111,
} as const;

export const magicCookie = 0x2112a442;
export const stunHeaderLength = 20;
export const transactionLength = 12;
/** What FINGERPRINT's CRC is exclusive-ored with: "STUN". */
export const fingerprintMask = 0x5354554e;

/** HMAC-SHA1 of `length` bytes under `key`, 20 bytes written to `digest`: the caller's cipher library. */
export type HmacSha1Function = (
  key: Uint8Array,
  bytes: Uint8Array,
  at: number,
  length: number,
  digest: Uint8Array,
) => void;
