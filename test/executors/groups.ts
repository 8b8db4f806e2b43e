/** Groups for tests of what comes behind the scenario language. */
import * as fc from 'fast-check';
import type { Group, Shape } from '../../harness/scenario.ts';

export function group(fields: Partial<Group> = {}): Group {
  return {
    name: 'crowd',
    bot: 'chrome',
    shape: { executor: 'staircase', levels: [2, 4], levelUnit: 'peers', holdMs: 30_000 },
    startMs: 0,
    rooms: { size: 2, publishers: 2, kinds: ['audio', 'video'] },
    consume: { kinds: ['audio', 'video'], max: null },
    decode: 'receive',
    network: null,
    media: {
      audio: { codec: 'opus', file: null, speech: 'constant' },
      video: {
        codec: 'VP8',
        width: 640,
        height: 360,
        fps: 20,
        maxBitrateBps: 500_000,
        layers: 1,
        file: null,
      },
    },
    joinRatePerSecond: 2,
    joinTimeoutMs: 10_000,
    settleMs: 12_000,
    settles: false,
    settleAsked: false,
    joins: null,
    exec: null,
    env: {},
    tags: {},
    ...fields,
  };
}

const count = fc.integer({ min: 1, max: 60 });
const ms = fc.integer({ min: 1_000, max: 100_000 });

export const shapes: fc.Arbitrary<Shape> = fc.oneof(
  fc.record({
    executor: fc.constant('staircase' as const),
    levels: fc.array(count, { minLength: 1, maxLength: 6 }),
    levelUnit: fc.constantFrom('peers' as const, 'rooms' as const),
    holdMs: ms,
  }),
  fc.record({
    executor: fc.constant('constant-vus' as const),
    vus: count,
    durationMs: ms,
    gracefulStopMs: fc.constantFrom(0, 5_000),
  }),
  fc.record({
    executor: fc.constant('ramping-vus' as const),
    startVus: fc.integer({ min: 0, max: 60 }),
    stages: fc.array(
      fc.record({
        durationMs: fc.integer({ min: 0, max: 100_000 }),
        target: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constantFrom(0, 4)),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    gracefulRampDownMs: fc.constantFrom(0, 5_000),
    gracefulStopMs: fc.constantFrom(0, 5_000),
  }),
);

export const rooms = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.nat({ max: 9 }))
  .map(([size, publishers]): Group['rooms'] => ({
    size,
    publishers: Math.min(size, publishers),
    kinds: ['audio', 'video'],
  }));

export const groups: fc.Arbitrary<Group> = fc
  .record({
    shape: shapes,
    rooms,
    joinRatePerSecond: fc.double({ min: 0.1, max: 100, noNaN: true }),
    settleMs: fc.integer({ min: 0, max: 20_000 }),
  })
  .map(group);
