/** RFC 3550 §6.5: SDES. Writes one CNAME; reads every item of every chunk. */
import { copyBytes, readUint32, writeUint32 } from '../bytes.ts';
import { reason } from '../reason.ts';
import { rtcpHeaderLength, rtcpType, writeRtcpHeader } from './compound.ts';

export const sdesItem = { end: 0, cname: 1 } as const;

export class SourceDescription {
  ssrc = 0;
  item = 0;
  /** Of the item's text. */
  textAt = 0;
  textLength = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #next = 0;
  #end = 0;
  #chunks = 0;
  #inChunk = false;

  open(bytes: Uint8Array, at: number, length: number, chunks: number): void {
    this.#bytes = bytes;
    this.#next = at + rtcpHeaderLength;
    this.#end = at + length;
    this.#chunks = chunks;
    this.#inChunk = false;
  }

  /** Steps to the next item; false at the end, and where a chunk runs over it. */
  next(): boolean {
    const bytes = this.#bytes;
    while (true) {
      if (!this.#inChunk) {
        if (this.#chunks === 0 || this.#next + 8 > this.#end) return false;
        this.#chunks -= 1;
        this.ssrc = readUint32(bytes, this.#next);
        this.#next += 4;
        this.#inChunk = true;
      }
      if (this.#next >= this.#end) return false;
      const item = bytes[this.#next] as number;
      if (item === sdesItem.end) {
        // A chunk ends at the next word; the packet began at one.
        const used = this.#end - this.#next;
        this.#next += used % 4 === 0 ? 4 : used % 4;
        this.#inChunk = false;
        continue;
      }
      if (this.#next + 2 > this.#end) return false;
      const length = bytes[this.#next + 1] as number;
      if (this.#next + 2 + length > this.#end) return false;
      this.item = item;
      this.textAt = this.#next + 2;
      this.textLength = length;
      this.#next += 2 + length;
      return true;
    }
  }
}

/** One chunk with one CNAME of up to 255 bytes; returns the packet's length. */
export function writeCname(bytes: Uint8Array, at: number, ssrc: number, cname: Uint8Array): number {
  if (cname.length > 255) return reason.length;
  const used = rtcpHeaderLength + 4 + 2 + cname.length;
  const length = (used + 4) & ~3; // at least one end item
  if (at + length > bytes.length) return reason.noSpace;
  writeRtcpHeader(bytes, at, rtcpType.sourceDescription, 1, length);
  writeUint32(bytes, at + 4, ssrc);
  bytes[at + 8] = sdesItem.cname;
  bytes[at + 9] = cname.length;
  copyBytes(cname, 0, bytes, at + 10, cname.length);
  for (let index = used; index < length; index += 1) bytes[at + index] = 0;
  return length;
}
