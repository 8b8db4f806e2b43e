/** RFC 5104 §4.3.1: full intra request: per stream a sequence number, so that a repeated request is known as one. */
import { readUint32, writeUint24, writeUint32 } from '../bytes.ts';
import { reason } from '../reason.ts';
import { feedbackFormat, rtcpType } from './compound.ts';
import { feedbackHeadLength, writeFeedbackHead } from './feedback.ts';

const entryLength = 8;

/** How many entries there are, or a negative reason. */
export function readFir(_bytes: Uint8Array, _at: number, length: number): number {
  const entries = Math.floor((length - feedbackHeadLength) / entryLength);
  return entries < 1 ? reason.truncated : entries;
}

export function firSsrc(bytes: Uint8Array, at: number, index: number): number {
  return readUint32(bytes, at + feedbackHeadLength + index * entryLength);
}

export function firSequence(bytes: Uint8Array, at: number, index: number): number {
  return bytes[at + feedbackHeadLength + index * entryLength + 4] as number;
}

export function writeFir(
  bytes: Uint8Array,
  at: number,
  senderSsrc: number,
  mediaSsrc: number,
  sequence: number,
): number {
  const length = feedbackHeadLength + entryLength;
  // §4.3.1.2: the head's media SSRC is 0; the streams are named in the entries.
  const head = writeFeedbackHead(
    bytes,
    at,
    rtcpType.payloadFeedback,
    feedbackFormat.fir,
    length,
    senderSsrc,
    0,
  );
  if (head < 0) return head;
  writeUint32(bytes, at + head, mediaSsrc);
  bytes[at + head + 4] = sequence;
  writeUint24(bytes, at + head + 5, 0);
  return length;
}
