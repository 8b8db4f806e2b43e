/** RFC 3550 §6.1 and §6.4 (common header), RFC 5506 (reduced size): walks a compound without allocation. */
import { readUint16, writeUint16 } from '../bytes.ts';
import { reason } from '../reason.ts';

export const rtcpType = {
  senderReport: 200,
  receiverReport: 201,
  sourceDescription: 202,
  bye: 203,
  application: 204,
  transportFeedback: 205,
  payloadFeedback: 206,
  extendedReport: 207,
} as const;

/** The format field of feedback packets: RFC 4585 §6, RFC 5104 §4, the drafts of transport-cc and REMB. */
export const feedbackFormat = {
  nack: 1,
  transportWide: 15,
  pli: 1,
  fir: 4,
  application: 15,
} as const;

export const rtcpHeaderLength = 4;

/** One per transport; `open` checks the whole compound, `next` steps through its packets. */
export class RtcpCursor {
  type = 0;
  /** Count of blocks, or the format of feedback: the five bits after version and padding. */
  format = 0;
  /** The packet with its header, without padding. */
  at = 0;
  length = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #next = 0;
  #end = 0;

  /** Returns how many packets there are, or a negative reason, in which case `next` finds none. */
  open(bytes: Uint8Array, at: number, length: number): number {
    this.#bytes = bytes;
    this.#next = at;
    this.#end = at;
    const end = at + length;
    let from = at;
    let packets = 0;
    while (from < end) {
      if (from + rtcpHeaderLength > end) return reason.truncated;
      const first = bytes[from] as number;
      if (first >> 6 !== 2) return reason.version;
      const size = (readUint16(bytes, from + 2) + 1) * 4;
      if (from + size > end) return reason.truncated;
      if ((first & 0x20) !== 0) {
        // Only the last packet may be padded; Chrome pads feedback by any number of bytes, not by whole words.
        const padding = bytes[from + size - 1] as number;
        if (from + size !== end || padding === 0 || padding > size - rtcpHeaderLength) {
          return reason.malformed;
        }
      }
      from += size;
      packets += 1;
    }
    if (packets === 0) return reason.truncated;
    this.#end = end;
    return packets;
  }

  next(): boolean {
    const at = this.#next;
    if (at >= this.#end) return false;
    const bytes = this.#bytes;
    const first = bytes[at] as number;
    const size = (readUint16(bytes, at + 2) + 1) * 4;
    this.type = bytes[at + 1] as number;
    this.format = first & 31;
    this.at = at;
    this.length = (first & 0x20) === 0 ? size : size - (bytes[at + size - 1] as number);
    this.#next = at + size;
    return true;
  }
}

/** `length` counts the header and is a multiple of 4. */
export function writeRtcpHeader(
  bytes: Uint8Array,
  at: number,
  type: number,
  format: number,
  length: number,
): void {
  bytes[at] = 0x80 | format;
  bytes[at + 1] = type;
  writeUint16(bytes, at + 2, length / 4 - 1);
}
