/** The first run: small video and few peers, so that it ends within two minutes on two cores. */
import type { Options } from 'sfubench';

export const options: Options = {
  target: { kind: 'mediasoup', workers: 1 },
  media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
  scenarios: {
    crowd: {
      executor: 'staircase',
      bot: 'chrome',
      rooms: { size: 2 },
      levels: [2, 4],
      settle: '12s',
      hold: '20s',
    },
  },
};
