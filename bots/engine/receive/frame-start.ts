/** What an opened payload says of its frame: whether it begins here, and as a key frame that a decoder can start with. */
import { H264Payload, readH264 } from '../payload/h264.ts';
import { readVp8, Vp8Descriptor } from '../payload/vp8.ts';

/** Codecs whose payload we read. */
export type ReadableCodec = 'VP8' | 'H264';

export const frameStart = { none: 0, delta: 1, key: 2 } as const;
export type FrameStart = (typeof frameStart)[keyof typeof frameStart];

/** RFC 6184 §5.2: what a key frame's slices come in, without the parameter sets. */
const idr = 5;
const fuA = 28;

// One of each for all: they mean nothing once their packet was handled.
const vp8 = new Vp8Descriptor();
const h264 = new H264Payload();

export function frameStartOf(
  codec: ReadableCodec,
  bytes: Uint8Array,
  at: number,
  length: number,
): FrameStart {
  if (codec === 'VP8') {
    if (readVp8(vp8, bytes, at, length) < 0 || !vp8.start) return frameStart.none;
    return vp8.keyFrame ? frameStart.key : frameStart.delta;
  }
  if (readH264(h264, bytes, at, length) < 0 || !h264.start) return frameStart.none;
  if (!h264.keyFrame) return frameStart.delta;
  // As libwebrtc has it: no decoder begins with slices whose parameter sets did not come.
  const type = (bytes[at] as number) & 31;
  return type === idr || type === fuA ? frameStart.delta : frameStart.key;
}
