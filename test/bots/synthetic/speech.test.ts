/** Audio on the wire: opus without a pause, and conversations with silence. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { audioCassette } from '../../../bots/media/shelf.ts';
import { randomFrom, seedOf } from '../../../bots/random.ts';
import { recorded } from '../../../bots/synthetic/material.ts';
import { Outgoing } from '../../../bots/synthetic/outgoing.ts';
import { AudioPlay } from '../../../bots/synthetic/play.ts';
import { Speech, slot } from '../../../bots/synthetic/speech.ts';
import { audioStream, firstSequences, identity, recorder, type Sent } from '../../support/rtp-recorder.ts';

function audio(speech: Speech | null): { sent: Sent[]; outgoing: Outgoing; play: AudioPlay } {
  const { carrier, sent, at } = recorder();
  const material = recorded(audioCassette());
  const alone = { ssrc: 7, rtxSsrc: null, rid: null };
  const { random } = Math;
  const outgoing = new Outgoing({
    stream: audioStream,
    source: alone,
    material,
    carrier,
    firstSequences,
    identity,
  });
  const play = new AudioPlay(
    {
      material,
      outgoing,
      startMs: 0,
      clockRate: 48_000,
      timestamp: 0,
      random,
      onSent: (lateMs) => assert.ok(lateMs >= 0 && lateMs <= 5, `${lateMs}`),
    },
    speech,
  );
  for (let now = 0; now < 5000; now += 5) {
    at(now);
    play.work(now);
  }
  return { sent, outgoing, play };
}

describe('a cassette of opus', () => {
  it('sends a packet every 20 ms', () => {
    const opus = audioCassette();
    const { sent, outgoing } = audio(null);
    assert.equal(sent.length, 250);
    for (const [number, { payload, timestamp, marker, atMs, audioLevel }] of sent.entries()) {
      const from = opus.offsets[number % opus.count] ?? 0;
      assert.ok(payload.equals(opus.bytes.subarray(from, from + payload.length)));
      assert.deepEqual([timestamp, marker, atMs], [number * 960, false, number * 20]);
      assert.equal(audioLevel, 0x80 | 30);
    }
    assert.equal(outgoing.resend(sent[3]?.sequence ?? 0, 5000), 0);
    const captured = sent.filter(({ capturedMs }) => !Number.isNaN(capturedMs));
    assert.deepEqual([captured.length, captured[1]?.atMs], [25, 200]);
  });

  it('has pauses with comfort noise, and marks where speech begins', () => {
    const { sent } = audio(new Speech(randomFrom(seedOf('bot-1')), 20));
    const noise = sent.filter(({ payload }) => payload.length === 1);
    assert.ok(sent.length > 20 && sent.length < 240, `${sent.length} packets`);
    assert.ok(noise.length > 2, `${noise.length} of noise`);
    assert.ok(
      sent.every(({ audioLevel, payload }) => audioLevel === (payload.length === 1 ? 127 : 0x80 | 30)),
    );
    for (const [index, { marker, payload, timestamp, sequence }] of sent.entries()) {
      const before = sent[index - 1];
      if (before === undefined) continue;
      assert.equal(sequence, before.sequence + 1);
      const isOnset =
        payload.length > 1 && (before.payload.length === 1 || timestamp - before.timestamp > 960);
      assert.equal(marker, isOnset, `packet ${index}`);
      assert.equal(timestamp % 960, 0);
      assert.ok(timestamp - before.timestamp <= 400 * 48);
    }
  });
});

function slots(seed: string, count: number): number[] {
  const speech = new Speech(randomFrom(seedOf(seed)), 20);
  return Array.from({ length: count }, () => speech.next());
}

describe('a conversation', () => {
  it('has talk spurts and pauses of P.59’s lengths', () => {
    // Ten hours of speech, 14,000 spurts.
    const all = Array.from({ length: 20 }, (_, index) => slots(`bot-${index}`, 90_000));
    const speaking = all.flat().filter((what) => what === slot.talk || what === slot.onset).length;
    const spurts = all.flat().filter((what) => what === slot.onset).length;
    const talkMs = (speaking * 20) / spurts;
    const pauseMs = ((20 * 90_000 - speaking) * 20) / spurts;
    // A spurt or pause shorter than a packet is lost between two: the rest is a little longer.
    assert.ok(Math.abs(talkMs / 1014 - 1) < 0.03, `${talkMs} ms`);
    assert.ok(Math.abs(pauseMs / 1597 - 1) < 0.03, `${pauseMs} ms`);
  });

  it('is the same for the same speaker, and another for others', () => {
    assert.deepEqual(slots('bot-7', 5000), slots('bot-7', 5000));
    assert.notDeepEqual(slots('bot-7', 5000), slots('bot-8', 5000));
  });
});
