import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BotSpec } from '../../bots/bot.ts';
import { nowMs } from '../../bots/clock.ts';
import type { BotEvent } from '../../bots/messages.ts';
import { joinPublishStay } from '../../bots/participant.ts';
import { SignalingError } from '../../bots/signaling/signaling.ts';
import type { Faults } from '../support/fake-endpoint.ts';
import { names, pause, play } from '../support/played-bot.ts';

const viewer = { publish: { audio: null, video: null } };

async function fails(
  faults: Faults,
  changes: Partial<BotSpec> = {},
): Promise<BotEvent & { event: 'join-failed' }> {
  const { participant, stage, events, done } = play(joinPublishStay, changes, faults);
  participant.join(nowMs());
  await done;
  assert.deepEqual(names(events), ['join-failed']);
  assert.equal(stage.calls.at(-1), 'over');
  await participant.close();
  assert.equal(stage.calls.at(-1), 'close');
  const [event] = events;
  assert.ok(event?.event === 'join-failed');
  return event;
}

describe('a bot that everything goes well for', () => {
  it('joins when it is due, publishes, and leaves when it is taken out', async () => {
    const { participant, stage, events, when, done } = play();
    const dueMs = nowMs() + 30;
    participant.join(dueMs);
    participant.join(dueMs + 1000);
    const joined = await when('joined');
    assert.ok(joined.event === 'joined' && joined.joinMs >= 0 && joined.atMs >= dueMs);
    assert.equal(participant.isPresent, true);
    participant.leave(nowMs());
    await done;
    assert.equal(participant.isPresent, false);
    assert.deepEqual(names(events), ['joined', 'left']);
    assert.deepEqual(stage.calls.slice(0, 2).sort(), ['begin', 'connect']);
    assert.deepEqual(stage.calls.slice(-4), ['end', 'hang up', 'reading of 0', 'over']);
    // Its endpoint is kept for another session until then.
    await participant.close();
    assert.equal(stage.calls.at(-1), 'close');
    assert.equal(stage.calls.includes('settle'), false);
  });

  it('counts the time since the due instant, also one that has passed', async () => {
    const { participant, when } = play();
    participant.join(nowMs() - 500);
    const joined = await when('joined');
    assert.ok(joined.event === 'joined' && joined.joinMs >= 500 && joined.joinMs < 5000);
    await participant.close();
  });

  it('as a viewer asks for what is there, and waits for it to be connected', async () => {
    const { participant, stage, when } = play(joinPublishStay, viewer, { others: 1, offers: { settle: 2 } });
    participant.join(nowMs());
    await when('joined');
    assert.deepEqual(stage.calls.slice(-4), ['join', 'settle', 'consume', 'consume']);
    assert.equal(stage.calls.includes('open send'), false);
    await participant.close();
  });

  it('in an empty room waits for nobody, and consumes nothing where it shall not', async () => {
    const { participant, stage, when } = play(joinPublishStay, {
      ...viewer,
      consume: { kinds: [], max: null },
    });
    participant.join(nowMs());
    await when('joined');
    assert.deepEqual(
      stage.calls.filter((call) => call.startsWith('open') || call === 'settle'),
      [],
    );
    await participant.close();
  });

  it('counts as joined when it stays without having published', async () => {
    const { participant, stage, when } = play(async (bot) => {
      await bot.join();
      await bot.stay(20);
      await bot.publish();
      await bot.stay();
    });
    participant.join(nowMs());
    await when('joined');
    assert.equal(stage.calls.includes('publish audio'), false);
    await pause(100);
    assert.equal(stage.calls.includes('publish video'), true);
    await participant.close();
  });
});

