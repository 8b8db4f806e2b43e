/** RFC 3550 §6.4.1: SR. Report blocks follow the sender's part, `cursor.format` of them. */
import { readUint32, writeUint32 } from '../bytes.ts';
import { reason } from '../reason.ts';
import { readNtpMs, writeNtp } from '../rtp/extension-values.ts';
import { rtcpType, writeRtcpHeader } from './compound.ts';
import { reportBlockLength } from './report-block.ts';

const senderLength = 28;

export class SenderReport {
  ssrc = 0;
  /** Milliseconds since 1900. */
  ntpMs = 0;
  /** The middle 32 bits of the NTP time: what LSR echoes. */
  compactNtp = 0;
  rtpTimestamp = 0;
  packetCount = 0;
  octetCount = 0;
}

/** Returns where the first report block stands, or a negative reason. */
export function readSenderReport(
  report: SenderReport,
  bytes: Uint8Array,
  at: number,
  length: number,
  blocks: number,
): number {
  if (length < senderLength + blocks * reportBlockLength) return reason.truncated;
  report.ssrc = readUint32(bytes, at + 4);
  report.ntpMs = readNtpMs(bytes, at + 8);
  report.compactNtp = readUint32(bytes, at + 10);
  report.rtpTimestamp = readUint32(bytes, at + 16);
  report.packetCount = readUint32(bytes, at + 20);
  report.octetCount = readUint32(bytes, at + 24);
  return at + senderLength;
}

/**
 * Writes the sender's part; the caller puts `blocks` report blocks behind it, at the returned length. The RTP timestamp
 * belongs to the same instant as the NTP time.
 */
export function writeSenderReport(
  report: SenderReport,
  bytes: Uint8Array,
  at: number,
  blocks: number,
): number {
  const length = senderLength + blocks * reportBlockLength;
  if (at + length > bytes.length) return reason.noSpace;
  writeRtcpHeader(bytes, at, rtcpType.senderReport, blocks, length);
  writeUint32(bytes, at + 4, report.ssrc);
  writeNtp(bytes, at + 8, report.ntpMs);
  report.compactNtp = readUint32(bytes, at + 10);
  writeUint32(bytes, at + 16, report.rtpTimestamp);
  writeUint32(bytes, at + 20, report.packetCount);
  writeUint32(bytes, at + 24, report.octetCount);
  return senderLength;
}
