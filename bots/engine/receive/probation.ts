/** What mediasoup sends to probe the bandwidth: no stream of anybody's, counted apart. */
import type { RtpHeader } from '../rtp/header.ts';

const probationSsrc = 1234;
const probationPayloadType = 127;

export function isProbation(header: RtpHeader): boolean {
  return header.ssrcBits === probationSsrc && header.payloadType === probationPayloadType;
}
