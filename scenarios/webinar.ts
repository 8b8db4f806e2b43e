/** Three speakers, many who listen: what does the audience cost, and what does a real browser in it see? */
import type { Options } from 'sfubench';

export const options: Options = {
  target: { kind: 'mediasoup', workers: 1 },
  media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
  scenarios: {
    webinar: {
      executor: 'staircase',
      bot: 'synthetic',
      rooms: { size: 25, publishers: 3 },
      levels: [25, 50, 75],
      hold: '20s',
    },
    probes: { executor: 'constant-vus', bot: 'chrome', vus: 2, joins: 'webinar' },
  },
};
