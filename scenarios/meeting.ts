/**
 * How many meetings of three does a node carry, all with camera and microphone? `sfubench capacity` searches it: rooms
 * are small beside what a worker carries, so that one room more is two percent or less.
 */
import type { Bot, Options } from 'sfubench';

export const options: Options = {
  // With the kernel's default of 208 KiB, all that a worker receives while it stands still for 15 ms is too much. More
  // than net.core.rmem_max it never grants, without a word: sysctl -w net.core.rmem_max=4194304
  target: { kind: 'mediasoup', workers: 1, recvBufferSize: 4_194_304 },
  media: { audio: true, video: { width: 640, height: 360, fps: 30, maxBitrateBps: 500_000 } },
  scenarios: {
    crowd: {
      executor: 'staircase',
      bot: 'synthetic',
      rooms: { size: 3 },
      levelUnit: 'rooms',
      levels: [12, 24, 48],
      // Near its limit a worker falls over by a rush of joins, which is not what is asked here.
      joinRate: 20,
      hold: '10s',
    },
  },
};

/** What a bot does without this function as well: a place to begin from. */
export default async function (bot: Bot): Promise<void> {
  await bot.join();
  await bot.publish();
  await bot.stay();
}
