/** RFC 3550 §5.1 (fixed header) and §5.3.1 (header extension). Reads only what SRTP leaves in clear. */
import { readInt32, readUint16 } from '../bytes.ts';
import { reason } from '../reason.ts';

export const rtpHeaderLength = 12;

/**
 * One per receiver, filled again for each packet. Offsets are absolute, in the arena that was parsed. Numbers above 2^31
 * are objects to V8 wherever a call is not inlined: what is passed on per packet are the `…Bits`, or the header itself.
 */
export class RtpHeader {
  marker = false;
  /** The P bit; the number of bytes is readable only after decryption: see `paddingLength`. */
  padding = false;
  payloadType = 0;
  sequence = 0;
  /** 32 bits as signed integers; `timestamp` and `ssrc` are what RFCs and signalling call them. */
  timestampBits = 0;
  ssrcBits = 0;
  /** Set by the caller: when the packet arrived, by a clock that does not step; fractions of a millisecond count. */
  arrivalMs = 0.5;
  /** Header with CSRCs and extension, bytes. */
  headerLength = 0;
  /** 0: none; 1: one-byte elements; 2: two-byte elements (RFC 8285); 3: another profile. */
  extensionForm = 0;
  extensionAt = 0;
  extensionLength = 0;
  payloadAt = 0;
  /** Padding included, until it was taken off. */
  payloadLength = 0;

  get timestamp(): number {
    return this.timestampBits >>> 0;
  }

  get ssrc(): number {
    return this.ssrcBits >>> 0;
  }
}

/** Fills `header`; returns the header's length or a negative reason, in which case `header` means nothing. */
export function parseRtp(header: RtpHeader, bytes: Uint8Array, at: number, length: number): number {
  if (length < rtpHeaderLength) return reason.truncated;
  const first = bytes[at] as number;
  if (first >> 6 !== 2) return reason.version;
  const second = bytes[at + 1] as number;
  header.padding = (first & 0x20) !== 0;
  header.marker = second >= 128;
  header.payloadType = second & 0x7f;
  header.sequence = readUint16(bytes, at + 2);
  header.timestampBits = readInt32(bytes, at + 4);
  header.ssrcBits = readInt32(bytes, at + 8);
  let used = rtpHeaderLength + (first & 0x0f) * 4;
  header.extensionForm = 0;
  header.extensionLength = 0;
  if ((first & 0x10) !== 0) {
    if (length < used + 4) return reason.truncated;
    const profile = readUint16(bytes, at + used);
    header.extensionForm = profile === 0xbede ? 1 : (profile & 0xfff0) === 0x1000 ? 2 : 3;
    header.extensionLength = readUint16(bytes, at + used + 2) * 4;
    header.extensionAt = at + used + 4;
    used += 4 + header.extensionLength;
  }
  if (length < used) return reason.truncated;
  header.headerLength = used;
  header.payloadAt = at + used;
  header.payloadLength = length - used;
  return used;
}

/**
 * Takes the padding off `header.payloadLength`; call it once, when the payload is readable. Returns the number of
 * padding bytes, or a negative reason where the count contradicts the packet.
 */
export function takePadding(header: RtpHeader, bytes: Uint8Array): number {
  if (!header.padding) return 0;
  if (header.payloadLength === 0) return reason.malformed;
  const count = bytes[header.payloadAt + header.payloadLength - 1] as number;
  if (count === 0 || count > header.payloadLength) return reason.malformed;
  header.payloadLength -= count;
  return count;
}
