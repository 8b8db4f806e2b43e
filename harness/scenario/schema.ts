/**
 * The shape of `options`, strictly. Every message is a noun phrase that completes "must be …"; a strict object
 * says its place instead, by which its keys are known. What takes more than one field is in checks.ts.
 */
import { z } from 'zod';
import { durationMs, longestMs } from '../durations.ts';
import { isRecord } from './problem.ts';

/** More peers than this on one machine are a typing error. */
const mostPeers = 100_000;
const mostSteps = 1_000;

/** Objects of the language, by the name that their unknown keys are reported under. */
export type Place =
  | 'options'
  | 'media'
  | 'audio'
  | 'video'
  | 'rooms'
  | 'consume'
  | 'synthetic'
  | 'stage'
  | 'staircase'
  | 'constant-vus'
  | 'ramping-vus';

function object<Shape extends z.core.$ZodLooseShape>(place: Place, shape: Shape, words = 'an object') {
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? place : words) });
}

function whole(min: number, max: number, unit = '') {
  const range = `a whole number from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}${unit}`;
  return z.int({ error: range }).min(min, { error: range }).max(max, { error: range });
}

function oneOf<const T extends string>(...words: readonly T[]) {
  return z.enum(words, { error: words.map((word) => `'${word}'`).join(' or ') });
}

function duration(minMs: number, words: string) {
  return z.custom<string | number>(
    (value) => {
      const ms = durationMs(value);
      return ms !== null && ms >= minMs && ms <= longestMs;
    },
    { error: words },
  );
}

const upTo = 'up to 7 days';
const anyDuration = duration(0, `a duration ${upTo}, such as '12s' or '1m30s'`);
const someDuration = duration(1, `a duration from 1ms ${upTo}, such as '10s' or '500ms'`);
const measuredDuration = duration(
  1_000,
  `a duration from 1s ${upTo}, such as '30s' or '1m30s' (readings are taken each second)`,
);

/** One of some words, or an object. */
function wordsOr(words: readonly unknown[], shape: z.ZodType, error: string) {
  return z.unknown().superRefine((value, context) => {
    if (words.includes(value)) return;
    if (!isRecord(value)) return context.addIssue({ code: 'custom', message: error });
    for (const issue of shape.safeParse(value).error?.issues ?? []) {
      context.addIssue({ ...issue, input: value } as Parameters<typeof context.addIssue>[0]);
    }
  });
}

const text = z.string({ error: 'a text' }).min(1, { error: 'a text that is not empty' });
const tags = z.record(z.string(), z.string({ error: 'a text' }), {
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

const media = object('media', {
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

const rooms = object(
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

const consume = object('consume', { kinds: kinds.optional(), max: whole(0, mostPeers).optional() });

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

const shared = {
  executor: z.string(),
  bot: oneOf('chrome', 'synthetic').optional(),
  rooms: rooms.optional(),
  consume: wordsOr(['all', 'none'], consume, "'all', 'none' or { kinds, max }").optional(),
  joins: text.optional(),
  joinRate: z
    .number({ error: 'joins per second, a number above 0 up to 10,000' })
    .gt(0, { error: 'joins per second, a number above 0' })
    .max(10_000, { error: 'joins per second, a number up to 10,000' })
    .optional(),
  joinTimeout: someDuration.optional(),
  settle: anyDuration.optional(),
  decode: oneOf('receive', 'play').optional(),
  media: media.optional(),
  exec: text.optional(),
  tags: tags.optional(),
};

const vus = whole(1, mostPeers, ' peers');
const levels = z
  .array(whole(1, mostPeers), { error: 'a list of levels, such as [8, 16, 32]' })
  .min(1, { error: 'a list of levels that is not empty' })
  .max(mostSteps, { error: `a list of at most ${mostSteps} levels` });

const stage = object(
  'stage',
  { duration: anyDuration, target: whole(0, mostPeers, ' peers') },
  '{ duration, target }',
);
const stages = z
  .array(stage, { error: "a list such as [{ duration: '30s', target: 10 }]" })
  .min(1, { error: 'a list of stages that is not empty' })
  .max(mostSteps, { error: `a list of at most ${mostSteps} stages` });

/** Entries of `scenarios`, by executor. */
export const entrySchemas = {
  staircase: object('staircase', {
    ...shared,
    levels,
    levelUnit: oneOf('peers', 'rooms').optional(),
    hold: measuredDuration,
  }),
  'constant-vus': object('constant-vus', {
    ...shared,
    vus: vus.optional(),
    // Required unless it joins another entry, with which it ends.
    duration: measuredDuration.optional(),
  }),
  'ramping-vus': object('ramping-vus', {
    ...shared,
    startVUs: whole(0, mostPeers, ' peers').optional(),
    stages,
  }),
} as const;

export const optionsSchema = object('options', {
  /** Read by target-spec.ts. */
  target: z.unknown().optional(),
  media: media.optional(),
  synthetic: synthetic.optional(),
  /** Read by thresholds.ts. */
  thresholds: z.unknown().optional(),
  /** Entry by entry, by `entrySchemas`. */
  scenarios: z.unknown().optional(),
  seed: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  tags: tags.optional(),
});

/** The known keys of each object of the language. */
export const knownKeys: Readonly<Record<Place, readonly string[]>> = {
  options: Object.keys(optionsSchema.shape),
  media: Object.keys(media.shape),
  audio: Object.keys(audio.shape),
  video: Object.keys(video.shape),
  rooms: Object.keys(rooms.shape),
  consume: Object.keys(consume.shape),
  synthetic: Object.keys(synthetic.shape),
  stage: Object.keys(stage.shape),
  staircase: Object.keys(entrySchemas.staircase.shape),
  'constant-vus': Object.keys(entrySchemas['constant-vus'].shape),
  'ramping-vus': Object.keys(entrySchemas['ramping-vus'].shape),
};
