/** RFC 3550 §6.4.2: RR. Up to 31 report blocks; more need another RR in the compound. */
import { readUint32, writeUint32 } from '../bytes.ts';
import { reason } from '../reason.ts';
import { rtcpType, writeRtcpHeader } from './compound.ts';
import { reportBlockLength } from './report-block.ts';

export const maxReportBlocks = 31;
const headLength = 8;

/** Returns where the first report block stands, or a negative reason. */
export function readReceiverReport(_bytes: Uint8Array, at: number, length: number, blocks: number): number {
  return length < headLength + blocks * reportBlockLength ? reason.truncated : at + headLength;
}

export function receiverReportSsrc(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + 4);
}

/** Writes the head; the caller puts `blocks` report blocks behind it, at the returned length. */
export function writeReceiverReport(bytes: Uint8Array, at: number, ssrc: number, blocks: number): number {
  const length = headLength + blocks * reportBlockLength;
  if (at + length > bytes.length) return reason.noSpace;
  writeRtcpHeader(bytes, at, rtcpType.receiverReport, blocks, length);
  writeUint32(bytes, at + 4, ssrc);
  return headLength;
}
