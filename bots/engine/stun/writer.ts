/** RFC 8489 §5 and §14: writes a STUN message into the caller's buffer, attribute after attribute. */
import { copyBytes, fixedBytes, writeUint16, writeUint32 } from '../bytes.ts';
import {
  attribute,
  fingerprintMask,
  type HmacSha1Function,
  magicCookie,
  stunHeaderLength,
  transactionLength,
} from './attribute.ts';
import { crc32 } from './crc32.ts';

const digest = fixedBytes(20);

/** The longest message that the ICE client writes: two ufrags of 256 bytes. */
export const maxStunLength = 700;

export class StunWriter {
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #next = 0;

  begin(bytes: Uint8Array, at: number, type: number, transaction: Uint8Array, transactionAt: number): void {
    this.#bytes = bytes;
    this.#start = at;
    this.#next = at + stunHeaderLength;
    writeUint16(bytes, at, type);
    writeUint32(bytes, at + 4, magicCookie);
    copyBytes(transaction, transactionAt, bytes, at + 8, transactionLength);
  }

  /** `filler` pads to four bytes; RFC 5769's vectors use spaces. */
  value(type: number, value: Uint8Array, valueAt: number, length: number, filler = 0): void {
    const at = this.#head(type, length);
    copyBytes(value, valueAt, this.#bytes, at, length);
    this.#next = at + length;
    while (this.#next < at + ((length + 3) & ~3)) {
      this.#bytes[this.#next] = filler;
      this.#next += 1;
    }
  }

  bytes(type: number, value: Uint8Array, filler = 0): void {
    this.value(type, value, 0, value.length, filler);
  }

  flag(type: number): void {
    this.#head(type, 0);
  }

  uint32(type: number, value: number): void {
    const at = this.#head(type, 4);
    writeUint32(this.#bytes, at, value);
    this.#next = at + 4;
  }

  /** §14.8; the reason phrase is left empty. */
  errorCode(code: number): void {
    this.uint32(attribute.errorCode, (Math.floor(code / 100) << 8) | (code % 100));
  }

  /** §14.9: one attribute that was not understood. */
  unknownAttribute(type: number): void {
    const at = this.#head(attribute.unknownAttributes, 2);
    writeUint16(this.#bytes, at, type);
    writeUint16(this.#bytes, at + 2, 0);
    this.#next = at + 4;
  }

  /** §14.2; `address` of 4 or 16 bytes. */
  xorMappedAddress(address: Uint8Array, length: number, port: number): void {
    const at = this.#head(attribute.xorMappedAddress, 4 + length);
    const bytes = this.#bytes;
    writeUint16(bytes, at, length === 4 ? 1 : 2);
    writeUint16(bytes, at + 2, port ^ (magicCookie >>> 16));
    for (let index = 0; index < length; index += 1) {
      bytes[at + 4 + index] = (address[index] as number) ^ (bytes[this.#start + 4 + index] as number);
    }
    this.#next = at + 4 + length;
  }

  /** MESSAGE-INTEGRITY over what was written so far. */
  integrity(key: Uint8Array, hmacSha1: HmacSha1Function): void {
    const end = this.#next;
    const at = this.#head(attribute.messageIntegrity, 20);
    writeUint16(this.#bytes, this.#start + 2, at + 20 - this.#start - stunHeaderLength);
    hmacSha1(key, this.#bytes, this.#start, end - this.#start, digest);
    copyBytes(digest, 0, this.#bytes, at, 20);
    this.#next = at + 20;
  }

  /** FINGERPRINT, and the message is complete: returns its length. */
  finish(): number {
    const end = this.#next;
    const at = this.#head(attribute.fingerprint, 4);
    writeUint16(this.#bytes, this.#start + 2, at + 4 - this.#start - stunHeaderLength);
    const checksum = crc32(this.#bytes, this.#start, end - this.#start) ^ fingerprintMask;
    writeUint32(this.#bytes, at, checksum);
    this.#next = at + 4;
    return this.#next - this.#start;
  }

  #head(type: number, length: number): number {
    writeUint16(this.#bytes, this.#next, type);
    writeUint16(this.#bytes, this.#next + 2, length);
    this.#next += 4;
    return this.#next;
  }
}
