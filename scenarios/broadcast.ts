/** Halls of a hundred with one speaker each: what does a viewer cost? */
import type { Options } from 'sfubench';

export const options: Options = {
  target: { kind: 'mediasoup', workers: 1 },
  media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
  scenarios: {
    stage: {
      executor: 'staircase',
      bot: 'synthetic',
      rooms: { size: 100, publishers: 1 },
      levels: [100, 200, 300],
      hold: '30s',
    },
  },
};
