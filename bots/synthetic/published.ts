/** From what a bot is to publish to the material of each of its layers. */
import type { VideoMedia } from '../bot.ts';
import { audioCassette, videoCassette } from '../media/shelf.ts';
import { markedAudio, markedVideo } from './marked.ts';
import { type Material, recorded } from './material.ts';

export interface Publishing {
  /** `cassette`: recordings that a browser can show. `marked`: random bytes of any size, which are told apart. */
  readonly payload: 'cassette' | 'marked';
  /** Marked video; null: key frames only where they are asked for. */
  readonly keyFrameIntervalMs: number | null;
}

/** Of the bitrate, the smallest layer first: libwebrtc gives 150, 500 and 1500 kb/s to 320×180, 640×360 and 1280×720. */
const shares: Readonly<Record<VideoMedia['layers'], readonly number[]>> = {
  1: [1],
  2: [0.23, 0.77],
  3: [0.07, 0.23, 0.7],
};

export function audioMaterial({ payload }: Publishing): Material {
  return payload === 'marked' ? markedAudio : recorded(audioCassette());
}

/**
 * One per layer, the smallest first, each half as wide as the next. `profileLevelId`: H264's that was negotiated.
 * @throws Error when there is none: no recording of that size, or a codec that we do not write
 */
export function videoMaterials(
  video: VideoMedia,
  { payload, keyFrameIntervalMs }: Publishing,
  profileLevelId: string | null,
): Material[] {
  const { codec, layers, fps, maxBitrateBps, file } = video;
  const isMarked = payload === 'marked';
  if (file !== null) throw new Error('synthetic bots play no video files');
  if (!isMarked && codec !== 'VP8') throw new Error('synthetic bots have recordings of VP8 only');
  if (codec === 'VP9') throw new Error('synthetic bots publish VP8 and H264');
  return shares[layers].map((share, layer) => {
    const size = {
      width: video.width >> (layers - 1 - layer),
      height: video.height >> (layers - 1 - layer),
      fps,
    };
    if (!isMarked) return recorded(videoCassette(size));
    return markedVideo(
      { ...size, bitrateBps: Math.round(maxBitrateBps * share), keyFrameIntervalMs },
      profileLevelId,
    );
  });
}
