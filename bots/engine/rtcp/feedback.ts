/** RFC 4585 §6.1: the head that every feedback packet has: who sends it, and about which stream. */
import { readUint32, writeUint32 } from '../bytes.ts';
import { reason } from '../reason.ts';
import { writeRtcpHeader } from './compound.ts';

export const feedbackHeadLength = 12;

export function feedbackSenderSsrc(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + 4);
}

export function feedbackMediaSsrc(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + 8);
}

/** `length` of the whole packet. Returns the head's length. */
export function writeFeedbackHead(
  bytes: Uint8Array,
  at: number,
  type: number,
  format: number,
  length: number,
  senderSsrc: number,
  mediaSsrc: number,
): number {
  if (at + length > bytes.length) return reason.noSpace;
  writeRtcpHeader(bytes, at, type, format, length);
  writeUint32(bytes, at + 4, senderSsrc);
  writeUint32(bytes, at + 8, mediaSsrc);
  return feedbackHeadLength;
}
