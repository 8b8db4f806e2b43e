/** RFC 4585 §6.2.1: generic NACK: a packet id, and a bit for each of the sixteen that follow it. */
import { readUint16, writeUint16 } from '../bytes.ts';
import { reason } from '../reason.ts';
import { feedbackFormat, rtcpType } from './compound.ts';
import { feedbackHeadLength, writeFeedbackHead } from './feedback.ts';

/** Steps through the sequence numbers of one NACK. */
export class Nack {
  #bytes: Uint8Array = new Uint8Array(0);
  #next = 0;
  #end = 0;
  #packet = 0;
  #bits = 0;
  #offset = 0;

  /** Returns 0 or a negative reason. */
  open(bytes: Uint8Array, at: number, length: number): number {
    this.#bytes = bytes;
    this.#next = at + feedbackHeadLength;
    this.#end = at + length;
    this.#bits = 0;
    if (length >= feedbackHeadLength + 4) return 0;
    this.#end = this.#next;
    return reason.truncated;
  }

  /** The next sequence number, or −1 at the end. */
  next(): number {
    while (this.#bits !== 0) {
      this.#offset += 1;
      const set = (this.#bits & 1) !== 0;
      this.#bits >>>= 1;
      if (set) return (this.#packet + this.#offset) & 0xffff;
    }
    if (this.#next + 4 > this.#end) return -1;
    this.#packet = readUint16(this.#bytes, this.#next);
    this.#bits = readUint16(this.#bytes, this.#next + 2);
    this.#offset = 0;
    this.#next += 4;
    return this.#packet;
  }
}

/** Packs `count` sequence numbers, which stand in sending order; returns the packet's length or `noSpace`. */
export function writeNack(
  bytes: Uint8Array,
  at: number,
  senderSsrc: number,
  mediaSsrc: number,
  sequences: Uint16Array,
  count: number,
): number {
  if (count === 0) return 0;
  let next = at + feedbackHeadLength;
  let index = 0;
  while (index < count) {
    if (next + 4 > bytes.length) return reason.noSpace;
    const packet = sequences[index] as number;
    let bits = 0;
    index += 1;
    while (index < count) {
      const offset = ((sequences[index] as number) - packet) & 0xffff;
      if (offset === 0 || offset > 16) break;
      bits |= 1 << (offset - 1);
      index += 1;
    }
    writeUint16(bytes, next, packet);
    writeUint16(bytes, next + 2, bits);
    next += 4;
  }
  const length = next - at;
  writeFeedbackHead(
    bytes,
    at,
    rtcpType.transportFeedback,
    feedbackFormat.nack,
    length,
    senderSsrc,
    mediaSsrc,
  );
  return length;
}
