/** Video on the wire: schedule, pacing, key frames on request, retransmissions. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readUint16 } from '../../../bots/engine/bytes.ts';
import { videoCassette } from '../../../bots/media/shelf.ts';
import { markedVideo } from '../../../bots/synthetic/marked.ts';
import { type Material, recorded } from '../../../bots/synthetic/material.ts';
import { Outgoing } from '../../../bots/synthetic/outgoing.ts';
import { VideoPlay } from '../../../bots/synthetic/play.ts';
import {
  firstSequences,
  identity,
  recorder,
  type Sent,
  source,
  videoStream as stream,
} from '../../support/rtp-recorder.ts';

const cassette = videoCassette({ width: 640, height: 360, fps: 30 });

function video(material: Material = recorded(cassette)): ReturnType<typeof recorder> & {
  outgoing: Outgoing;
  play: VideoPlay;
  late: number[];
  run: (ms: number) => void;
} {
  const played = recorder();
  const { carrier } = played;
  const late: number[] = [];
  const outgoing = new Outgoing({ stream, source, material, carrier, firstSequences, identity });
  const play = new VideoPlay({
    material,
    outgoing,
    startMs: 0,
    clockRate: 90_000,
    timestamp: 0xffff_ff00,
    random: () => 0,
    onSent: (lateMs) => late.push(Math.round(lateMs)),
  });
  let now = 0;
  const run = (ms: number): void => {
    for (const end = now + ms; now < end; now += 5) {
      played.at(now);
      play.work(now);
    }
  };
  return { ...played, outgoing, play, late, run };
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
  });

  it('answers each wish for a key frame with the next frame', () => {
    const { sent, run, play } = video();
    run(1000);
    assert.equal(frames(sent).filter(isKey).length, 1);
    play.requestKey();
    run(100);
    const keys = (): number[] => frames(sent).flatMap((frame, index) => (isKey(frame) ? [index] : []));
    assert.deepEqual(keys(), [0, 30]);
    play.requestKey();
    play.requestKey();
    run(100);
    assert.deepEqual(keys(), [0, 30, 33]);
    run(300);
    assert.equal(keys().length, 3);
  });

  it('sends again what is asked for, under the RTX SSRC, and only what it has', () => {
    const { sent, run, outgoing } = video();
    run(500);
    const original = sent.find(({ sequence }) => sequence === 0x3fff + 5);
    const before = sent.length;
    // The first time at once, then no sooner than a round trip.
    const sentMs = original?.atMs ?? Number.NaN;
    assert.ok(outgoing.resend(0x3fff + 5, sentMs + 1) > 0);
    assert.equal(outgoing.resend(0x3fff + 5, sentMs + 6), 0);
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
    const { sent, play, late, at } = video();
    play.work(0);
    at(10_000);
    play.work(10_000);
    play.work(10_005);
    const all = frames(sent);
    assert.ok(all.length <= 2);
    // 299 frames were never sent, and as late as can be; those after them are in time.
    assert.deepEqual([late.length, late.filter((ms) => ms > 9_900).length], [301, 299]);
    late.length = 0;
    play.work(10_040);
    assert.deepEqual(late.length === 1 && late.every((ms) => ms < 50), true);
  });

  it('tells of every frame of a short absence how late it was, not of the last one only', () => {
    const { play, late, at } = video();
    play.work(0);
    at(400);
    play.work(400);
    play.work(405);
    // Of those due until 400 only the first and the last were in time; a frame may wait for room.
    assert.ok(late.filter((ms) => ms > 1000 / 30).length >= 10, late.join(' '));
  });
});

describe('a video', () => {
  it('sends a frame at once, and a key frame as the debt of a burst is paid off', () => {
    const wish = { width: 1280, height: 720, fps: 30, bitrateBps: 1_500_000, keyFrameIntervalMs: 1000 };
    const { sent, run } = video(markedVideo(wish, null));
    run(3000);
    // 40 ms at 2.5 times the bitrate.
    const burstBytes = 18_750;
    const perPoll = new Map<number, number>();
    for (const { atMs, bytes } of sent) perPoll.set(atMs, (perPoll.get(atMs) ?? 0) + bytes);
    assert.ok(Math.max(...perPoll.values()) <= burstBytes + 1200);
    for (const [number, frame] of frames(sent).slice(0, 60).entries()) {
      const bursts = new Set(frame.map(({ atMs }) => atMs)).size;
      const fromKey = number % 30;
      if (fromKey === 0) assert.ok(bursts > 1 && bursts <= 5, `${bursts} bursts`);
      // The debt of a key frame is paid off by then.
      if (fromKey > 3) assert.equal(bursts, 1, `frame ${number}`);
    }
  });

  it('says when it was captured with its first packet and each 200 ms', () => {
    const { sent, run } = video();
    run(5000);
    const said = sent.filter(({ capturedMs }) => !Number.isNaN(capturedMs));
    assert.equal(said[0], sent[0]);
    for (const [index, { capturedMs, timestamp }] of said.entries()) {
      const ms = ((timestamp - 0xffff_ff00) >>> 0) / 90;
      assert.ok(Math.abs(capturedMs - ms) < 0.02, `${capturedMs} at ${ms}`);
      const next = said[index + 1];
      if (next !== undefined) assert.ok(next.capturedMs - capturedMs <= 200.1);
    }
    assert.ok(said.length >= 25 && said.length <= 31, `${said.length}`);
  });

  it('that is muted sends nothing, and goes on with a key frame at its own time', () => {
    const { sent, run, play } = video();
    run(1000);
    play.mute(true);
    run(100);
    const { length } = sent;
    run(2000);
    assert.equal(sent.length, length);
    play.mute(false);
    run(40);
    const after = frames(sent.slice(length));
    assert.ok(isKey(after[0] ?? []));
    assert.equal((((after[0]?.[0]?.timestamp ?? 0) - 0xffff_ff00) >>> 0) % 3000, 0);
    assert.ok((after[0]?.[0]?.atMs ?? 0) - (((after[0]?.[0]?.timestamp ?? 0) - 0xffff_ff00) >>> 0) / 90 < 10);
    const numbers = sent.map(({ sequence }) => sequence);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => 0x3fff + index),
    );
  });
});
