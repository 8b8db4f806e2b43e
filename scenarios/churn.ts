/**
 * Guests come and go all the time while residents stay: what does that cost, and do the residents notice? Both have
 * rooms of their own, on the same worker.
 */
import type { Bot, Options } from 'sfubench';

export const options: Options = {
  target: { kind: 'mediasoup', workers: 1 },
  media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
  scenarios: {
    residents: {
      executor: 'constant-vus',
      bot: 'synthetic',
      rooms: { size: 4 },
      vus: 8,
      duration: '40s',
    },
    guests: {
      executor: 'constant-arrival-rate',
      bot: 'synthetic',
      rooms: { size: 4 },
      rate: 30,
      timeUnit: '1m',
      duration: '40s',
      settle: '10s',
      startTime: '5s',
      preAllocatedVUs: 8,
      maxVUs: 16,
      gracefulStop: '15s',
      exec: 'visit',
    },
  },
  thresholds: {
    joins_failed_total: ['count==0'],
    'violation_ratio{scenario:residents}': ['rate<0.005'],
    'join_ms{scenario:guests}': ['p(95)<500'],
  },
};

export async function visit(bot: Bot): Promise<void> {
  await bot.join();
  await bot.publish();
  await bot.stay(5_000 + (bot.vu % 4) * 2_000);
}
