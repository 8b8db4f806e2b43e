/** Cassettes on the wire: schedule, pacing, key frames on request, retransmissions. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readUint16 } from '../../../bots/engine/bytes.ts';
import { findExtension } from '../../../bots/engine/rtp/extension.ts';
import { parseRtp, RtpHeader } from '../../../bots/engine/rtp/header.ts';
import { audioCassette, videoCassette } from '../../../bots/media/shelf.ts';
import type { OutgoingStream } from '../../../bots/synthetic/negotiation.ts';
import { Outgoing, type RtpCarrier } from '../../../bots/synthetic/outgoing.ts';
import { AudioPlay, VideoPlay } from '../../../bots/synthetic/play.ts';
import type { UdpPort } from '../../../bots/udp/port.ts';

interface Sent {
  readonly atMs: number;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly transportSequence: number;
  readonly bytes: number;
  readonly payload: Buffer;
}

/** A carrier that writes down what it is given. */
function recorder(): { carrier: RtpCarrier; sent: Sent[]; at: (ms: number) => void } {
  const outbox = Buffer.alloc(4096);
  const sent: Sent[] = [];
  let [nowMs, next] = [0, 0];
  const carrier: RtpCarrier = {
    port: { outbox, claim: () => 7 } as unknown as UdpPort,
    nextTransportSequence: () => (next += 1),
    carry: (at, length) => {
      const header = new RtpHeader();
      assert.ok(parseRtp(header, outbox, at, length) > 0);
      const element = findExtension(header, outbox, 5);
      const { ssrc, sequence, timestamp, marker, payloadAt, payloadLength } = header;
      sent.push({
        atMs: nowMs,
        ssrc,
        sequence,
        timestamp,
        marker,
        transportSequence: element < 0 ? -1 : readUint16(outbox, element),
        bytes: length,
        payload: Buffer.from(outbox.subarray(payloadAt, payloadAt + payloadLength)),
      });
      return true;
    },
  };
  return { carrier, sent, at: (ms) => (nowMs = ms) };
}

const stream: OutgoingStream = {
  kind: 'video',
  payloadType: 101,
  rtxPayloadType: 102,
  clockRate: 90_000,
  extensions: [
    { name: 'mid', id: 1, text: '0' },
    { name: 'absSendTime', id: 4 },
    { name: 'transportSequence', id: 5 },
  ],
  parameters: { codecs: [] },
};
const source = { ssrc: 0xf000_0001, rtxSsrc: 0xf000_0002 };
const cassette = videoCassette({ width: 640, height: 360, fps: 30 });

function video(): ReturnType<typeof recorder> & {
  outgoing: Outgoing;
  play: VideoPlay;
  run: (ms: number) => void;
} {
  const recorded = recorder();
  const outgoing = new Outgoing(stream, source, cassette, recorded.carrier, () => 0.5);
  const play = new VideoPlay(
    { cassette, outgoing, startMs: 0, clockRate: 90_000, timestamp: 0xffff_ff00 },
    0,
  );
  let now = 0;
  const run = (ms: number): void => {
    for (const end = now + ms; now < end; now += 5) {
      recorded.at(now);
      play.work(now);
    }
  };
  return { ...recorded, outgoing, play, run };
}

/** Packets by frame. */
function frames(sent: readonly Sent[]): Sent[][] {
  const byTimestamp = new Map<number, Sent[]>();
  for (const packet of sent)
    byTimestamp.set(packet.timestamp, [...(byTimestamp.get(packet.timestamp) ?? []), packet]);
  return [...byTimestamp.values()];
}

function isKey([first]: readonly Sent[]): boolean {
  return first !== undefined && ((first.payload[4] ?? 1) & 1) === 0;
}

