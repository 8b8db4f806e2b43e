/** How many people in meetings of four does a node carry, all with camera and microphone? */
import type { Bot, Options } from 'sfubench';

export const options: Options = {
  target: { kind: 'mediasoup', workers: 1 },
  media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
  scenarios: {
    crowd: { executor: 'staircase', bot: 'chrome', rooms: { size: 4 }, levels: [4, 8, 12], hold: '30s' },
  },
};

/** What a bot does without this function as well: a place to begin from. */
export default async function (bot: Bot): Promise<void> {
  await bot.join();
  await bot.publish();
  await bot.stay();
}
