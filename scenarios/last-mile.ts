/**
 * Four meetings of four, in each of which one is on a bad connection: what do lost packets and late feedback cost the
 * node, and do the others notice? Its limits let such a connection pass, so that a bad trial is the node's.
 */
import type { Options } from 'sfubench';

export const options: Options = {
  target: { kind: 'mediasoup', workers: 1 },
  media: { audio: true, video: { width: 640, height: 360, fps: 30, maxBitrateBps: 500_000 } },
  quality: { latency: '500ms', loss: 0.1 },
  scenarios: {
    office: {
      executor: 'staircase',
      bot: 'synthetic',
      rooms: { size: 3 },
      levelUnit: 'rooms',
      // One step: whoever joins is dealt over the rooms of the first one, one of `train` to each of these four.
      levels: [4],
      hold: '30s',
    },
    train: {
      executor: 'constant-vus',
      bot: 'synthetic',
      vus: 4,
      joins: 'office',
      rooms: { publishers: 1 },
      network: { delay: '60ms', jitter: '30ms', loss: 0.01, down: { rateBps: 4_000_000 } },
    },
  },
};
