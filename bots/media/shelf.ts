/** The cassettes that come with the package, each read once per process. */
import { readFileSync } from 'node:fs';
import type { VideoMedia } from '../bot.ts';
import { type Cassette, parseCassette } from './cassette.ts';

/** What there is a recording of. Another size is refused: a scaled bitstream would be decodable by nobody. */
export const recordedVideos = [
  { width: 320, height: 180, fps: 15, bitrateBps: 150_000 },
  { width: 320, height: 180, fps: 30, bitrateBps: 150_000 },
  { width: 640, height: 360, fps: 30, bitrateBps: 450_000 },
  { width: 1280, height: 720, fps: 30, bitrateBps: 1_500_000 },
] as const;

const shelf = new Map<string, Cassette>();

function take(name: string): Cassette {
  const known = shelf.get(name);
  if (known !== undefined) return known;
  const cassette = parseCassette(readFileSync(new URL(`./cassettes/${name}.ivf`, import.meta.url)));
  shelf.set(name, cassette);
  return cassette;
}

export function audioCassette(): Cassette {
  return take('opus');
}

/** @throws Error when there is no recording of this size and frame rate */
export function videoCassette({
  width,
  height,
  fps,
}: Pick<VideoMedia, 'width' | 'height' | 'fps'>): Cassette {
  const found = recordedVideos.some(
    (video) => video.width === width && video.height === height && video.fps === fps,
  );
  if (!found) throw new Error(`no recording of ${width}×${height} at ${fps} frames per second`);
  return take(`vp8-${width}x${height}-${fps}`);
}
