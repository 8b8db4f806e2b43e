import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { VideoMedia } from '../bots/bot.ts';
import { isMeasured, videoRate } from '../harness/profiles.ts';

const measured: VideoMedia = {
  codec: 'VP8',
  width: 640,
  height: 360,
  fps: 20,
  maxBitrateBps: 500_000,
  layers: 1,
  file: null,
};

test('what was measured comes back as it was measured', () => {
  ok(isMeasured(measured));
  const { sent, forwarded } = videoRate(measured);
  equal(sent.bitrateBps, 197_000);
  ok(Math.abs(sent.packetsPerSecond - 33) < 1e-9);
  deepEqual(forwarded, sent);
  ok(!isMeasured({ ...measured, fps: 24 }));
  ok(!isMeasured({ ...measured, file: '/film.y4m' }));
});

test('rates stay within the limit, have a packet a frame, and a real picture fills the limit', () => {
  fc.assert(
    fc.property(
      fc.record({
        width: fc.integer({ min: 16, max: 1920 }),
        height: fc.integer({ min: 16, max: 1080 }),
        fps: fc.integer({ min: 1, max: 60 }),
        maxBitrateBps: fc.integer({ min: 10_000, max: 5_000_000 }),
        layers: fc.constantFrom(1 as const, 2 as const, 3 as const),
      }),
      (size) => {
        const { sent, forwarded } = videoRate({ ...measured, ...size });
        ok(sent.bitrateBps <= size.maxBitrateBps + 1e-6);
        ok(forwarded.bitrateBps <= sent.bitrateBps);
        ok(sent.packetsPerSecond >= size.fps * size.layers - 1e-6);
        const filmed = videoRate({ ...measured, ...size, layers: 1, file: '/film.y4m' });
        equal(filmed.sent.bitrateBps, size.maxBitrateBps);
      },
    ),
  );
});
