/** RFC 6184 §5.4–5.8: single NAL units, STAP-A and FU-A: what starts a key frame, and frames cut up. */
import { copyBytes, readUint16 } from '../bytes.ts';
import { reason } from '../reason.ts';

const nalType = { slice: 1, idr: 5, sps: 7, pps: 8, accessUnitDelimiter: 9, stapA: 24, fuA: 28 } as const;

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

/** Cuts an access unit in Annex B form (start codes of 3 or 4 bytes) into single NAL units and FU-A fragments. */
export class H264Packetizer {
  /** Whether the payload written last ends the access unit: the RTP marker. */
  last = false;
  #frame: Uint8Array = new Uint8Array(0);
  #end = 0;
  #maxPayload = 0;
  #nalAt = 0;
  #nalEnd = 0;
  /** Where the next fragment begins; the NAL unit's own header byte is not sent in fragments. */
  #fragmentAt = -1;

  begin(frame: Uint8Array, frameAt: number, frameLength: number, maxPayload: number): void {
    if (maxPayload < 3) throw new RangeError(`H264 payloads of ${maxPayload} bytes`);
    this.#frame = frame;
    this.#end = frameAt + frameLength;
    this.#maxPayload = maxPayload;
    this.#fragmentAt = -1;
    this.#find(frameAt);
  }

  /** Writes the next payload; returns its length, 0 when the access unit is done. */
  next(bytes: Uint8Array, at: number): number {
    const length = this.#nalEnd - this.#nalAt;
    if (length <= 0) return 0;
    if (length <= this.#maxPayload) {
      copyBytes(this.#frame, this.#nalAt, bytes, at, length);
      this.#find(this.#nalEnd);
      this.last = this.#nalEnd <= this.#nalAt;
      return length;
    }
    return this.#fragment(bytes, at);
  }

  #fragment(bytes: Uint8Array, at: number): number {
    const header = this.#frame[this.#nalAt] as number;
    const first = this.#fragmentAt < 0;
    const from = first ? this.#nalAt + 1 : this.#fragmentAt;
    const size = Math.min(this.#maxPayload - 2, this.#nalEnd - from);
    const final = from + size === this.#nalEnd;
    bytes[at] = (header & 0xe0) | nalType.fuA;
    bytes[at + 1] = (first ? 0x80 : 0) | (final ? 0x40 : 0) | (header & 31);
    copyBytes(this.#frame, from, bytes, at + 2, size);
    this.last = false;
    if (final) {
      this.#fragmentAt = -1;
      this.#find(this.#nalEnd);
      this.last = this.#nalEnd <= this.#nalAt;
    } else this.#fragmentAt = from + size;
    return size + 2;
  }

  /** The next NAL unit from `from`; an empty one where there is none. */
  #find(from: number): void {
    let start = this.#startCode(from);
    do {
      this.#nalAt = Math.min(start + 3, this.#end);
      start = this.#startCode(this.#nalAt);
      // Zeros before the next start code belong to it.
      let end = start;
      while (end > this.#nalAt && this.#frame[end - 1] === 0) end -= 1;
      this.#nalEnd = end;
    } while (this.#nalEnd === this.#nalAt && start < this.#end);
  }

  /** Where the next 00 00 01 stands, or the end. */
  #startCode(from: number): number {
    const frame = this.#frame;
    for (let at = from; at + 2 < this.#end; at += 1) {
      if (frame[at + 2] === 1 && frame[at + 1] === 0 && frame[at] === 0) return at;
    }
    return this.#end;
  }
}
