/** Checked by the compiler only: what a scenario file may and may not say. */
import type { Bot, BotFunction, Options } from 'sfubench';

export const whole: Options = {
  target: {
    kind: 'mediasoup',
    workers: 2,
    workerBin: '/w',
    cpus: [0, 1],
    initialAvailableOutgoingBitrate: 1_000_000,
  },
  media: {
    audio: { file: 'a.wav' },
    video: { width: 1280, height: 720, fps: 30, simulcast: true, codec: 'VP8' },
  },
  scenarios: {
    crowd: {
      executor: 'staircase',
      bot: 'chrome',
      rooms: { size: 8, publishers: 2, kinds: ['video'] },
      consume: { kinds: ['video'], max: 4 },
      levels: [8, 16],
      levelUnit: 'peers',
      hold: '30s',
      settle: 12_000,
    },
    probes: { executor: 'constant-vus', vus: 2, joins: 'crowd', consume: 'all', decode: 'play' },
    steady: { executor: 'constant-vus', vus: 2, duration: '1m', rooms: { size: 2, publishers: 'all' } },
    ramp: {
      executor: 'ramping-vus',
      startVUs: 2,
      stages: [{ duration: '1m', target: 4 }],
      rooms: { size: 2 },
    },
  },
  // k6's own fields keep k6's types; those that are not supported yet are refused when the file is read.
  thresholds: { join_ms: ['p(95)<2000'] },
  tags: { team: 'a' },
  seed: 7,
};

export const url: Options = { target: 'wss://host:4443', scenarios: {} };

export const peer: BotFunction = async (bot: Bot) => {
  await bot.join();
  await bot.publish();
  await bot.stay(1_000);
  await bot.leave();
};

const rooms = { size: 2 };

export const wrong: readonly Options[] = [
  // @ts-expect-error no scenarios
  {},
  // @ts-expect-error an executor that is none
  { scenarios: { a: { executor: 'staircas', levels: [2], hold: '30s', rooms } } },
  // @ts-expect-error k6's arrival rates are not in the types before they are supported
  { scenarios: { a: { executor: 'constant-arrival-rate', rate: 1, duration: '30s', preAllocatedVUs: 1 } } },
  // @ts-expect-error a staircase without levels
  { scenarios: { a: { executor: 'staircase', hold: '30s', rooms } } },
  // @ts-expect-error a staircase without rooms
  { scenarios: { a: { executor: 'staircase', levels: [2], hold: '30s' } } },
  // @ts-expect-error stages belong to another executor
  { scenarios: { a: { executor: 'staircase', levels: [2], hold: '30s', rooms, stages: [] } } },
  // @ts-expect-error who joins another one ends with it
  { scenarios: { a: { executor: 'constant-vus', vus: 1, joins: 'b', duration: '30s' } } },
  // @ts-expect-error who joins another one has no rooms of its own
  { scenarios: { a: { executor: 'constant-vus', vus: 1, joins: 'b', rooms } } },
  // @ts-expect-error only VUs can join another one
  { scenarios: { a: { executor: 'staircase', levels: [2], hold: '30s', joins: 'b' } } },
  // @ts-expect-error no such kind of bot
  { scenarios: { a: { executor: 'constant-vus', duration: '30s', rooms, bot: 'firefox' } } },
  // @ts-expect-error no such codec
  { media: { video: { codec: 'AV2' } }, scenarios: {} },
  // @ts-expect-error a misspelt field
  { media: { video: { heigth: 180 } }, scenarios: {} },
  // @ts-expect-error a server elsewhere has a URL
  { target: { kind: 'mediasoup-demo' }, scenarios: {} },
];

export const fromEnvironment: string | undefined = __ENV['ROOM'];
