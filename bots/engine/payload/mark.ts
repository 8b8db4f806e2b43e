/**
 * The mark of a packet of random bytes: who sent it, which of its stream it is, and when. It stands at the payload's
 * end, big endian: magic (4), source (4), layer (1), kind (1), packet of the frame (2), frame (4), packet (4), sent (4).
 */
import { readInt32, readUint16, writeUint16, writeUint32 } from '../bytes.ts';
import { reason } from '../reason.ts';

export const markLength = 24;
/** "SFUB". */
const magic = 0x53465542;
/** The sending instant counts sixteenths of a millisecond. */
const ticksPerMs = 16;

export const markKind = { audio: 0, video: 1 } as const;

/** One per reader or writer, filled again for each packet. What has 32 bits is a signed integer, as in `RtpHeader`. */
export class Mark {
  /** Random per published stream; its layers share it. */
  sourceBits = 0;
  /** Of simulcast, the smallest is 0. */
  layer = 0;
  kind: number = markKind.audio;
  /** The packet's place in its frame. */
  index = 0;
  frameBits = 0;
  /** Counts the packets of a source and layer; a retransmission has the original's. */
  packetBits = 0;
  /** See `markInstant`. */
  sentBits = 0;
}

/** 32 bits of CLOCK_MONOTONIC in sixteenths of a millisecond: they wrap after three days. */
export function markInstant(nowMs: number): number {
  return Math.floor(nowMs * ticksPerMs) | 0;
}

/** Milliseconds from the instant in a mark to a later one, less than 37 hours apart in either direction. */
export function sinceMarkMs(sentBits: number, nowMs: number): number {
  return ((markInstant(nowMs) - sentBits) | 0) / ticksPerMs;
}

export function writeMark(mark: Mark, bytes: Uint8Array, at: number): void {
  writeUint32(bytes, at, magic);
  writeUint32(bytes, at + 4, mark.sourceBits);
  bytes[at + 8] = mark.layer;
  bytes[at + 9] = mark.kind;
  writeUint16(bytes, at + 10, mark.index);
  writeUint32(bytes, at + 12, mark.frameBits);
  writeUint32(bytes, at + 16, mark.packetBits);
  writeUint32(bytes, at + 20, mark.sentBits);
}

/** Reads the mark at the end of a payload that was opened; returns 0, or a negative reason where there is none. */
export function readMark(mark: Mark, bytes: Uint8Array, payloadAt: number, payloadLength: number): number {
  if (payloadLength < markLength) return reason.truncated;
  const at = payloadAt + payloadLength - markLength;
  if (readInt32(bytes, at) !== magic) return reason.malformed;
  mark.sourceBits = readInt32(bytes, at + 4);
  mark.layer = bytes[at + 8] as number;
  mark.kind = bytes[at + 9] as number;
  mark.index = readUint16(bytes, at + 10);
  mark.frameBits = readInt32(bytes, at + 12);
  mark.packetBits = readInt32(bytes, at + 16);
  mark.sentBits = readInt32(bytes, at + 20);
  return 0;
}
