/** RFC 3550 §6.6: BYE, without the optional reason. */
import { readUint32, writeUint32 } from '../bytes.ts';
import { reason } from '../reason.ts';
import { rtcpHeaderLength, rtcpType, writeRtcpHeader } from './compound.ts';

/** Returns where the first of `sources` SSRCs stands, or a negative reason. */
export function readBye(_bytes: Uint8Array, at: number, length: number, sources: number): number {
  return length < rtcpHeaderLength + sources * 4 ? reason.truncated : at + rtcpHeaderLength;
}

export function byeSsrc(bytes: Uint8Array, firstAt: number, index: number): number {
  return readUint32(bytes, firstAt + index * 4);
}

export function writeBye(bytes: Uint8Array, at: number, ssrc: number): number {
  const length = rtcpHeaderLength + 4;
  if (at + length > bytes.length) return reason.noSpace;
  writeRtcpHeader(bytes, at, rtcpType.bye, 1, length);
  writeUint32(bytes, at + 4, ssrc);
  return length;
}
