/**
 * A cassette: encoded frames or packets that a bot plays in a loop, in an IVF file (32 bytes of header, then per frame
 * its length and its number; https://wiki.multimedia.cx/index.php/Duck_IVF). Ours begin with a key frame.
 */

export type CassetteCodec = 'VP8' | 'opus';

export interface CassetteUnit {
  readonly bytes: Uint8Array;
}

export interface CassetteContent {
  readonly codec: CassetteCodec;
  /** Pixels; 0 for audio. */
  readonly width: number;
  readonly height: number;
  /** Units per second. */
  readonly rate: number;
  readonly units: readonly CassetteUnit[];
}

/** One arena for all units, so that a thousand bots share it. */
export interface Cassette {
  readonly codec: CassetteCodec;
  readonly width: number;
  readonly height: number;
  readonly rate: number;
  readonly bytes: Buffer;
  readonly count: number;
  /** Where each unit lies in `bytes`. */
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  /** 1 for a frame that needs no other. Every packet of audio is one. */
  readonly keys: Uint8Array;
  /** Of payloads, without RTP headers. */
  readonly bitrateBps: number;
}

const fileHeader = 32;
const unitHeader = 12;
const fourcc: Readonly<Record<CassetteCodec, string>> = { VP8: 'VP80', opus: 'OPUS' };

export function formatCassette({ codec, width, height, rate, units }: CassetteContent): Buffer {
  const head = Buffer.alloc(fileHeader);
  head.write('DKIF', 0, 'latin1');
  head.writeUInt16LE(fileHeader, 6);
  head.write(fourcc[codec], 8, 'latin1');
  head.writeUInt16LE(width, 12);
  head.writeUInt16LE(height, 14);
  head.writeUInt32LE(rate, 16);
  head.writeUInt32LE(1, 20);
  head.writeUInt32LE(units.length, 24);
  const parts = units.flatMap(({ bytes }, index) => {
    const before = Buffer.alloc(unitHeader);
    before.writeUInt32LE(bytes.length, 0);
    before.writeBigUInt64LE(BigInt(index), 4);
    return [before, bytes];
  });
  return Buffer.concat([head, ...parts]);
}

/** RFC 7741 §4.3: the P bit of the payload header is 0 in a key frame. */
function isKey(codec: CassetteCodec, first: number | undefined): boolean {
  return codec === 'opus' || (first !== undefined && (first & 1) === 0);
}

/** @throws Error when it is no cassette, or begins with a frame that cannot be decoded by itself */
export function parseCassette(file: Uint8Array): Cassette {
  const view = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const name = view.toString('latin1', 8, 12);
  const codec = (Object.keys(fourcc) as CassetteCodec[]).find((key) => fourcc[key] === name);
  if (view.length < fileHeader || view.toString('latin1', 0, 4) !== 'DKIF' || codec === undefined)
    throw new Error('not an IVF file of VP8 or opus');
  const count = view.readUInt32LE(24);
  const rate = view.readUInt32LE(16) / view.readUInt32LE(20);
  const offsets = new Uint32Array(count);
  const lengths = new Uint32Array(count);
  const keys = new Uint8Array(count);
  let at = view.readUInt16LE(6);
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    const length = at + unitHeader <= view.length ? view.readUInt32LE(at) : 0;
    if (length === 0 || at + unitHeader + length > view.length)
      throw new Error(`unit ${index} runs over the end`);
    offsets[index] = at + unitHeader;
    lengths[index] = length;
    keys[index] = isKey(codec, file[at + unitHeader]) ? 1 : 0;
    sum += length;
    at += unitHeader + length;
  }
  if (!(rate > 0) || keys[0] !== 1) throw new Error('a cassette begins with a key frame');
  return {
    codec,
    width: view.readUInt16LE(12),
    height: view.readUInt16LE(14),
    rate,
    bytes: view,
    count,
    offsets,
    lengths,
    keys,
    bitrateBps: Math.round((sum * 8 * rate) / count),
  };
}
