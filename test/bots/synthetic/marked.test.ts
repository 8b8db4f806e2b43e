/** Marked material: lengths, key frames, what a parser sees of it, and marks that survive a retransmission. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { H264Payload, readH264 } from '../../../bots/engine/payload/h264.ts';
import { Mark, markKind, readMark, sinceMarkMs } from '../../../bots/engine/payload/mark.ts';
import { readVp8, Vp8Descriptor } from '../../../bots/engine/payload/vp8.ts';
import { markedAudio, markedVideo } from '../../../bots/synthetic/marked.ts';
import { comfortNoise, type Material } from '../../../bots/synthetic/material.ts';
import { Outgoing } from '../../../bots/synthetic/outgoing.ts';
import { VideoPlay } from '../../../bots/synthetic/play.ts';
import {
  firstSequences,
  recorder,
  type Sent,
  source,
  videoStream as stream,
} from '../../support/rtp-recorder.ts';

const wish = { width: 640, height: 360, fps: 25, bitrateBps: 800_000, keyFrameIntervalMs: null };
const codecs = [
  ['VP8', null],
  ['H264', '42e01f'],
] as const;

function payloads(material: Material, unit: number, longest: number, frame = 7): Buffer[] {
  const packets = material.packetsOf(unit, longest);
  return Array.from({ length: packets }, (_, index) => {
    const out = Buffer.alloc(2000);
    const length = material.write(out, 10, unit, index, packets, frame);
    return Buffer.from(out.subarray(10, 10 + length));
  });
}

/** What a receiver's parser takes for the beginning of a frame, and for a key frame. */
function seen(payload: Buffer, isVp8: boolean): { start: boolean; keyFrame: boolean } {
  if (isVp8) {
    const descriptor = new Vp8Descriptor();
    assert.equal(readVp8(descriptor, payload, 0, payload.length), 4);
    assert.equal(descriptor.pictureId, 7);
    return descriptor;
  }
  const h264 = new H264Payload();
  assert.equal(readH264(h264, payload, 0, payload.length), 0);
  return h264;
}

describe('marked video', () => {
  for (const [codec, profile] of codecs) {
    it(`of ${codec} has frames of its bitrate and key frames of four times that, whatever the packets`, () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 10_000, max: 8_000_000 }),
          fc.integer({ min: 1, max: 60 }),
          fc.integer({ min: 200, max: 1160 }),
          (bitrateBps, fps, longest) => {
            const material = markedVideo({ ...wish, bitrateBps, fps }, profile);
            const delta = Math.max(40, bitrateBps / 8 / fps);
            for (const [unit, expected] of [
              [0, 4 * delta],
              [1, delta],
              [2, delta],
            ] as const) {
              const all = payloads(material, unit, longest);
              const bytes = all.reduce((sum, { length }) => sum + length, 0);
              assert.ok(all.every(({ length }) => length >= 24 && length <= longest));
              // Descriptors and FU-A headers come on top.
              assert.ok(
                Math.abs(bytes - expected - all.length * 3) < all.length * 3 + 60,
                `${bytes} ${expected}`,
              );
              const first = all[0] ?? Buffer.alloc(0);
              assert.deepEqual(
                [seen(first, profile === null).start, seen(first, profile === null).keyFrame],
                [true, unit === 0],
              );
              if (profile === null) assert.ok(all.slice(1).every((later) => !seen(later, true).start));
            }
          },
        ),
      );
    });
  }

  it('has key frames where they are asked for, and at its interval within its bitrate', () => {
    const onRequest = markedVideo(wish, null);
    assert.equal(onRequest.after(41, false), 42);
    assert.equal(onRequest.after(41, true), 0);
    const each2s = markedVideo({ ...wish, keyFrameIntervalMs: 2000 }, null);
    let [unit, bytes, keys] = [each2s.first(0.5), 0, 0];
    for (let frame = 0; frame < 250; frame += 1) {
      if (each2s.isKey(unit)) keys += 1;
      bytes += payloads(each2s, unit, 1160).reduce((sum, { length }) => sum + length - 4, 0);
      unit = each2s.after(unit, false);
    }
    assert.equal(keys, 5);
    assert.ok(Math.abs((bytes * 8) / 10 / 800_000 - 1) < 0.01, `${bytes} bytes in 10 s`);
  });

  it('says the frame’s size in a VP8 key frame', () => {
    const [first] = payloads(markedVideo({ ...wish, width: 1280, height: 720 }, null), 0, 1160);
    assert.equal(first?.toString('hex', 7, 14), '9d012a0005d002');
  });
});

describe('marked opus', () => {
  it('has 69 bytes, and less in silence', () => {
    assert.equal(payloads(markedAudio, 0, 1160)[0]?.length, 69);
    assert.equal(payloads(markedAudio, comfortNoise, 1160)[0]?.length, 25);
    assert.equal(payloads(markedAudio, 0, 1160)[0]?.[0], 0xf8);
  });
});

describe('marks', () => {
  for (const [codec, profile] of codecs) {
    it(`of ${codec} number the packets, and a retransmission has the original’s`, () => {
      const { carrier, sent, at } = recorder();
      const material = markedVideo(wish, profile);
      const identity = { sourceBits: 0x89ab_cdef | 0, layer: 2 };
      const outgoing = new Outgoing({ stream, source, material, carrier, firstSequences, identity });
      const random = Math.random;
      const play = new VideoPlay({ material, outgoing, startMs: 0, clockRate: 90_000, timestamp: 0, random });
      for (let now = 0; now < 1000; now += 5) {
        at(now);
        play.work(now);
      }
      const marks = sent.map((packet) => markOf(packet, 0));
      for (const [index, mark] of marks.entries()) {
        const { sourceBits, layer, kind, packetBits } = mark;
        assert.deepEqual([sourceBits, layer, kind, packetBits], [0x89ab_cdef | 0, 2, markKind.video, index]);
        assert.equal(sinceMarkMs(mark.sentBits, sent[index]?.atMs ?? -1), 0);
        const isNew = sent[index - 1]?.marker === true;
        if (index > 0) assert.equal(mark.index, isNew ? 0 : (marks[index - 1]?.index ?? 0) + 1);
      }
      assert.equal(marks.at(-1)?.frameBits, new Set(sent.map(({ timestamp }) => timestamp)).size - 1);
      const count = sent.length;
      at(1000);
      for (const packet of [0, 3, count - 1]) {
        assert.ok(outgoing.resend(sent[packet]?.sequence ?? -1, 1000) > 0);
        const again = sent.at(-1);
        assert.ok(again !== undefined);
        assert.deepEqual(markOf(again, 2), marks[packet]);
        assert.ok(again.payload.subarray(2).equals(sent[packet]?.payload ?? Buffer.alloc(0)));
      }
    });
  }
});

function markOf({ payload }: Sent, from: number): Mark {
  const mark = new Mark();
  assert.equal(readMark(mark, payload, from, payload.length - from), 0);
  return mark;
}
