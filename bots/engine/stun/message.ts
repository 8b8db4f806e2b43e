/** RFC 8489 §5 and §14: reads a STUN message; attributes that ICE uses are found once, in one pass. */
import { fixedBytes, readUint16, readUint32, writeUint16 } from '../bytes.ts';
import { reason } from '../reason.ts';
import {
  attribute,
  fingerprintMask,
  type HmacSha1Function,
  magicCookie,
  stunHeaderLength,
  transactionLength,
} from './attribute.ts';
import { crc32 } from './crc32.ts';

/** Filled by `parseStun`. Offsets are absolute in the parsed bytes; −1 where the attribute is absent. */
export class StunMessage {
  type = 0;
  at = 0;
  length = 0;
  usernameAt = -1;
  usernameLength = 0;
  priority = -1;
  useCandidate = false;
  /** The 8 bytes of the tie-breaker. */
  controllingAt = -1;
  controlledAt = -1;
  /** 0: none. */
  errorCode = 0;
  /** XOR-MAPPED-ADDRESS, the value's first byte. */
  xorMappedAt = -1;
  xorMappedLength = 0;
  integrityAt = -1;
  fingerprintAt = -1;
  /** The first comprehension-required attribute that is not known here; 0: none. */
  unknown = 0;

  get transactionAt(): number {
    return this.at + 8;
  }
}

function clear(message: StunMessage, at: number, length: number): void {
  message.at = at;
  message.length = length;
  message.usernameAt = -1;
  message.usernameLength = 0;
  message.priority = -1;
  message.useCandidate = false;
  message.controllingAt = -1;
  message.controlledAt = -1;
  message.errorCode = 0;
  message.xorMappedAt = -1;
  message.xorMappedLength = 0;
  message.integrityAt = -1;
  message.fingerprintAt = -1;
  message.unknown = 0;
}

/** Returns the message's length, or a negative reason. A wrong fingerprint is one; integrity is for the caller. */
export function parseStun(message: StunMessage, bytes: Uint8Array, at: number, length: number): number {
  if (length < stunHeaderLength) return reason.truncated;
  message.type = readUint16(bytes, at);
  if (message.type >= 0x4000 || readUint32(bytes, at + 4) !== magicCookie) return reason.version;
  const body = readUint16(bytes, at + 2);
  if (body % 4 !== 0) return reason.length;
  if (stunHeaderLength + body > length) return reason.truncated;
  if (stunHeaderLength + body < length) return reason.length;
  clear(message, at, length);
  let next = at + stunHeaderLength;
  const end = at + length;
  while (next < end) {
    const type = readUint16(bytes, next);
    const size = readUint16(bytes, next + 2);
    const value = next + 4;
    if (value + size > end) return reason.truncated;
    // §14.7: nothing follows FINGERPRINT; §14.5: only FINGERPRINT counts after MESSAGE-INTEGRITY.
    if (message.fingerprintAt >= 0) return reason.malformed;
    if (message.integrityAt < 0 || type === attribute.fingerprint) {
      const refused = take(message, bytes, type, value, size);
      if (refused < 0) return refused;
    }
    next = value + ((size + 3) & ~3);
  }
  if (message.fingerprintAt >= 0) {
    const covered = message.fingerprintAt - 4 - at;
    const expected = (crc32(bytes, at, covered) ^ fingerprintMask) >>> 0;
    if (readUint32(bytes, message.fingerprintAt) !== expected) return reason.fingerprint;
  }
  return length;
}

function take(message: StunMessage, bytes: Uint8Array, type: number, value: number, size: number): number {
  switch (type) {
    case attribute.username:
      message.usernameAt = value;
      message.usernameLength = size;
      return size > 513 ? reason.malformed : 0;
    case attribute.messageIntegrity:
      message.integrityAt = value;
      return size === 20 ? 0 : reason.malformed;
    case attribute.fingerprint:
      message.fingerprintAt = value;
      return size === 4 ? 0 : reason.malformed;
    case attribute.priority:
      if (size !== 4) return reason.malformed;
      message.priority = readUint32(bytes, value);
      return 0;
    case attribute.useCandidate:
      message.useCandidate = true;
      return size === 0 ? 0 : reason.malformed;
    case attribute.iceControlling:
      message.controllingAt = value;
      return size === 8 ? 0 : reason.malformed;
    case attribute.iceControlled:
      message.controlledAt = value;
      return size === 8 ? 0 : reason.malformed;
    case attribute.errorCode:
      if (size < 4) return reason.malformed;
      message.errorCode = ((bytes[value + 2] as number) & 7) * 100 + (bytes[value + 3] as number);
      return 0;
    case attribute.xorMappedAddress: {
      const family = bytes[value + 1];
      if (size < 8 || !((family === 1 && size === 8) || (family === 2 && size === 20))) {
        return reason.malformed;
      }
      message.xorMappedAt = value;
      message.xorMappedLength = size;
      return 0;
    }
    case attribute.mappedAddress:
    case attribute.unknownAttributes:
    case attribute.realm:
    case attribute.nonce:
      return 0;
    default:
      if (type < 0x8000 && message.unknown === 0) message.unknown = type;
      return 0;
  }
}

const digest = fixedBytes(20);

/** §14.5. Writes to the length field for the time of the computation only. */
export function integrityMatches(
  message: StunMessage,
  bytes: Uint8Array,
  key: Uint8Array,
  hmacSha1: HmacSha1Function,
): boolean {
  const { at, integrityAt } = message;
  if (integrityAt < 0) return false;
  const stored = readUint16(bytes, at + 2);
  writeUint16(bytes, at + 2, integrityAt + 20 - at - stunHeaderLength);
  hmacSha1(key, bytes, at, integrityAt - 4 - at, digest);
  writeUint16(bytes, at + 2, stored);
  let difference = 0;
  for (let index = 0; index < 20; index += 1) {
    difference |= (digest[index] as number) ^ (bytes[integrityAt + index] as number);
  }
  return difference === 0;
}

/** §14.2: writes the 4 or 16 bytes of the address; returns their number. The port: `xorMappedPort`. */
export function readXorMappedAddress(message: StunMessage, bytes: Uint8Array, address: Uint8Array): number {
  const length = message.xorMappedLength - 4;
  for (let index = 0; index < length; index += 1) {
    address[index] =
      (bytes[message.xorMappedAt + 4 + index] as number) ^ (bytes[message.at + 4 + index] as number);
  }
  return length;
}

export function xorMappedPort(message: StunMessage, bytes: Uint8Array): number {
  return readUint16(bytes, message.xorMappedAt + 2) ^ (magicCookie >>> 16);
}

export function transactionEquals(
  message: StunMessage,
  bytes: Uint8Array,
  transaction: Uint8Array,
  at = 0,
): boolean {
  for (let index = 0; index < transactionLength; index += 1) {
    if (bytes[message.at + 8 + index] !== transaction[at + index]) return false;
  }
  return true;
}
