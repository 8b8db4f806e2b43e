/** RFC 4585 §6.3.1: picture loss indication: nothing but the head. */
import { feedbackFormat, rtcpType } from './compound.ts';
import { feedbackHeadLength, writeFeedbackHead } from './feedback.ts';

export function writePli(bytes: Uint8Array, at: number, senderSsrc: number, mediaSsrc: number): number {
  return writeFeedbackHead(
    bytes,
    at,
    rtcpType.payloadFeedback,
    feedbackFormat.pli,
    feedbackHeadLength,
    senderSsrc,
    mediaSsrc,
  );
}
