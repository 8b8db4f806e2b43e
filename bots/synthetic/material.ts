/**
 * Port: what a stream plays, in units of a fixed rate: frames of video, packets of audio. Many streams share one
 * material: it remembers nothing of who plays what. A unit is a small whole number that means something only here.
 */
import type { Cassette } from '../media/cassette.ts';

export interface Material {
  /** Pixels; null for audio. */
  readonly width: number | null;
  readonly height: number | null;
  /** Units per second. */
  readonly rate: number;
  /** Of payloads, without RTP headers and payload descriptors. */
  readonly bitrateBps: number;
  /** Whether the last bytes of each payload are left to the sender, for its mark. */
  readonly isMarked: boolean;
  /** The unit to begin with, which needs no other. `random`: 0 … 1. */
  first(random: number): number;
  /** The unit that follows; one that needs no other where `wantsKey`. */
  after(unit: number, wantsKey: boolean): number;
  isKey(unit: number): boolean;
  /** Packets that the unit takes, when payloads may have `longest` bytes. */
  packetsOf(unit: number, longest: number): number;
  /** Writes the payload of packet `index` of `packets`, of the stream's unit number `frame`; returns its length. */
  write(out: Buffer, at: number, unit: number, index: number, packets: number, frame: number): number;
}

/** In silence, between talk spurts: any material of opus has it. */
export const comfortNoise = -1;

/** RFC 7741 §4.2 with a picture id of 15 bits, as libwebrtc writes it for one temporal layer. */
export const vp8DescriptorLength = 4;

export function writeVp8Descriptor(out: Uint8Array, at: number, index: number, frame: number): void {
  out[at] = index === 0 ? 0x90 : 0x80; // X, and S at the start of the frame's only partition
  out[at + 1] = 0x80; // I
  out[at + 2] = 0x80 | ((frame >>> 8) & 0x7f);
  out[at + 3] = frame;
}

/** Real opus, packet by packet. */
class OpusCassette implements Material {
  readonly width = null;
  readonly height = null;
  readonly rate: number;
  readonly bitrateBps: number;
  readonly isMarked = false;
  readonly #cassette: Cassette;

  constructor(cassette: Cassette) {
    this.#cassette = cassette;
    this.rate = cassette.rate;
    this.bitrateBps = cassette.bitrateBps;
  }

  first(): number {
    return 0;
  }

  after(unit: number): number {
    return (unit + 1) % this.#cassette.count;
  }

  isKey(): boolean {
    return true;
  }

  packetsOf(): number {
    return 1;
  }

  write(out: Buffer, at: number, unit: number): number {
    const { bytes, offsets, lengths } = this.#cassette;
    if (unit === comfortNoise) {
      // RFC 6716 §3.2.1: one frame without bytes, which a decoder fills with noise.
      out[at] = (bytes[offsets[0] as number] as number) & 0xfc;
      return 1;
    }
    const from = offsets[unit] as number;
    const length = lengths[unit] as number;
    bytes.copy(out, at, from, from + length);
    return length;
  }
}

/** Real VP8. A wish for a key frame is answered by going on from the next one of the cassette. */
class Vp8Cassette implements Material {
  readonly width: number;
  readonly height: number;
  readonly rate: number;
  readonly bitrateBps: number;
  readonly isMarked = false;
  readonly #cassette: Cassette;
  readonly #keys: readonly number[];

  constructor(cassette: Cassette) {
    this.#cassette = cassette;
    this.width = cassette.width;
    this.height = cassette.height;
    this.rate = cassette.rate;
    this.bitrateBps = cassette.bitrateBps;
    this.#keys = [...cassette.keys.entries()].flatMap(([unit, key]) => (key === 1 ? [unit] : []));
  }

  /** One of its key frames, so that publishers do not all play the same at once. */
  first(random: number): number {
    return this.#keys[Math.floor(random * this.#keys.length)] ?? 0;
  }

  after(unit: number, wantsKey: boolean): number {
    const { keys, count } = this.#cassette;
    let next = (unit + 1) % count;
    if (wantsKey) while (keys[next] !== 1) next = (next + 1) % count;
    return next;
  }

  isKey(unit: number): boolean {
    return this.#cassette.keys[unit] === 1;
  }

  packetsOf(unit: number, longest: number): number {
    return Math.ceil((this.#cassette.lengths[unit] as number) / (longest - vp8DescriptorLength));
  }

  write(out: Buffer, at: number, unit: number, index: number, packets: number, frame: number): number {
    const { bytes, offsets, lengths } = this.#cassette;
    const length = lengths[unit] as number;
    const offset = offsets[unit] as number;
    const from = Math.floor((length * index) / packets);
    const to = Math.floor((length * (index + 1)) / packets);
    writeVp8Descriptor(out, at, index, frame);
    bytes.copy(out, at + vp8DescriptorLength, offset + from, offset + to);
    return vp8DescriptorLength + to - from;
  }
}

export function recorded(cassette: Cassette): Material {
  return cassette.codec === 'opus' ? new OpusCassette(cassette) : new Vp8Cassette(cassette);
}
