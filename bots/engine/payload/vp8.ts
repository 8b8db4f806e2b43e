/** RFC 7741 §4.2 (payload descriptor) and §4.3 (the P bit of the payload header). */
import { readUint16 } from '../bytes.ts';
import { reason } from '../reason.ts';

export class Vp8Descriptor {
  /** The first packet of a frame: S set, partition 0. */
  start = false;
  /** Only where `start`. */
  keyFrame = false;
  nonReference = false;
  /** −1 where absent; of 7 or 15 bits. */
  pictureId = -1;
  pictureIdBits = 0;
  tl0PictureIndex = -1;
  temporalId = -1;
  layerSync = false;
}

/** Returns the descriptor's length, or a negative reason. */
export function readVp8(descriptor: Vp8Descriptor, bytes: Uint8Array, at: number, length: number): number {
  if (length < 1) return reason.truncated;
  const first = bytes[at] as number;
  let used = 1;
  descriptor.nonReference = (first & 0x20) !== 0;
  descriptor.start = (first & 0x17) === 0x10;
  descriptor.pictureId = -1;
  descriptor.pictureIdBits = 0;
  descriptor.tl0PictureIndex = -1;
  descriptor.temporalId = -1;
  descriptor.layerSync = false;
  if ((first & 0x80) !== 0) {
    if (length < 2) return reason.truncated;
    const extensions = bytes[at + 1] as number;
    used = 2;
    if ((extensions & 0x80) !== 0) {
      if (length < used + 1) return reason.truncated;
      const long = (bytes[at + used] as number) >= 0x80;
      if (long && length < used + 2) return reason.truncated;
      descriptor.pictureId = long ? readUint16(bytes, at + used) & 0x7fff : (bytes[at + used] as number);
      descriptor.pictureIdBits = long ? 15 : 7;
      used += long ? 2 : 1;
    }
    if ((extensions & 0x40) !== 0) {
      if (length < used + 1) return reason.truncated;
      descriptor.tl0PictureIndex = bytes[at + used] as number;
      used += 1;
    }
    if ((extensions & 0x30) !== 0) {
      if (length < used + 1) return reason.truncated;
      if ((extensions & 0x20) !== 0) {
        descriptor.temporalId = (bytes[at + used] as number) >> 6;
        descriptor.layerSync = ((bytes[at + used] as number) & 0x20) !== 0;
      }
      used += 1;
    }
  }
  if (length <= used) return reason.truncated;
  descriptor.keyFrame = descriptor.start && ((bytes[at + used] as number) & 1) === 0;
  return used;
}

/** RFC 7741 §4.3, RFC 6386 §9.1: writes a key frame's header of 10 bytes, or another frame's of 3, for payloads that are never decoded. */
export function writeVp8FrameHeader(
  bytes: Uint8Array,
  at: number,
  keyFrame: boolean,
  firstPartitionLength: number,
  width: number,
  height: number,
): number {
  // Bits from the lowest: not a key frame, version (3), shown, length of the first partition (19).
  const word = (keyFrame ? 0 : 1) | 0x10 | (firstPartitionLength << 5);
  bytes[at] = word;
  bytes[at + 1] = word >>> 8;
  bytes[at + 2] = word >>> 16;
  if (!keyFrame) return 3;
  bytes[at + 3] = 0x9d;
  bytes[at + 4] = 0x01;
  bytes[at + 5] = 0x2a;
  bytes[at + 6] = width;
  bytes[at + 7] = width >>> 8;
  bytes[at + 8] = height;
  bytes[at + 9] = height >>> 8;
  return 10;
}
