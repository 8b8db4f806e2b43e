import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bot } from '../../bots/bot.ts';
import { nowMs } from '../../bots/clock.ts';
import type { EndpointReading } from '../../bots/endpoint.ts';
import { joinPublishStay } from '../../bots/participant.ts';
import { streamReading } from '../support/bot-specs.ts';
import { names, pause, play } from '../support/played-bot.ts';

function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}

describe('a function of the user', () => {
  it('may throw: an event, and the bot leaves', async () => {
    const { participant, events, done } = play(async (bot) => {
      await bot.join();
      await bot.publish();
      throw new Error('mine');
    });
    participant.join(nowMs());
    await done;
    assert.deepEqual(names(events), ['joined', 'threw', 'left', 'iteration']);
    const threw = events[1];
    assert.ok(threw?.event === 'threw');
    assert.match(threw.message, /mine/);
  });

  it('is told what it forgot', async () => {
    const { participant, events, done } = play((bot) => bot.stay());
    participant.join(nowMs());
    await done;
    assert.deepEqual(names(events), ['threw', 'join-failed', 'iteration']);
    assert.ok(events[1]?.event === 'join-failed' && events[1].reason === 'threw');
  });

  it('begins anew as another peer, at most ten times a second', async () => {
    const { participant, events, stage, done } = play(() => undefined, { repeat: true });
    participant.join(nowMs());
    await pause(350);
    await participant.close();
    await done;
    const iterations = events.filter(({ event }) => event === 'iteration').length;
    assert.ok(iterations >= 1 && iterations <= 5, `${iterations} iterations`);
    assert.equal(names(events).filter((event) => event === 'warning').length, 1);
    assert.deepEqual(stage.peers, []);
  });

  it('leaves and comes back with an id of its own', async () => {
    const { participant, events, stage } = play(
      async (bot) => {
        await bot.join();
        await bot.publish();
        await bot.stay(bot.iteration === 0 ? 110 : undefined);
        await bot.leave();
        await bot.leave();
      },
      { repeat: true },
    );
    participant.join(nowMs());
    await pause(300);
    await participant.close();
    assert.deepEqual(stage.peers, ['bot', 'bot-1']);
    assert.deepEqual(names(events), ['joined', 'left', 'iteration', 'joined', 'left']);
  });

  it('leaves no timer behind of a stay that it was taken out of', async () => {
    const { participant, when, done } = play(async (bot) => {
      await bot.join();
      await bot.publish();
      await bot.stay(600_000);
    });
    const before = timers();
    participant.join(nowMs());
    await when('joined');
    await pause(10);
    assert.ok(timers() > before);
    participant.leave(nowMs());
    await done;
    await participant.close();
    await pause(10);
    assert.equal(timers(), before);
  });

  it('that does not end is left behind', async () => {
    let held: Bot | null = null;
    const { participant, events, done } = play(async (bot) => {
      held = bot;
      await bot.join();
      await new Promise(() => undefined);
    });
    participant.join(nowMs());
    await pause(30);
    await participant.close();
    await done;
    assert.deepEqual(names(events), ['left']);
    const bot = held as unknown as Bot;
    assert.equal(bot.signal.aborted, true);
    for (const call of [bot.join(), bot.publish(), bot.stay()]) await assert.rejects(call);
    await bot.leave();
  });
});

describe('reading', () => {
  it('passes on what the endpoint read, and says when it did not answer', async () => {
    const { participant, stage, when } = play();
    assert.equal(await participant.read(), true);
    participant.join(nowMs());
    await when('joined');
    stage.streams = [streamReading()];
    assert.equal(await participant.read(), true);
    assert.equal(stage.calls.at(-1), 'reading of 1');
    stage.endpoint.read = () => Promise.reject(new Error('gone'));
    assert.equal(await participant.read(), false);
    await participant.close();
    assert.deepEqual(stage.calls.slice(-3), ['reading of 1', 'over', 'close']);
  });

  it('ignores an answer that comes after the session’s last reading', async () => {
    const { participant, stage, when } = play();
    participant.join(nowMs());
    await when('joined');
    const late = Promise.withResolvers<EndpointReading>();
    stage.endpoint.read = () => late.promise;
    const reading = participant.read();
    await participant.close();
    late.resolve({ streams: [streamReading()], closed: [] });
    assert.equal(await reading, true);
    assert.equal(stage.calls.includes('reading of 1'), false);
  });

  it('stops sending now and for sessions to come', async () => {
    const { participant, stage } = play(joinPublishStay, {}, { hang: 'join' });
    participant.join(nowMs());
    await pause(20);
    await participant.stopSending();
    assert.equal(stage.calls.includes('stop'), false);
    await participant.close();
    const joined = play();
    joined.participant.join(nowMs());
    await joined.when('joined');
    await joined.participant.stopSending();
    assert.equal(joined.stage.calls.at(-1), 'stop');
    await joined.participant.close();
  });
});
