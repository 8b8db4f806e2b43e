/**
 * Material of random bytes in units of an exact size, whose packets can be told apart by their marks: what an SFU
 * parses of it is valid, the rest is for nobody's decoder.
 */
import { randomFillSync } from 'node:crypto';
import { pictureParameterSet, sequenceParameterSet } from '../engine/payload/h264-parameter-sets.ts';
import { markLength } from '../engine/payload/mark.ts';
import { writeVp8FrameHeader } from '../engine/payload/vp8.ts';
import { comfortNoise, type Material, vp8DescriptorLength, writeVp8Descriptor } from './material.ts';

/** A key frame is this many times as large as another. */
export const keyFrameFactor = 4;
/** Of a frame: a key frame's header and a mark. */
const leastFrame = 16 + markLength;
const units = 2 ** 30;

/** Where random bytes are taken from; a payload begins anywhere in it. A power of two. */
const arenaLength = 65_536;
const longestPayload = 2048;
let arena: Buffer | null = null;

/** Filled once. Without zeros, so that no NAL unit contains a start code. */
function randomBytes(): Buffer {
  if (arena !== null) return arena;
  arena = randomFillSync(Buffer.alloc(arenaLength + longestPayload));
  for (let at = 0; at < arena.length; at += 1) if (arena[at] === 0) arena[at] = 0xff;
  return arena;
}

function fill(out: Buffer, at: number, length: number, index: number, frame: number): void {
  const from = (Math.imul(frame, 7919) + index * 1201) & (arenaLength - 1);
  randomBytes().copy(out, at, from, from + length);
}

export interface MarkedVideoWish {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Of payloads, without RTP headers and payload descriptors; marks are in it. */
  readonly bitrateBps: number;
  /** From one key frame to the next; null: only where one is asked for. */
  readonly keyFrameIntervalMs: number | null;
}

/** Units count from the last key frame, which is 0. */
abstract class MarkedVideo implements Material {
  readonly width: number;
  readonly height: number;
  readonly rate: number;
  readonly bitrateBps: number;
  readonly isMarked = true;
  readonly deltaLength: number;
  readonly #period: number;

  constructor({ width, height, fps, bitrateBps, keyFrameIntervalMs }: MarkedVideoWish) {
    this.width = width;
    this.height = height;
    this.rate = fps;
    this.bitrateBps = bitrateBps;
    this.#period =
      keyFrameIntervalMs === null ? units : Math.max(1, Math.round((keyFrameIntervalMs * fps) / 1000));
    // Key frames of an interval are part of the bitrate; those that are asked for come on top, as with an encoder.
    const extra = keyFrameIntervalMs === null ? 0 : (keyFrameFactor - 1) / this.#period;
    this.deltaLength = Math.max(leastFrame, Math.round(bitrateBps / 8 / fps / (1 + extra)));
    randomBytes();
  }

  first(): number {
    return 0;
  }

  after(unit: number, wantsKey: boolean): number {
    return wantsKey ? 0 : (unit + 1) % this.#period;
  }

  isKey(unit: number): boolean {
    return unit === 0;
  }

  lengthOf(unit: number): number {
    return unit === 0 ? keyFrameFactor * this.deltaLength : this.deltaLength;
  }

  abstract packetsOf(unit: number, longest: number): number;

  abstract write(
    out: Buffer,
    at: number,
    unit: number,
    index: number,
    packets: number,
    frame: number,
  ): number;
}

class MarkedVp8 extends MarkedVideo {
  packetsOf(unit: number, longest: number): number {
    return Math.ceil(this.lengthOf(unit) / (longest - vp8DescriptorLength));
  }

  write(out: Buffer, at: number, unit: number, index: number, packets: number, frame: number): number {
    const length = shareOf(this.lengthOf(unit), index, packets);
    writeVp8Descriptor(out, at, index, frame);
    const from = at + vp8DescriptorLength;
    fill(out, from, length, index, frame);
    if (index === 0) writeVp8FrameHeader(out, from, unit === 0, length, this.width, this.height);
    return vp8DescriptorLength + length;
  }
}

