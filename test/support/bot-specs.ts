/** Bot specifications and readings for tests of `bots/`. */
import type { AudioMedia, BotSpec, VideoMedia } from '../../bots/bot.ts';
import type { QualitySettings } from '../../bots/quality/watch.ts';
import type { BotStreamReading } from '../../bots/readings.ts';

export const opus: AudioMedia = { codec: 'opus', file: null, speech: 'constant' };
export const smallVideo: VideoMedia = {
  codec: 'VP8',
  width: 320,
  height: 180,
  fps: 15,
  maxBitrateBps: 150_000,
  layers: 1,
  file: null,
};

/** The default limits; of what is published nothing is known beforehand. */
export const plainQuality: QualitySettings = {
  limits: { fps: 0.8, freezeMs: 200, loss: 0.02, latencyMs: 150, jitterBufferMs: 250, bitrate: 0.7 },
  sources: {},
};

export function botSpec(id: string, changes: Partial<BotSpec> = {}): BotSpec {
  return {
    id,
    vu: 1,
    group: 'crowd',
    kind: 'chrome',
    room: 'room',
    publish: { audio: opus, video: smallVideo },
    consume: { kinds: ['audio', 'video'], max: null },
    decode: 'receive',
    network: null,
    repeat: false,
    joinTimeoutMs: 10_000,
    exec: null,
    env: {},
    ...changes,
  };
}

export function streamReading(changes: Partial<BotStreamReading> = {}): BotStreamReading {
  return {
    bot: 'bot',
    direction: 'in',
    kind: 'video',
    id: 'stream',
    producer: 'producer',
    ssrc: 1,
    rid: null,
    atMs: 0,
    width: 320,
    height: 180,
    counters: {},
    trends: {},
    qualityLimitation: null,
    ...changes,
  };
}
