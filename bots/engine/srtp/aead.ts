/** RFC 7714: AES-GCM for SRTP (§8) and SRTCP (§9): the tag follows the text; SRTCP's index follows the tag. */
import { copyBytes, fixedBytes, readInt32, writeUint32 } from '../bytes.ts';
import { reason } from '../reason.ts';
import type { AeadCipher, SrtpCiphers } from './ciphers.ts';
import type { TransportKeys } from './key-derivation.ts';
import type { SrtpTransform } from './transform.ts';

const tagLength = 16;
const rtcpHeaderLength = 8;

/** §8.1: 0 0 | SSRC | ROC | SEQ, exclusive-ored with the salt. */
function setRtpIv(iv: Uint8Array, salt: Uint8Array, ssrc: number, roc: number, sequence: number): void {
  copyBytes(salt, 0, iv, 0, 12);
  writeUint32(iv, 2, readInt32(salt, 2) ^ ssrc);
  writeUint32(iv, 6, readInt32(salt, 6) ^ roc);
  iv[10] = (salt[10] as number) ^ (sequence >>> 8);
  iv[11] = (salt[11] as number) ^ sequence;
}

/** §9.1: 0 0 | SSRC | 0 0 | index, exclusive-ored with the salt. */
function setRtcpIv(iv: Uint8Array, salt: Uint8Array, ssrc: number, index: number): void {
  copyBytes(salt, 0, iv, 0, 12);
  writeUint32(iv, 2, readInt32(salt, 2) ^ ssrc);
  writeUint32(iv, 8, readInt32(salt, 8) ^ index);
}

class AeadTransform implements SrtpTransform {
  readonly tagLength = tagLength;
  readonly indexFromEnd = 4;
  readonly #rtp: AeadCipher;
  readonly #rtcp: AeadCipher;
  readonly #rtpSalt: Uint8Array;
  readonly #rtcpSalt: Uint8Array;
  /** What SRTCP authenticates beside the text is not in one piece in the packet. */
  readonly #aad = fixedBytes(rtcpHeaderLength + 4);
  readonly #tag = fixedBytes(tagLength);

  constructor({ rtp, rtcp }: TransportKeys, ciphers: SrtpCiphers, direction: 'seal' | 'open') {
    this.#rtp = ciphers.aead(rtp.encryption, direction);
    this.#rtcp = ciphers.aead(rtcp.encryption, direction);
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
    setRtpIv(this.#rtp.iv, this.#rtpSalt, readInt32(bytes, at + 8), roc, sequence);
    this.#rtp.seal(bytes, at, headerLength, bytes, at + headerLength, length - headerLength);
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
    setRtpIv(this.#rtp.iv, this.#rtpSalt, readInt32(bytes, at + 8), roc, sequence);
    return this.#rtp.open(bytes, at, headerLength, bytes, at + headerLength, plain - headerLength)
      ? plain
      : reason.authentication;
  }

  protectRtcp(bytes: Uint8Array, at: number, length: number, index: number): number {
    const aad = this.#aad;
    copyBytes(bytes, at, aad, 0, rtcpHeaderLength);
    writeUint32(aad, rtcpHeaderLength, index | 0x80000000);
    setRtcpIv(this.#rtcp.iv, this.#rtcpSalt, readInt32(bytes, at + 4), index);
    this.#rtcp.seal(aad, 0, aad.length, bytes, at + rtcpHeaderLength, length - rtcpHeaderLength);
    writeUint32(bytes, at + length + tagLength, index | 0x80000000);
    return length + tagLength + 4;
  }

  unprotectRtcp(bytes: Uint8Array, at: number, length: number, index: number, encrypted: boolean): number {
    const plain = length - tagLength - 4;
    if (plain < rtcpHeaderLength) return reason.truncated;
    setRtcpIv(this.#rtcp.iv, this.#rtcpSalt, readInt32(bytes, at + 4), index);
    if (!encrypted) return this.#verifyPlain(bytes, at, plain, length);
    const aad = this.#aad;
    copyBytes(bytes, at, aad, 0, rtcpHeaderLength);
    copyBytes(bytes, at + length - 4, aad, rtcpHeaderLength, 4);
    return this.#rtcp.open(aad, 0, aad.length, bytes, at + rtcpHeaderLength, plain - rtcpHeaderLength)
      ? plain
      : reason.authentication;
  }

  /** §9.3: without encryption the whole packet and the index word are what is authenticated. */
  #verifyPlain(bytes: Uint8Array, at: number, plain: number, length: number): number {
    copyBytes(bytes, at + plain, this.#tag, 0, tagLength);
    copyBytes(bytes, at + length - 4, bytes, at + plain, 4);
    return this.#rtcp.open(bytes, at, plain + 4, this.#tag, 0, 0) ? plain : reason.authentication;
  }

  close(): void {
    this.#rtp.close();
    this.#rtcp.close();
  }
}

export function createAeadTransform(
  keys: TransportKeys,
  ciphers: SrtpCiphers,
  direction: 'seal' | 'open',
): SrtpTransform {
  return new AeadTransform(keys, ciphers, direction);
}
