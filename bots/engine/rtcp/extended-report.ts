/** RFC 3611 §2, §4.4 (receiver reference time) and §4.5 (DLRR): round trips for those who send no media. */
import { readUint16, readUint32, writeUint16, writeUint32 } from '../bytes.ts';
import { reason } from '../reason.ts';
import { writeNtp } from '../rtp/extension-values.ts';
import { rtcpType, writeRtcpHeader } from './compound.ts';

export const xrBlock = { receiverReferenceTime: 4, delaySinceLast: 5 } as const;

const headLength = 8;
const subBlockLength = 12;

/** Steps through the report blocks; those of other types are stepped over by the caller. */
export class ExtendedReport {
  ssrc = 0;
  blockType = 0;
  /** The block with its 4 bytes of header. */
  blockAt = 0;
  blockLength = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #next = 0;
  #end = 0;

  open(bytes: Uint8Array, at: number, length: number): number {
    this.#bytes = bytes;
    this.#next = 0;
    this.#end = 0;
    if (length < headLength) return reason.truncated;
    this.ssrc = readUint32(bytes, at + 4);
    this.#next = at + headLength;
    this.#end = at + length;
    return 0;
  }

  /** False at the end, and where a block runs over it. */
  next(): boolean {
    if (this.#next + 4 > this.#end) return false;
    const length = (readUint16(this.#bytes, this.#next + 2) + 1) * 4;
    if (this.#next + length > this.#end) return false;
    this.blockType = this.#bytes[this.#next] as number;
    this.blockAt = this.#next;
    this.blockLength = length;
    this.#next += length;
    return true;
  }

  /** RRTR: the middle 32 bits of the reference time; −1 where the block is too short. */
  referenceCompactNtp(): number {
    return this.blockLength < 12 ? -1 : readUint32(this.#bytes, this.blockAt + 6);
  }

  /** DLRR: the round trip that its entry about `ssrc` tells, ms; NaN where there is none. */
  roundTripMs(ssrc: number, nowCompactNtp: number): number {
    const end = this.blockAt + this.blockLength;
    for (let at = this.blockAt + 4; at + subBlockLength <= end; at += subBlockLength) {
      if (readUint32(this.#bytes, at) !== ssrc) continue;
      const last = readUint32(this.#bytes, at + 4);
      if (last === 0) return Number.NaN;
      const ticks = (nowCompactNtp - last - readUint32(this.#bytes, at + 8)) | 0;
      return Math.max(0, ticks / 65.536);
    }
    return Number.NaN;
  }
}

export function writeReceiverReferenceTime(
  bytes: Uint8Array,
  at: number,
  ssrc: number,
  ntpMs: number,
): number {
  const length = headLength + 12;
  if (at + length > bytes.length) return reason.noSpace;
  writeRtcpHeader(bytes, at, rtcpType.extendedReport, 0, length);
  writeUint32(bytes, at + 4, ssrc);
  writeUint16(bytes, at + 8, xrBlock.receiverReferenceTime << 8);
  writeUint16(bytes, at + 10, 2);
  writeNtp(bytes, at + 12, ntpMs);
  return length;
}

/** `delay` in 1/65536 s since the reference time `last` of `aboutSsrc` came. */
export function writeDelaySinceLast(
  bytes: Uint8Array,
  at: number,
  ssrc: number,
  aboutSsrc: number,
  last: number,
  delay: number,
): number {
  const length = headLength + 4 + subBlockLength;
  if (at + length > bytes.length) return reason.noSpace;
  writeRtcpHeader(bytes, at, rtcpType.extendedReport, 0, length);
  writeUint32(bytes, at + 4, ssrc);
  writeUint16(bytes, at + 8, xrBlock.delaySinceLast << 8);
  writeUint16(bytes, at + 10, 3);
  writeUint32(bytes, at + 12, aboutSsrc);
  writeUint32(bytes, at + 16, last);
  writeUint32(bytes, at + 20, delay);
  return length;
}
