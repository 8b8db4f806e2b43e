/**
 * What Chrome sends and costs at a size, as measured, for forecasts. Conditions: Chromium 156 on Linux, its fake
 * camera and microphone (a simple picture and a beep, so that less is sent than was allowed), VP8 in software, one
 * stream, rooms of two to four, loopback, no loss, after 20 s; one core of an AMD EPYC server that others used too:
 * CPU within about a fifth.
 */
import type { AudioMedia, BotKind, BotSpec, VideoMedia } from '../bots/bot.ts';
import type { Synthetic } from './scenario.ts';

/** Of RTP packets; the bitrate is that of their payloads. */
export interface Rate {
  readonly packetsPerSecond: number;
  readonly bitrateBps: number;
}

interface Profile extends Rate {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** CPU to produce, encode and send it, in cores. */
  readonly sendCores: number;
}

/** By pixels per second, rising. */
const profiles: readonly Profile[] = [
  { width: 320, height: 180, fps: 15, bitrateBps: 151_000, packetsPerSecond: 23.3, sendCores: 0.04 },
  { width: 640, height: 360, fps: 20, bitrateBps: 197_000, packetsPerSecond: 33, sendCores: 0.07 },
  { width: 640, height: 360, fps: 30, bitrateBps: 260_000, packetsPerSecond: 41, sendCores: 0.11 },
  { width: 1280, height: 720, fps: 30, bitrateBps: 1_070_000, packetsPerSecond: 128, sendCores: 0.22 },
];

/** What synthetic bots have recordings of. A test keeps the table equal to them. */
export const recordings: readonly Omit<Profile, 'sendCores'>[] = [
  { width: 320, height: 180, fps: 15, bitrateBps: 148_644, packetsPerSecond: 24 },
  { width: 320, height: 180, fps: 30, bitrateBps: 151_625, packetsPerSecond: 30.5 },
  { width: 640, height: 360, fps: 30, bitrateBps: 448_141, packetsPerSecond: 61.7 },
  { width: 1280, height: 720, fps: 30, bitrateBps: 1_485_952, packetsPerSecond: 174.8 },
];

/** Of marked video's bitrate, the smallest layer first, and most bytes of a frame in a packet. */
const markedShares: Readonly<Record<VideoMedia['layers'], readonly number[]>> = {
  1: [1],
  2: [0.23, 0.77],
  3: [0.07, 0.23, 0.7],
};
const longestPayload = 1158;

/** CPU of a synthetic bot for one packet, in core-seconds: at 25,000 packets a second from the whole host; fewer cost more each. */
const syntheticCost = { sent: 6e-6, received: 4.5e-6 } as const;

/** Opus in packets of 20 ms. */
export const audioRates: Readonly<Record<BotKind, Rate>> = {
  chrome: { packetsPerSecond: 50, bitrateBps: 24_000 },
  synthetic: { packetsPerSecond: 50, bitrateBps: 27_400 },
};

/** Of synthetic bots that speak as ITU-T P.59 says: 39 % of the time, and comfort noise each 400 ms of the rest. */
const spokenRate: Rate = { packetsPerSecond: 21.1, bitrateBps: 10_700 };

export function audioRate(kind: BotKind, { speech }: AudioMedia): Rate {
  return speech === 'p59' ? spokenRate : audioRates[kind];
}

/** CPU to capture, process, encode and send audio, in cores: at small sizes more than the video. */
const audioSendCores = 0.055;

/** CPU for one packet received and decoded, in core-seconds. */
const receiveCost: Readonly<Record<BotSpec['decode'], number>> = { receive: 150e-6, play: 275e-6 };

function pixelRate({ width, height, fps }: Pick<VideoMedia, 'width' | 'height' | 'fps'>): number {
  return width * height * fps;
}

/** Whether the table has this very size, so that nothing has to be interpolated. */
export function isMeasured(video: VideoMedia): boolean {
  return (
    video.layers === 1 &&
    video.codec === 'VP8' &&
    video.file === null &&
    profiles.some(
      ({ width, height, fps }) => width === video.width && height === video.height && fps === video.fps,
    )
  );
}

/** What a bot of this kind makes the SFU receive and forward. */
export function publishedRate(
  kind: BotKind,
  video: VideoMedia,
  payload: Synthetic['payload'],
): { readonly sent: Rate; readonly forwarded: Rate } {
  if (kind === 'chrome') return videoRate(video);
  const layers = payload === 'marked' ? markedLayers(video) : recordedLayers(video);
  return { sent: totalRate(layers), forwarded: layers.at(-1) ?? noRate };
}

