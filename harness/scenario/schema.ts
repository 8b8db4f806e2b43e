/**
 * The shape of `options`, strictly. Every message is a noun phrase that completes "must be …"; a strict object
 * says its place instead, by which its keys are known. What takes more than one field is in checks.ts.
 */
import { z } from 'zod';
import { durationMs, longestMs } from '../durations.ts';
import { isRecord } from './problem.ts';
import { isTrendStat } from './script.ts';

/** More peers than this on one machine are a typing error. */
export const mostPeers = 100_000;
export const mostSteps = 1_000;

/** Objects of the language, by the name that their unknown keys are reported under. */
export type Place =
  | 'options'
  | 'media'
  | 'audio'
  | 'video'
  | 'rooms'
  | 'consume'
  | 'synthetic'
  | 'quality'
  | 'network'
  | 'link'
  | 'stage'
  | 'staircase'
  | 'capacity-search'
  | 'constant-vus'
  | 'ramping-vus'
  | 'constant-arrival-rate'
  | 'ramping-arrival-rate'
  | 'per-vu-iterations'
  | 'shared-iterations';

export function object<Shape extends z.core.$ZodLooseShape>(place: Place, shape: Shape, words = 'an object') {
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? place : words) });
}

export function whole(min: number, max: number, unit = '') {
  const range = `a whole number from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}${unit}`;
  return z.int({ error: range }).min(min, { error: range }).max(max, { error: range });
}

export function oneOf<const T extends string>(...words: readonly T[]) {
  return z.enum(words, { error: words.map((word) => `'${word}'`).join(' or ') });
}

export function duration(minMs: number, words: string, maxMs: number = longestMs) {
  return z.custom<string | number>(
    (value) => {
      const ms = durationMs(value);
      return ms !== null && ms >= minMs && ms <= maxMs;
    },
    { error: words },
  );
}

export const upTo = 'up to 7 days';
export const anyDuration = duration(0, `a duration ${upTo}, such as '12s' or '1m30s'`);
export const someDuration = duration(1, `a duration from 1ms ${upTo}, such as '10s' or '500ms'`);
export const measuredDuration = duration(
  1_000,
  `a duration from 1s ${upTo}, such as '30s' or '1m30s' (readings are taken each second)`,
);

/** One of some words, or an object. */
export function wordsOr(words: readonly unknown[], shape: z.ZodType, error: string) {
  return z.unknown().superRefine((value, context) => {
    if (words.includes(value)) return;
    if (!isRecord(value)) return context.addIssue({ code: 'custom', message: error });
    for (const issue of shape.safeParse(value).error?.issues ?? []) {
      context.addIssue({ ...issue, input: value } as Parameters<typeof context.addIssue>[0]);
    }
  });
}

export const text = z.string({ error: 'a text' }).min(1, { error: 'a text that is not empty' });
export const tags = z.record(z.string(), z.string({ error: 'a text' }), {
  error: "an object of texts, such as { team: 'a' }",
});

const audio = object('audio', { file: text.optional(), speech: oneOf('constant', 'p59').optional() });
const bitrate = 'bits per second from 10,000 to 100,000,000, such as 500_000 for 500 kb/s';
const video = object('video', {
  width: whole(16, 7_680, ' pixels').optional(),
  height: whole(16, 4_320, ' pixels').optional(),
  fps: whole(1, 60, ' frames per second').optional(),
  maxBitrateBps: z
    .int({ error: bitrate })
    .min(10_000, { error: bitrate })
    .max(100_000_000, { error: bitrate })
    .optional(),
  codec: oneOf('VP8', 'VP9', 'H264').optional(),
  simulcast: z
    .union([z.boolean(), z.literal([1, 2, 3])], { error: 'true, false or a number of layers from 1 to 3' })
    .optional(),
  file: text.optional(),
});

export const media = object('media', {
  audio: wordsOr([true, false], audio, 'true, false or an object with file, speech').optional(),
  video: wordsOr(
    [true, false],
    video,
    'true, false or an object with width, height, fps, maxBitrateBps',
  ).optional(),
});

