/**
 * Everybody sends three layers and looks at a grid: what does it cost when viewers switch all pictures between small and
 * large?
 */
import { type Bot, check, type Options, sleep } from 'sfubench';

export const options: Options = {
  target: { kind: 'mediasoup', workers: 1 },
  media: { audio: true, video: { width: 1280, height: 720, fps: 30, simulcast: true } },
  scenarios: {
    grid: { executor: 'staircase', bot: 'synthetic', rooms: { size: 4 }, levels: [4, 8], hold: '20s' },
  },
  thresholds: { checks: ['rate==1'] },
};

/** Looks at the grid for two seconds of three, and at everybody in full for the third. */
export default async function (bot: Bot): Promise<void> {
  await bot.join();
  await bot.publish();
  for (;;) {
    await bot.switchLayers(0);
    await sleep(2);
    await bot.switchLayers(2);
    await sleep(1);
    check(bot.signal, { 'is still there': ({ aborted }) => !aborted });
  }
}
