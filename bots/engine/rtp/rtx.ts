/** RFC 4588 §4: a retransmission is a packet of its own stream whose payload begins with the original's number. */
import { readUint16, writeUint16, writeUint32 } from '../bytes.ts';
import { reason } from '../reason.ts';
import type { RtpHeader } from './header.ts';
import { type RtpTemplate, writeRtp } from './template.ts';

export const osnLength = 2;

/**
 * Makes the original of an opened RTX packet, in place: the header moves up over the number. `header` then describes
 * the original, which begins at the returned offset and is two bytes shorter. Padding must have been taken off; a
 * packet that was nothing else, as probes are, is `unexpected`.
 */
export function restoreRtx(
  header: RtpHeader,
  bytes: Uint8Array,
  at: number,
  ssrc: number,
  payloadType: number,
): number {
  if (header.payloadLength === 0) return reason.unexpected;
  if (header.payloadLength < osnLength) return reason.truncated;
  const sequence = readUint16(bytes, header.payloadAt);
  bytes.copyWithin(at + osnLength, at, at + header.headerLength);
  const restoredAt = at + osnLength;
  bytes[restoredAt] = (bytes[restoredAt] as number) & 0xdf;
  bytes[restoredAt + 1] = (header.marker ? 0x80 : 0) | payloadType;
  writeUint16(bytes, restoredAt + 2, sequence);
  writeUint32(bytes, restoredAt + 8, ssrc);
  header.padding = false;
  header.sequence = sequence;
  header.ssrcBits = ssrc | 0;
  header.payloadType = payloadType;
  header.extensionAt += osnLength;
  header.payloadAt += osnLength;
  header.payloadLength -= osnLength;
  return restoredAt;
}

/** Writes header and original number; the caller puts the original's payload behind. Returns where it goes. */
export function writeRtx(
  template: RtpTemplate,
  bytes: Uint8Array,
  at: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
  originalSequence: number,
): number {
  const length = writeRtp(template, bytes, at, marker, sequence, timestamp);
  writeUint16(bytes, at + length, originalSequence);
  return length + osnLength;
}
