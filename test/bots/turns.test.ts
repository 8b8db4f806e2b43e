/** A bot that is asked to join again and again, and told to end by itself. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bot } from '../../bots/bot.ts';
import { nowMs } from '../../bots/clock.ts';
import { joinPublishStay } from '../../bots/participant.ts';
import { names, pause, play } from '../support/played-bot.ts';

describe('a bot that is asked again', () => {
  it('has its endpoint still, and is another peer with the next iteration', async () => {
    const iterations: number[] = [];
    const { participant, stage, events, turns, over } = play((bot) => {
      iterations.push(bot.iteration);
      return joinPublishStay(bot, undefined);
    });
    for (const turn of [0, 1]) {
      participant.join(nowMs(), turn);
      await pause(60);
      participant.leave(nowMs());
      await pause(30);
    }
    assert.deepEqual(names(events), ['joined', 'left', 'joined', 'left']);
    assert.deepEqual(
      [turns, over, iterations],
      [
        [0, 0, 1, 1],
        [0, 1],
        [0, 1],
      ],
    );
    assert.deepEqual(stage.peers, ['bot', 'bot-1']);
    assert.equal(stage.calls.includes('close'), false);
    await participant.close();
    assert.equal(stage.calls.at(-1), 'close');
  });

  it('ends the session that it was to leave later, and begins the next one when it is due', async () => {
    const { participant, events, turns, when } = play();
    participant.join(nowMs(), 0);
    await when('joined');
    participant.leave(nowMs(), 60_000);
    participant.join(nowMs(), 1);
    await pause(80);
    assert.deepEqual(names(events), ['joined', 'left', 'iteration', 'joined']);
    assert.deepEqual(turns, [0, 0, 0, 1]);
    await participant.close();
  });

  it('stays in the session that it is in when nobody took it out', async () => {
    const { participant, events, over, when, done } = play();
    participant.join(nowMs(), 0);
    await when('joined');
    participant.join(nowMs(), 1);
    await pause(40);
    assert.deepEqual([names(events), over], [['joined'], []]);
    await participant.close();
    await done;
    assert.deepEqual(over, [0]);
  });

  it('is free again although it was taken out before it was due', async () => {
    const { participant, events, over } = play();
    participant.join(nowMs() + 60_000, 3);
    participant.leave(nowMs());
    await pause(20);
    assert.deepEqual([names(events), over], [[], [3]]);
    await participant.close();
  });
});

describe('a bot that is told to end its session', () => {
  it('returns from stay(), once, and its function ends in its own way', async () => {
    let stayed = 0;
    const { participant, events, over, when, done } = play(async (bot: Bot) => {
      await bot.join();
      await bot.publish();
      await bot.stay();
      stayed += 1;
      await bot.stay(20);
      stayed += 1;
    });
    participant.join(nowMs(), 0);
    await when('joined');
    participant.leave(nowMs(), 5_000);
    await done;
    assert.deepEqual(names(events), ['joined', 'left', 'iteration']);
    assert.ok(events[1]?.event === 'left' && events[1].reason === 'returned');
    assert.deepEqual([stayed, over], [2, [0]]);
    await participant.close();
  });

  it('is taken out after its grace when it does not', async () => {
    const { participant, events, when, done } = play(async (bot: Bot) => {
      await bot.join();
      await bot.publish();
      for (;;) await bot.stay();
    });
    participant.join(nowMs(), 0);
    await when('joined');
    const toldMs = nowMs();
    participant.leave(toldMs, 50);
    await done;
    assert.ok(nowMs() - toldMs >= 50);
    assert.deepEqual(names(events), ['joined', 'left']);
    await participant.close();
  });

  it('begins no further iteration', async () => {
    const { participant, events, done } = play((bot) => bot.stay(10), { repeat: true });
    participant.join(nowMs(), 0);
    await pause(150);
    const before = names(events).filter((event) => event === 'threw').length;
    participant.leave(nowMs(), 5_000);
    await done;
    await pause(150);
    assert.ok(names(events).filter((event) => event === 'threw').length <= before + 1);
    assert.ok(before >= 1);
    await participant.close();
  });
});
