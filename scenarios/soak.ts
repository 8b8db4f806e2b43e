/**
 * Two hours of people who come and go: does every join work, does the audio arrive, and does the worker stay prompt and
 * below 400 MB? Whether its memory grows below that, worker_rss_bytes in samples.ndjson shows.
 */
import { type Bot, Counter, type Options } from 'sfubench';

export const options: Options = {
  target: { kind: 'mediasoup', workers: 1 },
  media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
  scenarios: {
    regulars: {
      executor: 'constant-vus',
      bot: 'synthetic',
      rooms: { size: 4 },
      vus: 16,
      duration: '2h',
    },
  },
  thresholds: {
    joins_failed_total: ['count==0'],
    'rtp_loss_ratio{kind:audio}': ['rate<0.001'],
    worker_loop_lag_ms: ['p(99)<50'],
    worker_rss_bytes: ['max<400000000'],
    meetings: ['count>0'],
  },
};

const meetings = new Counter('meetings');

/** One after the other: no two leave in the same second. */
export default async function (bot: Bot): Promise<void> {
  await bot.join();
  await bot.publish();
  meetings.add(1);
  await bot.stay(300_000 + bot.vu * 7_000);
}
