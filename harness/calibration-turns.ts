/**
 * What the consumers of a calibration do: all are in the room, and each side consumes in its turn while the other one
 * pauses what it receives. Bot hosts import this file as they import a scenario.
 */
import type { Bot } from '../bots/bot.ts';
import { sleep } from '../bots/script/functions.ts';
import { sideOf, turnAt } from '../reports/analysis/turns.ts';
import type { Side } from './calibration.ts';
import { nowMs } from './clock.ts';

/** Short beside what machines wander in, long beside a key frame and three readings. */
export const turnMs = 6_000;

export async function chrome(bot: Bot): Promise<void> {
  await takeTurns(bot, 'chrome');
}

export async function synthetic(bot: Bot): Promise<void> {
  await takeTurns(bot, 'synthetic');
}

/** Until the bot is taken out, which ends its sleep. */
async function takeTurns(bot: Bot, side: Side): Promise<void> {
  await bot.join();
  for (;;) {
    const turn = turnAt(nowMs(), turnMs);
    await bot.consume(sideOf(turn) === side ? 'all' : 'none');
    await sleep(Math.max(0, (turn + 1) * turnMs - nowMs()) / 1000);
  }
}