describe('a join that fails', () => {
  it('says what it waited for when it takes too long', async () => {
    for (const [hang, message] of [
      ['connect', /WebSocket/],
      ['join', /answer to join/],
      ['produce video', /accept its video/],
    ] as const) {
      const { reason, message: said } = await fails({ hang }, { joinTimeoutMs: 60 });
      assert.equal(reason, 'timeout');
      assert.match(said, message);
    }
    const stuck = await fails({ unconnected: ['send'] }, { joinTimeoutMs: 60 });
    assert.match(stuck.message, /ICE and DTLS of its transports \(send\)/);
  });

  it('tells the SFU’s faults from the generator’s', async () => {
    const refused = new SignalingError('refused', 'join: full');
    assert.deepEqual((await fails({ fail: { join: refused } })).reason, 'refused');
    assert.deepEqual((await fails({ fail: { 'publish audio': new Error('no camera') } })).reason, 'crashed');
  });

  it('fails when transport or signalling go away under it', async () => {
    const first = play(joinPublishStay, {}, { hang: 'join' });
    first.participant.join(nowMs());
    await pause(30);
    first.stage.link().failed('recv', 'DTLS: fingerprint');
    await first.done;
    const second = play(joinPublishStay, {}, { hang: 'join' });
    second.participant.join(nowMs());
    await pause(30);
    second.stage.listener().closed(new SignalingError('signaling-closed', 'gone'));
    second.stage.listener().closed(new SignalingError('signaling-closed', 'gone'));
    await second.done;
    assert.deepEqual(
      [first, second].map(({ events }) =>
        events.map((event) => event.event === 'join-failed' && event.reason),
      ),
      [['transport-failed'], ['signaling-closed']],
    );
    const [failure] = first.events;
    assert.match(
      failure?.event === 'join-failed' ? failure.message : '',
      /of the recv transport failed: DTLS: fingerprint/,
    );
  });

  it('is none when the bot is taken out meanwhile', async () => {
    const { participant, events, stage } = play(joinPublishStay, {}, { hang: 'capabilities' });
    participant.join(nowMs());
    await pause(30);
    await participant.close();
    assert.deepEqual(names(events), ['left']);
    assert.equal(stage.calls.includes('hang up'), true);
  });

  it('never began when the bot is taken out before it is due', async () => {
    const { participant, events, stage } = play();
    participant.join(nowMs() + 50);
    await participant.close();
    await pause(80);
    assert.deepEqual(events, []);
    assert.deepEqual(stage.calls, ['close']);
  });
});

describe('a session that ends by itself', () => {
  it('is dropped, which is no fault of its function', async () => {
    const { participant, stage, events, when, done } = play();
    participant.join(nowMs());
    await when('joined');
    stage.listener().closed(new SignalingError('signaling-closed', 'gone'));
    stage.link().failed('send', 'ICE: expired');
    await done;
    assert.deepEqual(names(events), ['joined', 'dropped']);
  });

  it('says which crash took it', async () => {
    const before = play();
    before.participant.crash('page', 'Page crashed!');
    before.participant.crash('browser', 'again');
    await before.participant.close();
    assert.deepEqual(names(before.events), ['crashed']);
    const during = play(joinPublishStay, {}, { hang: 'join' });
    during.participant.join(nowMs());
    await pause(30);
    during.participant.crash('browser', 'gone');
    await during.done;
    assert.deepEqual(names(during.events), ['join-failed', 'crashed']);
    const joined = play();
    joined.participant.join(nowMs());
    await joined.when('joined');
    joined.participant.crash('page', 'gone');
    await joined.done;
    assert.deepEqual(names(joined.events), ['joined', 'crashed']);
  });
});

describe('a bot that cannot take what it is offered', () => {
  const faults: Faults = { fail: { consume: new Error('no codec') }, others: 1, offers: { join: 1 } };

  it('fails by itself, not by the SFU', async () => {
    const { reason, message } = await fails(faults, viewer);
    assert.deepEqual([reason, message], ['crashed', 'no codec']);
  });

  it('says so once it has joined, and stays', async () => {
    const { participant, stage, events, when } = play(joinPublishStay, {}, { fail: faults.fail ?? {} });
    participant.join(nowMs());
    await when('joined');
    const offer = { id: 'c', producerId: 'p', peer: 'other', kind: 'audio', paused: false } as const;
    const taken = stage.listener().consumer({ ...offer, rtpParameters: { codecs: [] } });
    await assert.rejects(Promise.resolve(taken), /no codec/);
    const last = events.at(-1);
    assert.ok(last?.event === 'warning' && /no codec/.test(last.message));
    assert.equal(participant.isPresent, true);
    await participant.close();
  });
});
