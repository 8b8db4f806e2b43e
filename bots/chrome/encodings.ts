/** How Chrome is asked to encode; runs in the page, and its rule of layers is the scenario's too. */
import type { VideoMedia } from '../bot.ts';

/** Shares of the bitrate per simulcast layer, smallest first: a layer of twice the width gets about three times. */
const shares: Readonly<Record<VideoMedia['layers'], readonly number[]>> = {
  1: [1],
  2: [0.23, 0.77],
  3: [0.07, 0.22, 0.71],
};

export interface Encoding {
  readonly maxBitrate: number;
  readonly maxFramerate: number;
  readonly scaleResolutionDownBy?: number;
  readonly scalabilityMode?: string;
}

/**
 * One encoding per simulcast layer, smallest first (mediasoup's order). VP9 has no simulcast in mediasoup: its
 * layers are spatial ones inside of one stream (SVC).
 */
export function encodingsOf(video: VideoMedia): Encoding[] {
  const { codec, layers, maxBitrateBps, fps } = video;
  if (layers === 1) return [{ maxBitrate: maxBitrateBps, maxFramerate: fps }];
  if (codec === 'VP9')
    return [{ maxBitrate: maxBitrateBps, maxFramerate: fps, scalabilityMode: `L${layers}T3_KEY` }];
  return shares[layers].map((share, index) => ({
    maxBitrate: Math.round(maxBitrateBps * share),
    maxFramerate: fps,
    scaleResolutionDownBy: 2 ** (layers - 1 - index),
  }));
}
