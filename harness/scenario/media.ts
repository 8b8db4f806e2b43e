/** From the media of `options` and of an entry to the resolved one. */
import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import type { AudioMedia, VideoMedia } from '../../bots/bot.ts';
import type { AudioOptions, MediaOptions, VideoOptions } from '../media-options.ts';
import type { Media } from '../scenario.ts';
import type { Problem } from './problem.ts';

/**
 * From which size on, in pixels of a frame, Chrome surely sends so many simulcast layers. A browser that is asked for
 * more leaves out the largest ones in silence: a run with fewer streams than it says. Measured with Chromium 156:
 * 950×534 sent three, 928×522 two; 470×264 two, 464×262 one.
 */
export const simulcastFrom: readonly {
  readonly layers: 2 | 3;
  readonly width: number;
  readonly height: number;
}[] = [
  { layers: 3, width: 960, height: 540 },
  { layers: 2, width: 480, height: 270 },
];

/** Layers that Chrome really sends at this size. */
export function simulcastLayers(width: number, height: number): 1 | 2 | 3 {
  return simulcastFrom.find((rule) => width * height >= rule.width * rule.height)?.layers ?? 1;
}

const defaultVideo = { width: 640, height: 360, fps: 30, codec: 'VP8' } as const;

/** The bitrate asked for when none is given, by pixels of a frame: about what Chrome itself would allow. */
const defaultBitrates: readonly { readonly pixels: number; readonly bps: number }[] = [
  { pixels: 1920 * 1080, bps: 4_000_000 },
  { pixels: 1280 * 720, bps: 2_000_000 },
  { pixels: 960 * 540, bps: 1_000_000 },
  { pixels: 640 * 360, bps: 500_000 },
  { pixels: 480 * 270, bps: 350_000 },
  { pixels: 0, bps: 200_000 },
];

function defaultBitrateBps(width: number, height: number): number {
  return defaultBitrates.find(({ pixels }) => width * height >= pixels)?.bps ?? 200_000;
}

/** Checks that take more than one field, and files. `field` is the path of `media`. */
export function checkMedia(media: MediaOptions, field: string, baseDir: string): Problem[] {
  const problems: Problem[] = [];
  const { audio, video } = media;
  if (typeof audio === 'object') checkFile(audio.file, `${field}.audio.file`, baseDir, ['.wav'], problems);
  if (typeof video !== 'object') return problems;
  checkFile(video.file, `${field}.video.file`, baseDir, ['.y4m', '.mjpeg'], problems);
  problems.push(...checkSimulcast(video, `${field}.video.simulcast`));
  return problems;
}

function checkFile(
  file: string | undefined,
  field: string,
  baseDir: string,
  endings: readonly string[],
  problems: Problem[],
): void {
  if (file === undefined) return;
  const path = resolve(baseDir, file);
  if (!endings.includes(extname(file).toLowerCase())) {
    problems.push({ field, value: file, message: `must be a file that ends in ${endings.join(' or ')}` });
  } else if (!existsSync(path)) {
    problems.push({ field, value: file, message: `names '${path}', which does not exist` });
  }
}

function checkSimulcast(video: VideoOptions, field: string): Problem[] {
  const { simulcast } = video;
  if (simulcast === undefined || simulcast === false || simulcast === 1) return [];
  if (video.codec === 'VP9') {
    return [
      {
        field,
        value: simulcast,
        message: "is not supported yet with codec 'VP9'",
        hint: "use 'VP8' or 'H264'",
      },
    ];
  }
  const { width, height } = { ...defaultVideo, ...video };
  const sent = simulcastLayers(width, height);
  const asked = simulcast === true ? 2 : simulcast;
  if (sent >= asked) return [];
  const from = simulcastFrom.findLast(({ layers }) => layers >= asked);
  const sends = sent === 1 ? 'one layer only' : `${sent} layers`;
  return [
    {
      field,
      value: simulcast,
      message: `asks for ${asked} layers at ${width}×${height}, where Chrome sends ${sends}`,
      hint: `${asked} layers are sent from ${from?.width}×${from?.height} pixels on`,
    },
  ];
}

/** The entry's media replace those of `options`, audio and video each as a whole. */
export function resolveMedia(
  top: MediaOptions | undefined,
  own: MediaOptions | undefined,
  baseDir: string,
): Media {
  return {
    audio: resolveAudio(own?.audio ?? top?.audio ?? true, baseDir),
    video: resolveVideo(own?.video ?? top?.video ?? true, baseDir),
  };
}

function resolveAudio(audio: boolean | AudioOptions, baseDir: string): AudioMedia | null {
  if (audio === false) return null;
  const { file, speech = 'constant' } = audio === true ? {} : audio;
  return { codec: 'opus', file: fileIn(file, baseDir), speech };
}

function resolveVideo(video: boolean | VideoOptions, baseDir: string): VideoMedia | null {
  if (video === false) return null;
  const given = video === true ? {} : video;
  const { width, height, fps, codec } = { ...defaultVideo, ...given };
  const asked = given.simulcast ?? false;
  const layers = asked === true ? simulcastLayers(width, height) : asked === false ? 1 : asked;
  const maxBitrateBps = given.maxBitrateBps ?? defaultBitrateBps(width, height);
  return { codec, width, height, fps, maxBitrateBps, layers, file: fileIn(given.file, baseDir) };
}

function fileIn(file: string | undefined, baseDir: string): string | null {
  return file === undefined ? null : resolve(baseDir, file);
}