/** The size of each layer, the smallest first. */
export function layerSizes({
  width,
  height,
  layers,
}: Pick<VideoMedia, 'width' | 'height' | 'layers'>): { readonly width: number; readonly height: number }[] {
  return Array.from({ length: layers }, (_, layer) => ({
    width: width >> (layers - 1 - layer),
    height: height >> (layers - 1 - layer),
  }));
}

/** The recordings of a video's layers; those that there are. */
export function recordedLayers(video: VideoMedia): Omit<Profile, 'sendCores'>[] {
  return layerSizes(video).flatMap(({ width, height }) =>
    recordings.filter((each) => each.width === width && each.height === height && each.fps === video.fps),
  );
}

function markedLayers({ layers, maxBitrateBps, fps }: VideoMedia): Rate[] {
  return markedShares[layers].map((share) => {
    const bitrateBps = maxBitrateBps * share;
    return { bitrateBps, packetsPerSecond: fps * Math.ceil(bitrateBps / 8 / fps / longestPayload) };
  });
}

/** A stream as the SFU receives it, and its highest layer, which it forwards to those who have the bandwidth. */
export function videoRate(video: VideoMedia): { readonly sent: Rate; readonly forwarded: Rate } {
  const layers: Rate[] = [];
  let leftBps = video.maxBitrateBps;
  // Chrome halves the size from layer to layer and fills the small ones first.
  for (let layer = video.layers - 1; layer >= 0; layer -= 1) {
    const size = { ...video, width: video.width >> layer, height: video.height >> layer };
    const rate = streamRate(size, leftBps);
    layers.push(rate);
    leftBps = Math.max(0, leftBps - rate.bitrateBps);
  }
  return { sent: totalRate(layers), forwarded: layers.at(-1) ?? noRate };
}

/** Interpolated: bitrate over pixels per second, packets per frame over bytes per frame. */
function streamRate(video: VideoMedia, maxBitrateBps: number): Rate {
  const rows = profiles.map((row) => [pixelRate(row), row.bitrateBps] as const);
  // A real picture needs what it is given; the fake camera's does not.
  const wantedBps = video.file === null ? interpolate([[0, 0], ...rows], pixelRate(video)) : maxBitrateBps;
  const bitrateBps = Math.min(wantedBps, maxBitrateBps);
  const frames = profiles
    .map((row) => [row.bitrateBps / 8 / row.fps, row.packetsPerSecond / row.fps] as const)
    .sort(([a], [b]) => a - b);
  const packetsPerFrame = interpolate([[0, 1], ...frames], bitrateBps / 8 / video.fps);
  return { packetsPerSecond: packetsPerFrame * video.fps, bitrateBps };
}

/** CPU of a bot in cores, given what it receives. */
export function botCores(
  { kind, publish, decode }: BotSpec,
  receivedPacketsPerSecond: number,
  payload: Synthetic['payload'],
): number {
  if (kind === 'synthetic')
    return sentBy(publish, payload) * syntheticCost.sent + receivedPacketsPerSecond * syntheticCost.received;
  const rows = profiles.map((row) => [pixelRate(row), row.sendCores] as const);
  const video = publish.video;
  const encoding =
    video === null ? 0 : interpolate([[0, 0], ...rows], pixelRate(video) * layerCost(video.layers));
  const speaking = publish.audio === null ? 0 : audioSendCores;
  return speaking + encoding + receivedPacketsPerSecond * receiveCost[decode];
}

/** Packets per second of a synthetic bot. */
function sentBy({ audio, video }: BotSpec['publish'], payload: Synthetic['payload']): number {
  const speaking = audio === null ? 0 : audioRate('synthetic', audio).packetsPerSecond;
  return speaking + (video === null ? 0 : publishedRate('synthetic', video, payload).sent.packetsPerSecond);
}

/** Pixels of all layers over those of the highest. */
function layerCost(layers: number): number {
  return layers === 1 ? 1 : layers === 2 ? 1 + 1 / 4 : 1 + 1 / 4 + 1 / 16;
}

const noRate: Rate = { packetsPerSecond: 0, bitrateBps: 0 };

export function totalRate(rates: readonly Rate[]): Rate {
  let { packetsPerSecond, bitrateBps } = noRate;
  for (const rate of rates) {
    packetsPerSecond += rate.packetsPerSecond;
    bitrateBps += rate.bitrateBps;
  }
  return { packetsPerSecond, bitrateBps };
}

type Point = readonly [x: number, y: number];

/** Linear between points of rising x; past the last one, on the line through the last two. */
function interpolate(points: readonly Point[], x: number): number {
  const at = points.findIndex(([right]) => x <= right);
  const upper = at < 0 ? points.length - 1 : Math.max(1, at);
  const [x0, y0] = points[upper - 1] ?? [0, 0];
  const [x1, y1] = points[upper] ?? [1, 0];
  return y0 + ((x - x0) * (y1 - y0)) / (x1 - x0);
}