const kinds = z
  .array(oneOf('audio', 'video'), { error: "a list of 'audio' and 'video'" })
  .min(1, { error: "a list with 'audio', 'video' or both" })
  .max(2, { error: "a list that names 'audio' and 'video' once each" });

export const rooms = object(
  'rooms',
  {
    // Required unless the entry joins another one's rooms: a check of more than one field.
    size: whole(1, mostPeers, ' peers').optional(),
    publishers: z
      .union([z.literal('all'), whole(0, mostPeers)], { error: "'all' or a whole number from 0" })
      .optional(),
    kinds: kinds.optional(),
  },
  'an object such as { size: 4 }',
);

export const consume = object('consume', { kinds: kinds.optional(), max: whole(0, mostPeers).optional() });

const synthetic = object(
  'synthetic',
  {
    verify: oneOf('all', 'sampled', 'none').optional(),
    wake: oneOf('batch', 'packet').optional(),
    feedback: oneOf('chrome', 'none').optional(),
    payload: oneOf('cassette', 'marked').optional(),
    keyFrameInterval: duration(
      300,
      `a duration from 300ms ${upTo}, such as '2s' (nobody encodes key frames more often)`,
    ).optional(),
  },
  "an object such as { verify: 'all' }",
);

function share(words: string) {
  const error = `${words}, a number from 0 to 1, such as 0.8 for 80 %`;
  return z.number({ error }).min(0, { error }).max(1, { error });
}

const quality = object(
  'quality',
  {
    fps: share('a share of the source’s frames per second').optional(),
    freeze: someDuration.optional(),
    loss: share('a share of the packets').optional(),
    latency: duration(1, "a duration from 1ms to 1m, such as '150ms'", 60_000).optional(),
    jitterBuffer: someDuration.optional(),
    bitrate: share('a share of the layer’s bitrate').optional(),
    ratio: share('a share of all windows').optional(),
  },
  "an object such as { latency: '150ms' }",
);

const linkRate = 'bits per second from 10,000 to 10,000,000,000, such as 2_000_000 for 2 Mb/s';
const link = {
  delay: anyDuration.optional(),
  jitter: anyDuration.optional(),
  loss: share('a share of the packets').optional(),
  rateBps: z
    .int({ error: linkRate })
    .min(10_000, { error: linkRate })
    .max(10_000_000_000, { error: linkRate })
    .optional(),
  queue: anyDuration.optional(),
};
const linkObject = object('link', link, "an object such as { delay: '40ms', loss: 0.01 }");
const networkObject = object('network', {
  ...link,
  up: linkObject.optional(),
  down: linkObject.optional(),
});
export const network = wordsOr(
  ['none'],
  networkObject,
  "'none' or an object such as { delay: '40ms', jitter: '10ms', loss: 0.01, rateBps: 2_000_000 }",
);

const trendStats = z.array(
  z.string().refine(isTrendStat, { error: "avg, min, med, max, count or a percentile such as 'p(95)'" }),
  { error: "a list such as ['avg', 'p(95)']" },
);

export const optionsSchema = object('options', {
  /** Read by target-spec.ts. */
  target: z.unknown().optional(),
  media: media.optional(),
  synthetic: synthetic.optional(),
  quality: quality.optional(),
  network: network.optional(),
  /** Read by thresholds.ts. */
  thresholds: z.unknown().optional(),
  /** Entry by entry, by entries.ts. */
  scenarios: z.unknown().optional(),
  setupTimeout: someDuration.optional(),
  teardownTimeout: someDuration.optional(),
  handleSummaryTimeout: someDuration.optional(),
  summaryTrendStats: trendStats.optional(),
  seed: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  tags: tags.optional(),
});

/** The known keys of each object that entries do not alone consist of. */
export const topKeys = {
  options: Object.keys(optionsSchema.shape),
  media: Object.keys(media.shape),
  audio: Object.keys(audio.shape),
  video: Object.keys(video.shape),
  rooms: Object.keys(rooms.shape),
  consume: Object.keys(consume.shape),
  synthetic: Object.keys(synthetic.shape),
  quality: Object.keys(quality.shape),
  network: Object.keys(networkObject.shape),
  link: Object.keys(linkObject.shape),
} as const;
