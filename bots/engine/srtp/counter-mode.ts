/** RFC 3711 §4.1.1 (AES counter mode) and §4.2.1 (HMAC-SHA1, tags of 80 bits); SRTCP's index precedes the tag (§3.4). */
import { copyBytes, fixedBytes, readInt32, writeUint16, writeUint32 } from '../bytes.ts';
import { reason } from '../reason.ts';
import type { CounterCipher, HmacSha1, SrtpCiphers } from './ciphers.ts';
import type { TransportKeys } from './key-derivation.ts';
import type { SrtpTransform } from './transform.ts';

const tagLength = 10;
const rtcpHeaderLength = 8;

/** (salt · 2^16) xor (SSRC · 2^64) xor (index · 2^16): the index is `high` · 2^16 + `low`. */
function setIv(iv: Uint8Array, salt: Uint8Array, ssrc: number, high: number, low: number): void {
  copyBytes(salt, 0, iv, 0, 14);
  writeUint32(iv, 4, readInt32(salt, 4) ^ ssrc);
  writeUint32(iv, 8, readInt32(salt, 8) ^ high);
  iv[12] = (salt[12] as number) ^ (low >>> 8);
  iv[13] = (salt[13] as number) ^ low;
  writeUint16(iv, 14, 0);
}

/** In the same time wherever the first difference is. */
function tagsEqual(left: Uint8Array, right: Uint8Array): boolean {
  let difference = 0;
  for (let index = 0; index < tagLength; index += 1) {
    difference |= (left[index] as number) ^ (right[index] as number);
  }
  return difference === 0;
}

class CounterTransform implements SrtpTransform {
  readonly tagLength = tagLength;
  readonly indexFromEnd = 4 + tagLength;
  readonly #rtp: CounterCipher;
  readonly #rtcp: CounterCipher;
  readonly #rtpHmac: HmacSha1;
  readonly #rtcpHmac: HmacSha1;
  readonly #rtpSalt: Uint8Array;
  readonly #rtcpSalt: Uint8Array;
  readonly #tag = fixedBytes(tagLength);

  constructor({ rtp, rtcp }: TransportKeys, ciphers: SrtpCiphers) {
    this.#rtp = ciphers.counter(rtp.encryption);
    this.#rtcp = ciphers.counter(rtcp.encryption);
    this.#rtpHmac = ciphers.hmacSha1(rtp.authentication);
    this.#rtcpHmac = ciphers.hmacSha1(rtcp.authentication);
    this.#rtpSalt = rtp.salt;
    this.#rtcpSalt = rtcp.salt;
  }

  protectRtp(
    bytes: Uint8Array,
    at: number,
    headerLength: number,
    length: number,
    roc: number,
    sequence: number,
  ): number {
    setIv(this.#rtp.iv, this.#rtpSalt, readInt32(bytes, at + 8), roc, sequence);
    this.#rtp.apply(bytes, at + headerLength, length - headerLength);
    // §4.2: the rollover counter is authenticated but not sent; it stands for a moment where the tag will.
    writeUint32(bytes, at + length, roc);
    this.#rtpHmac.compute(bytes, at, length + 4);
    copyBytes(this.#rtpHmac.digest, 0, bytes, at + length, tagLength);
    return length + tagLength;
  }

  unprotectRtp(
    bytes: Uint8Array,
    at: number,
    headerLength: number,
    length: number,
    roc: number,
    sequence: number,
  ): number {
    const plain = length - tagLength;
    copyBytes(bytes, at + plain, this.#tag, 0, tagLength);
    writeUint32(bytes, at + plain, roc);
    this.#rtpHmac.compute(bytes, at, plain + 4);
    if (!tagsEqual(this.#rtpHmac.digest, this.#tag)) return reason.authentication;
    setIv(this.#rtp.iv, this.#rtpSalt, readInt32(bytes, at + 8), roc, sequence);
    this.#rtp.apply(bytes, at + headerLength, plain - headerLength);
    return plain;
  }

  protectRtcp(bytes: Uint8Array, at: number, length: number, index: number): number {
    setIv(this.#rtcp.iv, this.#rtcpSalt, readInt32(bytes, at + 4), index >>> 16, index & 0xffff);
    this.#rtcp.apply(bytes, at + rtcpHeaderLength, length - rtcpHeaderLength);
    writeUint32(bytes, at + length, index | 0x80000000);
    this.#rtcpHmac.compute(bytes, at, length + 4);
    copyBytes(this.#rtcpHmac.digest, 0, bytes, at + length + 4, tagLength);
    return length + 4 + tagLength;
  }

  unprotectRtcp(bytes: Uint8Array, at: number, length: number, index: number, encrypted: boolean): number {
    const plain = length - tagLength - 4;
    if (plain < rtcpHeaderLength) return reason.truncated;
    copyBytes(bytes, at + length - tagLength, this.#tag, 0, tagLength);
    this.#rtcpHmac.compute(bytes, at, plain + 4);
    if (!tagsEqual(this.#rtcpHmac.digest, this.#tag)) return reason.authentication;
    if (encrypted) {
      setIv(this.#rtcp.iv, this.#rtcpSalt, readInt32(bytes, at + 4), index >>> 16, index & 0xffff);
      this.#rtcp.apply(bytes, at + rtcpHeaderLength, plain - rtcpHeaderLength);
    }
    return plain;
  }

  close(): void {
    this.#rtp.close();
    this.#rtcp.close();
    this.#rtpHmac.close();
    this.#rtcpHmac.close();
  }
}

export function createCounterTransform(keys: TransportKeys, ciphers: SrtpCiphers): SrtpTransform {
  return new CounterTransform(keys, ciphers);
}
