/** RFC 6184 §5.4–5.8: single NAL units, STAP-A and FU-A: what starts a frame, and a key frame. */
import { readUint16 } from '../bytes.ts';
import { reason } from '../reason.ts';

const nalType = { idr: 5, sps: 7, stapA: 24, fuA: 28 } as const;

export class H264Payload {
  /** Begins a NAL unit; whether that begins the frame is known from the packet before it. */
  start = false;
  /** Holds an IDR slice, or the SPS that precedes one. */
  keyFrame = false;
}

/** Returns 0, or a negative reason. */
export function readH264(payload: H264Payload, bytes: Uint8Array, at: number, length: number): number {
  payload.start = false;
  payload.keyFrame = false;
  if (length < 2) return reason.truncated;
  const type = (bytes[at] as number) & 31;
  if (type === 0 || type > 29) return reason.malformed;
  if (type === nalType.stapA) return readStapA(payload, bytes, at, length);
  if (type === nalType.fuA) {
    const inner = bytes[at + 1] as number;
    payload.start = inner >= 0x80;
    payload.keyFrame = payload.start && (inner & 31) === nalType.idr;
    return 0;
  }
  payload.start = true;
  payload.keyFrame = type === nalType.idr || type === nalType.sps;
  return 0;
}

function readStapA(payload: H264Payload, bytes: Uint8Array, at: number, length: number): number {
  const end = at + length;
  let next = at + 1;
  payload.start = true;
  while (next < end) {
    if (next + 2 > end) return reason.truncated;
    const size = readUint16(bytes, next);
    next += 2;
    if (size === 0 || next + size > end) return reason.truncated;
    const type = (bytes[next] as number) & 31;
    if (type === nalType.idr || type === nalType.sps) payload.keyFrame = true;
    next += size;
  }
  return 0;
}
