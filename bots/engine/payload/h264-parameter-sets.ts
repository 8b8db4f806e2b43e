/**
 * ITU-T H.264 §7.3.2.1.1 and §7.3.2.2: the smallest parameter sets that describe frames of a size, for payloads that
 * are never decoded. Of the profiles without chroma_format_idc: baseline (66), main (77), extended (88).
 */
import { fixedBytes } from '../bytes.ts';

const macroblock = 16;

/** Bits of an RBSP, in their order. */
class BitString {
  readonly #bits: number[] = [];

  /** u(length) */
  unsigned(value: number, length: number): this {
    for (let bit = length - 1; bit >= 0; bit -= 1) this.#bits.push((value >>> bit) & 1);
    return this;
  }

  /** ue(v): exponential Golomb, §9.1. */
  golomb(value: number): this {
    const length = 32 - Math.clz32(value + 1);
    return this.unsigned(0, length - 1).unsigned(value + 1, length);
  }

  /** A NAL unit of it: stop bit, alignment, emulation prevention (§7.4.1). */
  unit(header: number): Uint8Array {
    this.#bits.push(1);
    while (this.#bits.length % 8 !== 0) this.#bits.push(0);
    const bytes = [header];
    for (let at = 0; at < this.#bits.length; at += 8) {
      const byte = this.#bits.slice(at, at + 8).reduce((sum, bit) => (sum << 1) | bit, 0);
      if (byte <= 3 && bytes.length > 2 && bytes.at(-1) === 0 && bytes.at(-2) === 0) bytes.push(3);
      bytes.push(byte);
    }
    const fixed = fixedBytes(bytes.length);
    fixed.set(bytes);
    return fixed;
  }
}

/** `profileLevelId`: as the SDP has it (RFC 6184 §8.1), six hexadecimal digits. */
export function sequenceParameterSet(profileLevelId: string, width: number, height: number): Uint8Array {
  const columns = Math.ceil(width / macroblock);
  const rows = Math.ceil(height / macroblock);
  const right = (columns * macroblock - width) >> 1;
  const bottom = (rows * macroblock - height) >> 1;
  const bits = new BitString()
    .unsigned(Number.parseInt(profileLevelId, 16), 24)
    .golomb(0) // its id
    .golomb(0) // log2_max_frame_num − 4
    .golomb(2) // pictures are shown in the order in which they come
    .golomb(1) // reference frames
    .unsigned(0, 1) // no gaps in frame numbers
    .golomb(columns - 1)
    .golomb(rows - 1)
    .unsigned(3, 2); // whole frames; direct_8x8_inference
  if (right + bottom === 0) bits.unsigned(0, 1);
  else bits.unsigned(1, 1).golomb(0).golomb(right).golomb(0).golomb(bottom);
  return bits.unsigned(0, 1).unit(0x67);
}

export function pictureParameterSet(): Uint8Array {
  return new BitString()
    .golomb(0) // its id
    .golomb(0) // the sequence's
    .unsigned(0, 2) // CAVLC; no order in fields
    .golomb(0) // one slice group
    .golomb(0) // reference indices
    .golomb(0)
    .unsigned(0, 3) // no weighted prediction
    .golomb(0) // quantisers, each se(0)
    .golomb(0)
    .golomb(0)
    .unsigned(0, 3)
    .unit(0x68);
}
