/** What a publisher of audio does when the SFU misses a packet: it has no RTX, and sends the packet itself again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeCiphers } from '../../../bots/crypto/node.ts';
import { Mark, readMark } from '../../../bots/engine/payload/mark.ts';
import { parseRtp, RtpHeader } from '../../../bots/engine/rtp/header.ts';
import { srtpProfileOf } from '../../../bots/engine/srtp/profile.ts';
import { SrtpReceiver } from '../../../bots/engine/srtp/receiver.ts';
import { SrtpSender } from '../../../bots/engine/srtp/sender.ts';
import { audioCassette } from '../../../bots/media/shelf.ts';
import { randomFrom, seedOf } from '../../../bots/random.ts';
import { markedAudio } from '../../../bots/synthetic/marked.ts';
import { recorded } from '../../../bots/synthetic/material.ts';
import type { OutgoingStream } from '../../../bots/synthetic/negotiation.ts';
import { firstSequence, Outgoing, type RtpCarrier } from '../../../bots/synthetic/outgoing.ts';
import { AudioPlay } from '../../../bots/synthetic/play.ts';
import { Speech } from '../../../bots/synthetic/speech.ts';
import { audioStream, identity, recorder } from '../../support/rtp-recorder.ts';
import { syntheticRoom } from '../../support/synthetic-peer.ts';

const source = { ssrc: 7, rtxSsrc: null, rid: null };
/** As mediasoup's router has it. */
const answering: OutgoingStream = {
  ...audioStream,
  parameters: {
    codecs: [
      {
        mimeType: 'audio/opus',
        payloadType: 101,
        clockRate: 48_000,
        rtcpFeedback: [{ type: 'transport-cc' }, { type: 'nack', parameter: '' }],
      },
    ],
  },
};

/** As near to the wrap as streams begin. */
const firstSequences = [firstSequence(1) - 1, 0] as const;

function speaker(
  stream: OutgoingStream,
  material = recorded(audioCassette()),
  carrier?: RtpCarrier,
): ReturnType<typeof recorder> & { outgoing: Outgoing; run: (untilMs: number) => void } {
  const played = recorder();
  const carried = carrier ?? played.carrier;
  const outgoing = new Outgoing({ stream, source, material, carrier: carried, firstSequences, identity });
  const options = { material, outgoing, startMs: 0, clockRate: 48_000, timestamp: 0, random: () => 0 };
  const play = new AudioPlay(options, new Speech(randomFrom(seedOf('bot-1')), 20));
  let nowMs = 0;
  const run = (untilMs: number): void => {
    for (; nowMs < untilMs; nowMs += 20) {
      played.at(nowMs);
      play.work(nowMs);
    }
  };
  return { ...played, outgoing, run };
}

describe('a packet of audio that was lost', () => {
  it('is sent again as it was: of a talk spurt, its beginning, and of silence', () => {
    const { sent, run, outgoing } = speaker(answering);
    run(4000);
    const originals = sent.slice();
    assert.ok(
      originals.some(({ marker }) => marker) && originals.some(({ payload }) => payload.length === 1),
    );
    for (const original of originals) {
      assert.ok(outgoing.resend(original.sequence, 5000) > 0);
      const again = sent.at(-1);
      assert.ok(again !== undefined);
      const { ssrc, sequence, timestamp, marker, audioLevel } = original;
      assert.deepEqual(
        [again.ssrc, again.sequence, again.timestamp, again.marker, again.audioLevel],
        [ssrc, sequence, timestamp, marker, audioLevel],
      );
      assert.ok(again.payload.equals(original.payload));
      assert.equal(again.transportSequence, sent.length);
    }
    // It is on its way.
    assert.equal(outgoing.resend(originals[0]?.sequence ?? 0, 5010), 0);
    const { counts } = outgoing;
    assert.deepEqual([counts.resent, counts.packets], [originals.length, 2 * originals.length]);
    // RFC 3550 §6.4.1: sender reports count what left under the SSRC.
    assert.equal(counts.mediaPackets, 2 * originals.length);
  });

  it('is kept for five seconds, and not at all where nobody may ask', () => {
    const { sent, run, outgoing } = speaker(answering);
    run(30_000);
    const last = sent.at(-1)?.sequence ?? 0;
    assert.equal(outgoing.resend(last - 256, 40_000), 0);
    assert.ok(outgoing.resend(last - 255, 40_000) > 0);
    const silent = speaker(audioStream);
    silent.run(1000);
    assert.equal(silent.outgoing.resend(silent.sent[3]?.sequence ?? 0, 2000), 0);
  });

  it('has the mark that it had, and takes no number from those after it', () => {
    const { sent, run, outgoing } = speaker(answering, markedAudio);
    run(4000);
    assert.ok(outgoing.resend(sent[3]?.sequence ?? 0, 4000) > 0);
    const resent = sent.length - 1;
    run(8000);
    const numbers = sent.map(({ payload }) => {
      const mark = new Mark();
      assert.equal(readMark(mark, payload, 0, payload.length), 0);
      return mark.packetBits;
    });
    assert.equal(numbers[resent], 3);
    numbers.splice(resent, 1);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index),
    );
  });

  it('is protected with the rollover counter of its own number', () => {
    const profile = srtpProfileOf(7) ?? assert.fail();
    const { keyLength, saltLength } = profile;
    const keys = { profile, masterKey: Buffer.alloc(keyLength, 1), masterSalt: Buffer.alloc(saltLength, 2) };
    const sender = SrtpSender.create(keys, nodeCiphers);
    const receiver = SrtpReceiver.create(keys, nodeCiphers);
    const outbox = Buffer.alloc(2000);
    const came: number[] = [];
    const lost = new Set([65_535]);
    const carrier: RtpCarrier = {
      port: { outbox, claim: () => 10 },
      nextTransportSequence: () => 1,
      carry: (at, length) => {
        const sealed = sender.protectRtp(outbox, at, length);
        const header = new RtpHeader();
        assert.ok(sealed > 0 && parseRtp(header, outbox, at, sealed) > 0);
        if (lost.delete(header.sequence)) return true;
        assert.ok(receiver.unprotectRtp(header, outbox, at, sealed, 1) > 0, `packet ${header.sequence}`);
        came.push(header.sequence);
        return true;
      },
    };
    const { outgoing } = speaker(answering, recorded(audioCassette()), carrier);
    while (came.at(-1) !== 3) outgoing.send(0, 1000);
    assert.ok(outgoing.resend(65_535, 2000) > 0);
    outgoing.send(0, 2000);
    assert.deepEqual(came.slice(-7), [65_534, 0, 1, 2, 3, 65_535, 4]);
    sender.close();
    receiver.close();
  });

  it('reaches a real worker, which asks for it', async () => {
    const room = await syntheticRoom({ payload: 'marked' });
    try {
      const up = { delayMs: 5, jitterMs: 0, lossRatio: 0.1, rateBps: null, queueMs: 200 };
      const down = { ...up, lossRatio: 0 };
      const peer = await room.join('speaker', null, { network: { up, down } });
      await peer.endpoint.publish('audio');
      await sleep(4000);
      const [stat] = (await peer.producers.get('audio')?.getStats()) ?? [];
      const [stream] = (await peer.endpoint.read()).streams;
      const what = JSON.stringify({ stat, counters: stream?.counters });
      assert.ok((stat?.nackCount ?? 0) > 5, what);
      assert.ok((stat?.packetsRepaired ?? 0) > 5, what);
    } finally {
      await room.close();
    }
  });
});
