/** draft-alvestrand-rmcat-remb-03 §2.2: the receiver's estimate of the maximum bitrate, over some streams. */
import { readUint24, readUint32, writeUint24, writeUint32 } from '../bytes.ts';
import { reason } from '../reason.ts';
import { feedbackFormat, rtcpType } from './compound.ts';
import { feedbackHeadLength, writeFeedbackHead } from './feedback.ts';

const identifier = 0x52454d42; // "REMB"
const fixedLength = feedbackHeadLength + 8;

export class Remb {
  bitrateBps = 0;
  streams = 0;
}

/** Application feedback of another kind is `unexpected`. Returns 0 or a negative reason. */
export function readRemb(remb: Remb, bytes: Uint8Array, at: number, length: number): number {
  if (length < fixedLength) return reason.truncated;
  if (readUint32(bytes, at + 12) !== identifier) return reason.unexpected;
  const streams = bytes[at + 16] as number;
  if (length < fixedLength + streams * 4) return reason.truncated;
  const word = readUint24(bytes, at + 17);
  remb.bitrateBps = (word & 0x3ffff) * 2 ** (word >>> 18);
  remb.streams = streams;
  return 0;
}

export function rembSsrc(bytes: Uint8Array, at: number, index: number): number {
  return readUint32(bytes, at + fixedLength + index * 4);
}

export function writeRemb(
  bytes: Uint8Array,
  at: number,
  senderSsrc: number,
  bitrateBps: number,
  ssrcs: readonly number[],
): number {
  const length = fixedLength + ssrcs.length * 4;
  const head = writeFeedbackHead(
    bytes,
    at,
    rtcpType.payloadFeedback,
    feedbackFormat.application,
    length,
    senderSsrc,
    0,
  );
  if (head < 0) return head;
  let exponent = 0;
  let mantissa = Math.max(0, Math.floor(bitrateBps));
  while (mantissa > 0x3ffff) {
    mantissa = Math.floor(mantissa / 2);
    exponent += 1;
  }
  writeUint32(bytes, at + 12, identifier);
  bytes[at + 16] = ssrcs.length;
  writeUint24(bytes, at + 17, (exponent << 18) | mantissa);
  for (let index = 0; index < ssrcs.length; index += 1) {
    writeUint32(bytes, at + fixedLength + index * 4, ssrcs[index] as number);
  }
  return length;
}