describe('a cassette of video', () => {
  it('comes out whole, frame by frame, in paced packets', () => {
    const { sent, run, play } = video();
    run(12_000);
    const all = frames(sent).slice(0, 359);
    assert.ok(play.framesTotal >= 359);
    for (const [number, frame] of all.entries()) {
      const unit = number % cassette.count;
      const from = cassette.offsets[unit] ?? 0;
      const whole = Buffer.concat(frame.map(({ payload }) => payload.subarray(4)));
      assert.ok(whole.equals(cassette.bytes.subarray(from, from + whole.length)), `frame ${number}`);
      assert.equal(whole.length, cassette.lengths[unit]);
      assert.deepEqual(
        frame.map(({ marker, payload }) => [marker, payload[0], readUint16(payload, 2) & 0x7fff]),
        frame.map((_, index) => [index === frame.length - 1, index === 0 ? 0x90 : 0x80, number]),
      );
      assert.equal(frame[0]?.timestamp, (0xffff_ff00 + number * 3000) >>> 0);
      assert.ok((frame[0]?.atMs ?? 0) - (number * 1000) / 30 < 10.1, `frame ${number} at ${frame[0]?.atMs}`);
    }
    assert.ok(sent.every(({ bytes }) => bytes <= 1200));
    assert.deepEqual(
      sent.map(({ sequence }) => sequence),
      sent.map((_, index) => (0x3fff + index) & 0xffff),
    );
    assert.deepEqual(
      sent.map(({ transportSequence }) => transportSequence),
      sent.map((_, index) => index + 1),
    );
    // 2.5 times 450 kb/s are 700 bytes in 5 ms: one packet a poll.
    const perPoll = new Map<number, number>();
    for (const { atMs } of sent) perPoll.set(atMs, (perPoll.get(atMs) ?? 0) + 1);
    assert.ok(Math.max(...perPoll.values()) <= 2);
  });

  it('answers a wish for a key frame with the next frame, and not more often than each 300 ms', () => {
    const { sent, run, play } = video();
    run(1000);
    assert.equal(frames(sent).filter(isKey).length, 1);
    play.requestKey();
    run(100);
    const keys = (): number[] => frames(sent).flatMap((frame, index) => (isKey(frame) ? [index] : []));
    assert.deepEqual(keys(), [0, 30]);
    play.requestKey();
    run(100);
    assert.deepEqual(keys(), [0, 30]);
    run(200);
    assert.equal(keys().length, 3);
    run(300);
    assert.equal(keys().length, 3);
  });

  it('sends again what is asked for, under the RTX SSRC, and only what it has', () => {
    const { sent, run, outgoing } = video();
    run(500);
    const original = sent.find(({ sequence }) => sequence === 0x3fff + 5);
    const before = sent.length;
    assert.ok(outgoing.resend(0x3fff + 5, 600) > 0);
    assert.equal(outgoing.resend(0x3fff + 5, 605), 0);
    assert.ok(outgoing.resend(0x3fff + 5, 650) > 0);
    assert.equal(outgoing.resend(0x3fff + 4000, 650), 0);
    assert.equal(outgoing.resend(1, 650), 0);
    const again = sent[before];
    assert.ok(original !== undefined && again !== undefined);
    assert.equal(again.ssrc, source.rtxSsrc);
    assert.equal(readUint16(again.payload, 0), original.sequence);
    assert.ok(again.payload.subarray(2).equals(original.payload));
    assert.deepEqual([again.timestamp, again.marker], [original.timestamp, original.marker]);
    assert.deepEqual([outgoing.counts.resent, outgoing.counts.packets], [2, sent.length]);
    assert.equal(sent.length, before + 2);
  });

  it('does not make up for a long absence', () => {
    const { sent, play, at } = video();
    play.work(0);
    at(10_000);
    assert.equal(play.work(10_000), 10_000 - 1000 / 30);
    play.work(10_005);
    const all = frames(sent);
    assert.ok(all.length <= 2);
    assert.equal(play.work(10_040) < 50, true);
  });
});

describe('a cassette of opus', () => {
  it('sends a packet every 20 ms', () => {
    const { carrier, sent, at } = recorder();
    const opus = audioCassette();
    const audio = { ...stream, kind: 'audio' as const, rtxPayloadType: null, clockRate: 48_000 };
    const outgoing = new Outgoing(audio, { ssrc: 7, rtxSsrc: null }, opus, carrier, Math.random);
    const play = new AudioPlay({ cassette: opus, outgoing, startMs: 0, clockRate: 48_000, timestamp: 0 });
    for (let now = 0; now < 5000; now += 5) {
      at(now);
      assert.ok(play.work(now) <= 5);
    }
    assert.equal(sent.length, 250);
    for (const [number, { payload, timestamp, marker, atMs }] of sent.entries()) {
      const from = opus.offsets[number % opus.count] ?? 0;
      assert.ok(payload.equals(opus.bytes.subarray(from, from + payload.length)));
      assert.deepEqual([timestamp, marker, atMs], [number * 960, false, number * 20]);
    }
    assert.equal(outgoing.resend(sent[3]?.sequence ?? 0, 5000), 0);
  });
});
