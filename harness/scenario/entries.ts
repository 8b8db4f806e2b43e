/** The shape of each entry of `scenarios`, by executor. Messages as in schema.ts. */
import { z } from 'zod';
import {
  anyDuration,
  consume,
  measuredDuration,
  media,
  mostPeers,
  mostSteps,
  network,
  object,
  oneOf,
  type Place,
  rooms,
  someDuration,
  tags,
  text,
  topKeys,
  whole,
  wordsOr,
} from './schema.ts';

/** More sessions per second than this on one machine are a typing error. */
export const mostPerSecond = 10_000;

const joinRate = z
  .number({ error: 'joins per second, a number above 0 up to 10,000' })
  .gt(0, { error: 'joins per second, a number above 0' })
  .max(mostPerSecond, { error: 'joins per second, a number up to 10,000' })
  .optional();
const settle = anyDuration.optional();

const shared = {
  executor: z.string(),
  bot: oneOf('chrome', 'synthetic').optional(),
  rooms: rooms.optional(),
  consume: wordsOr(['all', 'none'], consume, "'all', 'none' or { kinds, max }").optional(),
  joins: text.optional(),
  joinTimeout: someDuration.optional(),
  decode: oneOf('receive', 'play').optional(),
  media: media.optional(),
  network: network.optional(),
  startTime: anyDuration.optional(),
  exec: text.optional(),
  env: z
    .record(z.string(), z.string({ error: 'a text' }), { error: "an object of texts, such as { ROOM: 'a' }" })
    .optional(),
  tags: tags.optional(),
};

const gracefulStop = anyDuration.optional();
const vus = whole(1, mostPeers, ' peers');
const levels = z
  .array(whole(1, mostPeers), { error: 'a list of levels, such as [8, 16, 32]' })
  .min(1, { error: 'a list of levels that is not empty' })
  .max(mostSteps, { error: `a list of at most ${mostSteps} levels` });

const widthWords = 'a share from 0.005 to 0.5, such as 0.05 for 5 %';

function stagesOf(unit: string) {
  const stage = object(
    'stage',
    { duration: anyDuration, target: whole(0, mostPeers, unit) },
    '{ duration, target }',
  );
  return z
    .array(stage, { error: "a list such as [{ duration: '30s', target: 10 }]" })
    .min(1, { error: 'a list of stages that is not empty' })
    .max(mostSteps, { error: `a list of at most ${mostSteps} stages` });
}

const sessionsEach = ' sessions in each timeUnit';

/** What arrival rates have: their sessions come at the rate, not at a joinRate. */
const arrivals = {
  ...shared,
  settle,
  timeUnit: someDuration.optional(),
  preAllocatedVUs: whole(0, mostPeers, ' peers'),
  maxVUs: whole(1, mostPeers, ' peers').optional(),
  sessionDuration: someDuration.optional(),
  gracefulStop,
};

/** What numbers of iterations have: nothing of them is measured, so that nothing has to settle. */
const iterated = {
  ...shared,
  joinRate,
  vus: vus.optional(),
  iterations: whole(1, 10_000_000).optional(),
  maxDuration: measuredDuration.optional(),
  sessionDuration: someDuration.optional(),
  gracefulStop,
};

export const entrySchemas = {
  staircase: object('staircase', {
    ...shared,
    joinRate,
    settle,
    levels,
    levelUnit: oneOf('peers', 'rooms').optional(),
    hold: measuredDuration,
  }),
  'capacity-search': object('capacity-search', {
    ...shared,
    joinRate,
    settle,
    guess: whole(1, mostPeers),
    lowest: whole(1, mostPeers).optional(),
    highest: whole(1, mostPeers).optional(),
    levelUnit: oneOf('peers', 'rooms').optional(),
    budget: measuredDuration.optional(),
    width: z
      .number({ error: widthWords })
      .min(0.005, { error: widthWords })
      .max(0.5, { error: widthWords })
      .optional(),
    shortTrial: measuredDuration.optional(),
    fullTrial: measuredDuration.optional(),
  }),
  'constant-vus': object('constant-vus', {
    ...shared,
    joinRate,
    settle,
    vus: vus.optional(),
    // Required unless it joins another entry, with which it ends.
    duration: measuredDuration.optional(),
    gracefulStop,
  }),
  'ramping-vus': object('ramping-vus', {
    ...shared,
    joinRate,
    settle,
    startVUs: whole(0, mostPeers, ' peers').optional(),
    stages: stagesOf(' peers'),
    gracefulRampDown: anyDuration.optional(),
    gracefulStop,
  }),
  'constant-arrival-rate': object('constant-arrival-rate', {
    ...arrivals,
    rate: whole(1, mostPeers, sessionsEach),
    duration: measuredDuration,
  }),
  'ramping-arrival-rate': object('ramping-arrival-rate', {
    ...arrivals,
    startRate: whole(0, mostPeers, sessionsEach).optional(),
    stages: stagesOf(sessionsEach),
  }),
  'per-vu-iterations': object('per-vu-iterations', iterated),
  'shared-iterations': object('shared-iterations', iterated),
} as const;

const entryKeys = Object.fromEntries(
  Object.entries(entrySchemas).map(([executor, { shape }]) => [executor, Object.keys(shape)]),
) as unknown as Readonly<Record<keyof typeof entrySchemas, readonly string[]>>;

/** The known keys of each object of the language. */
export const knownKeys: Readonly<Record<Place, readonly string[]>> = {
  ...topKeys,
  ...entryKeys,
  stage: ['duration', 'target'],
};
