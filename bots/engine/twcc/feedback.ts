/** draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1: reads transport-wide feedback, status by status. */
import { readUint16, readUint24 } from '../bytes.ts';
import { reason } from '../reason.ts';

const headLength = 20;
const referenceTicks = 256;

/** One reused per transport: `open` checks the packet, `next` steps through its statuses. */
export class TransportFeedback {
  baseSequence = 0;
  statusCount = 0;
  feedbackCount = 0;
  /** Signed, in 64 ms. */
  referenceTime = 0;
  /** Of the status that `next` came to. */
  sequence = 0;
  received = false;
  /** Arrival in ticks of 250 µs of the receiver's clock, modulo 2^32; of the last received packet. */
  arrivalTicks = 0;
  /** Since the packet received before it, or since the reference time; ticks of 250 µs. */
  deltaTicks = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #chunkAt = 0;
  #deltaAt = 0;
  #done = 0;
  #chunk = 0;
  #inChunk = 0;
  #taken = 0;

  /** `length` without RTCP padding. Returns the number of statuses, or a negative reason. */
  open(bytes: Uint8Array, at: number, length: number): number {
    this.statusCount = 0;
    this.#done = 0;
    if (length < headLength + 2) return reason.truncated;
    const count = readUint16(bytes, at + 14);
    if (count === 0) return reason.malformed;
    const end = at + length;
    let chunkAt = at + headLength;
    let left = count;
    let deltaLength = 0;
    while (left > 0) {
      if (chunkAt + 2 > end) return reason.truncated;
      const chunk = readUint16(bytes, chunkAt);
      const symbols = Math.min(left, symbolsOf(chunk));
      if (symbols === 0) return reason.malformed;
      const used = deltaBytes(chunk, symbols);
      if (used < 0) return used;
      deltaLength += used;
      left -= symbols;
      chunkAt += 2;
    }
    if (chunkAt + deltaLength > end) return reason.truncated;
    this.#bytes = bytes;
    this.#chunkAt = at + headLength;
    this.#deltaAt = chunkAt;
    this.#inChunk = 0;
    this.#taken = 0;
    this.baseSequence = readUint16(bytes, at + 12);
    this.statusCount = count;
    this.referenceTime = (readUint24(bytes, at + 16) << 8) >> 8;
    this.feedbackCount = bytes[at + 19] as number;
    this.arrivalTicks = this.referenceTime * referenceTicks;
    return count;
  }

  next(): boolean {
    if (this.#done === this.statusCount) return false;
    const bytes = this.#bytes;
    if (this.#taken === this.#inChunk) {
      this.#chunk = readUint16(bytes, this.#chunkAt);
      this.#chunkAt += 2;
      this.#inChunk = symbolsOf(this.#chunk);
      this.#taken = 0;
    }
    const symbol = symbolAt(this.#chunk, this.#taken);
    this.#taken += 1;
    this.sequence = (this.baseSequence + this.#done) & 0xffff;
    this.#done += 1;
    this.received = symbol !== 0;
    if (symbol === 0) return true;
    this.deltaTicks =
      symbol === 1 ? (bytes[this.#deltaAt] as number) : (readUint16(bytes, this.#deltaAt) << 16) >> 16;
    this.#deltaAt += symbol;
    this.arrivalTicks += this.deltaTicks;
    return true;
  }
}

function symbolsOf(chunk: number): number {
  if (chunk < 0x8000) return chunk & 0x1fff;
  return chunk < 0xc000 ? 14 : 7;
}

function symbolAt(chunk: number, index: number): number {
  if (chunk < 0x8000) return chunk >> 13;
  if (chunk < 0xc000) return (chunk >> (13 - index)) & 1;
  return (chunk >> (2 * (6 - index))) & 3;
}

/** Bytes of receive deltas of the first symbols; symbol 3 is reserved. */
function deltaBytes(chunk: number, symbols: number): number {
  if (chunk < 0x8000) return chunk >> 13 === 3 ? reason.malformed : (chunk >> 13) * symbols;
  let bytes = 0;
  for (let index = 0; index < symbols; index += 1) {
    const symbol = symbolAt(chunk, index);
    if (symbol === 3) return reason.malformed;
    bytes += symbol;
  }
  return bytes;
}
