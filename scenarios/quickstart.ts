/**
 * The first run: real browsers that publish, and cheap synthetic viewers of the same rooms. Small video and few peers:
 * it ends within two minutes on two cores.
 */
import type { Options } from 'sfubench';

export const options: Options = {
  target: { kind: 'mediasoup', workers: 1 },
  media: { audio: true, video: { width: 320, height: 180, fps: 10, maxBitrateBps: 120_000 } },
  scenarios: {
    people: {
      executor: 'staircase',
      bot: 'chrome',
      rooms: { size: 2 },
      levels: [2, 4],
      settle: '12s',
      hold: '20s',
    },
    viewers: { executor: 'constant-vus', bot: 'synthetic', vus: 2, joins: 'people' },
  },
};