/** Header of an RBSP of one byte more than the mark: supplemental information, which decoders leave alone. */
const seiUnit = 6;
const idrUnit = 0x65;
const sliceUnit = 0x41;
const stapA = 0x78;
const fuA = 28;

/** RFC 6184, packetization-mode 1: a key frame begins with a STAP-A of its parameter sets, slices go in FU-A. */
class MarkedH264 extends MarkedVideo {
  /** STAP-A, with room for the mark in a NAL unit of its own. */
  readonly #head: Buffer;

  constructor(wish: MarkedVideoWish, profileLevelId: string) {
    super(wish);
    const sets = [sequenceParameterSet(profileLevelId, wish.width, wish.height), pictureParameterSet()];
    const parts = sets.flatMap((set) => [Buffer.of(set.length >> 8, set.length), Buffer.from(set)]);
    const mark = Buffer.alloc(2 + 1 + markLength);
    mark[1] = 1 + markLength;
    mark[2] = seiUnit;
    this.#head = Buffer.concat([Buffer.of(stapA), ...parts, mark]);
  }

  /** FU-A's two bytes stand for a packet's share of the frame, as VP8's descriptor does. */
  packetsOf(unit: number, longest: number): number {
    return (unit === 0 ? 1 : 0) + Math.ceil(this.#sliceOf(unit) / (longest - 2));
  }

  write(out: Buffer, at: number, unit: number, index: number, packets: number, frame: number): number {
    if (unit === 0 && index === 0) return this.#head.copy(out, at);
    const part = unit === 0 ? index - 1 : index;
    const parts = unit === 0 ? packets - 1 : packets;
    const length = shareOf(this.#sliceOf(unit), part, parts);
    const header = unit === 0 ? idrUnit : sliceUnit;
    const isSingle = parts === 1;
    out[at] = isSingle ? header : (header & 0xe0) | fuA;
    if (!isSingle) out[at + 1] = (part === 0 ? 0x80 : 0) | (part === parts - 1 ? 0x40 : 0) | (header & 31);
    const from = at + (isSingle ? 1 : 2);
    fill(out, from, length, index, frame);
    // first_mb_in_slice 0 is a single set bit: the slice begins its picture.
    if (part === 0) out[from] = (out[from] as number) | 0x80;
    return from - at + length;
  }

  #sliceOf(unit: number): number {
    return unit === 0 ? Math.max(leastFrame, this.lengthOf(0) - this.#head.length) : this.deltaLength;
  }
}

/** Bytes of packet `index`: packets of a unit differ by one byte at most. */
function shareOf(length: number, index: number, packets: number): number {
  return Math.floor((length * (index + 1)) / packets) - Math.floor((length * index) / packets);
}

/** What 32 kbit/s of opus have in 20 ms on the cassette. */
export const markedAudioBytes = 69;
const audioRate = 50;
/** RFC 6716 §3.1: CELT only, fullband, 20 ms, mono, one frame. */
const opusToc = 0xf8;

class MarkedOpus implements Material {
  readonly width = null;
  readonly height = null;
  readonly rate = audioRate;
  readonly bitrateBps = markedAudioBytes * 8 * audioRate;
  readonly isMarked = true;

  first(): number {
    return 0;
  }

  after(): number {
    return 0;
  }

  isKey(): boolean {
    return true;
  }

  packetsOf(): number {
    return 1;
  }

  write(out: Buffer, at: number, unit: number, _index: number, _packets: number, frame: number): number {
    const length = unit === comfortNoise ? 1 + markLength : markedAudioBytes;
    fill(out, at, length, 0, frame);
    out[at] = opusToc;
    return length;
  }
}

export const markedAudio: Material = new MarkedOpus();

/** `profileLevelId`: the negotiated one of H264; null for VP8. */
export function markedVideo(wish: MarkedVideoWish, profileLevelId: string | null): Material {
  return profileLevelId === null ? new MarkedVp8(wish) : new MarkedH264(wish, profileLevelId);
}
