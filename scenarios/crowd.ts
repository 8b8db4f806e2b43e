/** What does a worker carry, and what do real browsers see of it? Cheap synthetic peers are the load, two Chromes the proof. */
import type { Options } from 'sfubench';

export const options: Options = {
  target: { kind: 'mediasoup', workers: 1 },
  media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
  scenarios: {
    crowd: { executor: 'staircase', bot: 'synthetic', rooms: { size: 8 }, levels: [8, 16, 32], hold: '20s' },
    probes: { executor: 'constant-vus', bot: 'chrome', vus: 2, joins: 'crowd' },
  },
};
