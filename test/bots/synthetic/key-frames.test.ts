/** When a received stream asks for key frames, and how much of it is opened to know. Frames are of one packet each. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { feedbackFormat, rtcpType } from '../../../bots/engine/rtcp/compound.ts';
import { receive } from '../../support/played-reception.ts';

const plis = [rtcpType.payloadFeedback, feedbackFormat.pli] as const;

type Played = ReturnType<typeof receive> & {
  /** Numbers that were left out on the way. */
  readonly skip: (packets: number) => void;
  /** Frames from now on, as the loop would handle them; returns when PLIs left. */
  readonly play: (ms: number, changes?: Parameters<ReturnType<typeof receive>['packet']>[2]) => number[];
  readonly now: () => number;
};

function played(...args: Parameters<typeof receive>): Played {
  const received = receive(...args);
  const { reception, packet, sent } = received;
  let [sequence, nowMs] = [100, 0];
  const play: Played['play'] = (ms, changes) => {
    const asked: number[] = [];
    for (const end = nowMs + ms; nowMs < end; nowMs += 10) {
      if (nowMs % 30 === 0) packet((sequence += 1), nowMs, changes);
      reception.work(nowMs);
      if (nowMs % 100 === 0) reception.turn(nowMs);
      const isPli = sent.some(({ type, format }) => type === plis[0] && format === plis[1]);
      if (isPli) asked.push(nowMs);
      sent.splice(0);
    }
    return asked;
  };
  return { ...received, play, skip: (packets) => (sequence += packets), now: () => nowMs };
}

describe('a stream that stands still', () => {
  it('asks for a key frame after three seconds, again after three more, and not once frames are back', () => {
    const { play } = played();
    assert.deepEqual(play(1200), []);
    // The last frame was shown at 1170: packets come that end none. Looked after once a second.
    const asked = play(6900, { marker: false });
    assert.equal(asked.length, 2, asked.join(' '));
    assert.ok((asked[0] ?? 0) >= 4170 && (asked[0] ?? 0) <= 5170, asked.join(' '));
    assert.deepEqual(play(9000), []);
  });

  it('asks for none after a pause, whatever it had wanted before', () => {
    const { play, reception, packet, skip, now } = played();
    play(900);
    play(3900, { marker: false });
    reception.pause('c1', true);
    reception.pause('c1', false);
    assert.deepEqual(play(6000), []);
    // More is missing than can be listed.
    skip(2000);
    packet(4000, now());
    reception.pause('c1', true);
    reception.work(now());
    reception.pause('c1', false);
    reception.turn(now());
    assert.equal(reception.read(now())[0]?.counters.plisSentTotal, 1);
  });

  it('is asked about at once when too much is missing, though more is missed after that', () => {
    const { play, packet, reception, now, take } = played();
    play(600);
    packet(1500, now());
    packet(1502, now());
    reception.work(now());
    assert.equal(take(...plis).length, 1);
  });

  it('asks once for a stream that ends, and then no more', () => {
    const { play, reception, sent, now } = played();
    play(900);
    sent.splice(0);
    for (let later = now(); later < 20_000; later += 100) reception.turn(later);
    assert.equal(reception.read(20_000)[0]?.counters.plisSentTotal, 1);
  });
});

describe('a packet that never comes', () => {
  it('is asked for ten times in silence; a decoder that needs it asks for a key frame after three seconds', () => {
    const { play, skip, reception } = played();
    play(300);
    skip(1);
    // It is missed at 300.
    assert.deepEqual(play(2900), []);
    assert.equal(reception.read(3200)[0]?.counters.nacksSentTotal, 10);
    assert.deepEqual(play(3000), [3300]);
    assert.deepEqual(play(200), [6300]);
    play(30, { starts: 'key' });
    assert.deepEqual(play(9000), []);
    assert.equal(reception.read(16_000)[0]?.counters.nacksSentTotal, 10);
  });

  it('is forgotten with the key frame behind it, as where an SFU changes layers', () => {
    const { play, skip, reception } = played();
    play(300);
    skip(1);
    play(30, { starts: 'key' });
    assert.deepEqual(play(6000), []);
    assert.equal(reception.read(7000)[0]?.counters.nacksSentTotal, 1);
  });

  it('is asked about once where key frames cannot be told from others', () => {
    const { play, skip, opened } = played(0);
    play(300);
    skip(1);
    assert.deepEqual(play(9000).length, 1);
    assert.ok(!opened.includes(true));
  });

  it('has packets opened until it came', () => {
    const { play, skip, opened, packet, now } = played();
    play(300);
    opened.splice(0);
    skip(1);
    play(90);
    assert.deepEqual(opened.splice(0), [true, true, true]);
    packet(900, now(), { rtxOf: 111 });
    play(90);
    assert.deepEqual(opened.splice(0), [true, true, false, false]);
  });
});

describe('the start of a stream', () => {
  it('is a key frame: packets are opened until one was shown, and it is asked for as soon as another frame is whole', () => {
    const { play, packet, seen, opened, reception } = played();
    // The first packet of a key frame was lost, the second one ends it.
    packet(99, 0, { starts: null });
    reception.turn(0);
    assert.equal(reception.read(0)[0]?.counters.plisSentTotal, 0);
    const asked = play(1000, { starts: 'delta' });
    // The frame of 0 ms; then each 200 ms, at every other look.
    assert.deepEqual(asked, [0, 200, 400, 600, 800]);
    assert.ok(!opened.includes(false));
    assert.deepEqual(seen, []);
    play(30, { starts: 'key' });
    assert.deepEqual(seen, [1020]);
    opened.splice(0);
    assert.deepEqual(play(3000), []);
    assert.ok(!opened.includes(true));
    assert.equal(reception.read(5000)[0]?.counters.framesDecodedTotal, 101);
  });

  it('asks for none while one is on its way', () => {
    const { packet, reception } = played();
    const asked = (nowMs: number): number => reception.read(nowMs)[0]?.counters.plisSentTotal ?? 0;
    for (let now = 0; now < 1000; now += 100) {
      packet(100 + now / 100, now, { frameOf: 100, starts: now === 0 ? 'key' : null, marker: false });
      reception.turn(now);
    }
    assert.equal(asked(1000), 0);
    for (let now = 1000; now < 1300; now += 100) {
      packet(100 + now / 100, now, { frameOf: 200, starts: null, marker: false });
      reception.turn(now);
    }
    assert.equal(asked(1300), 1);
  });

  it('is any frame where nothing is opened, or the codec is none that we read', () => {
    for (const { play, seen, opened } of [played(0), played(16, { mimeType: 'video/VP9' })]) {
      assert.deepEqual(play(1000, { starts: 'delta' }), []);
      assert.deepEqual(seen, [0]);
      assert.ok(!opened.includes(true));
    }
  });
});
