/** A whole audience comes within seconds: how long does each one wait to be let in, and are all of them? */
import type { Options } from 'sfubench';

export const options: Options = {
  target: { kind: 'mediasoup', workers: 1 },
  media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
  scenarios: {
    // k6's open model: they come when they are due, however slowly those before them were let in.
    storm: {
      executor: 'ramping-arrival-rate',
      bot: 'synthetic',
      rooms: { size: 10, publishers: 2 },
      startRate: 2,
      stages: [
        { duration: '5s', target: 2 },
        { duration: '0s', target: 20 },
        { duration: '15s', target: 20 },
        { duration: '0s', target: 2 },
        { duration: '10s', target: 2 },
      ],
      settle: '2s',
      preAllocatedVUs: 130,
      sessionDuration: '6s',
      gracefulStop: '5s',
    },
  },
  thresholds: {
    joins_failed_total: ['count==0'],
    dropped_iterations: ['count==0'],
    join_ms: ['p(95)<500', 'max<5000'],
    first_media_ms: ['p(95)<1500'],
  },
};
