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
      gracefulRampDown: '5s',
    },
    storm: {
      executor: 'constant-arrival-rate',
      rate: 50,
      timeUnit: '1s',
      duration: '10s',
      preAllocatedVUs: 100,
      maxVUs: 200,
      sessionDuration: '2s',
      gracefulStop: '5s',
      startTime: '1m',
      env: { ROOM: 'a' },
      rooms: { size: 10 },
    },
    find: {
      executor: 'capacity-search',
      guess: 20,
      lowest: 2,
      highest: 60,
      levelUnit: 'rooms',
      rooms: { size: 4 },
      budget: '15m',
      width: 0.05,
      shortTrial: '10s',
      fullTrial: '30s',
    },
    each: { executor: 'per-vu-iterations', vus: 2, iterations: 5, maxDuration: '1m', rooms: { size: 2 } },
  },
  // k6's own fields keep k6's types; those that are not supported yet are refused when the file is read.
  thresholds: { join_ms: ['p(95)<2000'] },
  tags: { team: 'a' },
  seed: 7,
};

export const url: Options = { target: 'wss://host:4443', scenarios: {} };

/** As in a k6 script; what bots and rooms are is k6's to say nothing of. */
export const pasted: Options = {
  stages: [{ duration: '1m', target: 10 }],
  bot: 'synthetic',
  rooms: { size: 5 },
};

export const peer: BotFunction = async (bot: Bot) => {
  await bot.join();
  await bot.publish();
  await bot.stay(1_000);
  await bot.leave();
};

const rooms = { size: 2 };

export const wrong: readonly Options[] = [
  // @ts-expect-error an executor that is none
  { scenarios: { a: { executor: 'staircas', levels: [2], hold: '30s', rooms } } },
  // @ts-expect-error an arrival rate without peers
  { scenarios: { a: { executor: 'constant-arrival-rate', rate: 1, duration: '30s', rooms } } },
  // @ts-expect-error of iterations nothing is measured, that would have to settle first
  { scenarios: { a: { executor: 'shared-iterations', settle: '5s', rooms } } },
  // @ts-expect-error a staircase without levels
  { scenarios: { a: { executor: 'staircase', hold: '30s', rooms } } },
  // @ts-expect-error a staircase without rooms
  { scenarios: { a: { executor: 'staircase', levels: [2], hold: '30s' } } },
  // @ts-expect-error a search begins at a guess
  { scenarios: { a: { executor: 'capacity-search', budget: '15m', rooms } } },
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
