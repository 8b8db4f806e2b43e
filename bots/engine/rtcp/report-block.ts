/** RFC 3550 §6.4.1: the reception report block that SR and RR carry. */
import { readUint24, readUint32, writeUint24, writeUint32 } from '../bytes.ts';

export const reportBlockLength = 24;

export class ReportBlock {
  ssrc = 0;
  /** Of the packets expected since the last report, in 1/256. */
  fractionLost = 0;
  /** −2^23 … 2^23 − 1: duplicates make it negative. */
  cumulativeLost = 0;
  /** Cycles in the upper half. */
  extendedHighest = 0;
  /** In units of the RTP clock. */
  jitter = 0;
  /** The middle of the last SR's NTP time; 0: none came. */
  lastSenderReport = 0;
  /** In 1/65536 s. */
  delaySinceLast = 0;
}

export function readReportBlock(block: ReportBlock, bytes: Uint8Array, at: number): void {
  block.ssrc = readUint32(bytes, at);
  block.fractionLost = bytes[at + 4] as number;
  block.cumulativeLost = (readUint24(bytes, at + 5) << 8) >> 8;
  block.extendedHighest = readUint32(bytes, at + 8);
  block.jitter = readUint32(bytes, at + 12);
  block.lastSenderReport = readUint32(bytes, at + 16);
  block.delaySinceLast = readUint32(bytes, at + 20);
}

export function writeReportBlock(block: ReportBlock, bytes: Uint8Array, at: number): void {
  writeUint32(bytes, at, block.ssrc);
  bytes[at + 4] = block.fractionLost;
  writeUint24(bytes, at + 5, Math.max(-0x800000, Math.min(0x7fffff, block.cumulativeLost)));
  writeUint32(bytes, at + 8, block.extendedHighest);
  writeUint32(bytes, at + 12, block.jitter);
  writeUint32(bytes, at + 16, block.lastSenderReport);
  writeUint32(bytes, at + 20, block.delaySinceLast);
}

/** The round trip that a report block tells its sender, ms; NaN where it saw no SR (§6.4.1, figure 2). */
export function roundTripMs(block: ReportBlock, nowCompactNtp: number): number {
  if (block.lastSenderReport === 0) return Number.NaN;
  const ticks = (nowCompactNtp - block.delaySinceLast - block.lastSenderReport) | 0;
  return Math.max(0, ticks / 65.536);
}
