/** RFC 4588 §4: a retransmission is a packet of its own stream whose payload begins with the original's number. */
import { readUint16 } from '../bytes.ts';
import { reason } from '../reason.ts';
import type { RtpHeader } from './header.ts';

export const osnLength = 2;

/**
 * The sequence number of the packet that an opened RTX packet repeats; its payload goes on behind it. Padding must have
 * been taken off; a packet that was nothing else, as probes are, is `unexpected`.
 */
export function originalSequence(header: RtpHeader, bytes: Uint8Array): number {
  if (header.payloadLength === 0) return reason.unexpected;
  if (header.payloadLength < osnLength) return reason.truncated;
  return readUint16(bytes, header.payloadAt);
}
