/** What an opened payload says of its frame. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { frameStart, frameStartOf, type ReadableCodec } from '../../../../bots/engine/receive/frame-start.ts';
import { Frames } from '../../../../bots/engine/receive/frames.ts';
import { markedVideo } from '../../../../bots/synthetic/marked.ts';

const wish = { width: 640, height: 360, fps: 25, bitrateBps: 800_000, keyFrameIntervalMs: null };

function starts(codec: ReadableCodec, payloads: readonly (readonly number[])[]): number[] {
  // Not at the front of the buffer, as packets have headers.
  return payloads.map((payload) =>
    frameStartOf(codec, Uint8Array.from([0xff, 0xff, ...payload]), 2, payload.length),
  );
}

describe('a payload', () => {
  for (const [codec, profile] of [
    ['VP8', null],
    ['H264', '42e01f'],
  ] as const) {
    it(`of marked ${codec} begins a key frame or another one with its first packet`, () => {
      const material = markedVideo(wish, profile);
      for (const [unit, expected] of [
        [0, frameStart.key],
        [1, frameStart.delta],
      ] as const) {
        const packets = material.packetsOf(unit, 1100);
        const out = Buffer.alloc(1500);
        for (let index = 0; index < packets; index += 1) {
          const length = material.write(out, 40, unit, index, packets, 7);
          const start = frameStartOf(codec, out, 40, length);
          if (index === 0) assert.equal(start, expected);
          // Of H264, the slice behind the parameter sets begins a NAL unit, but no key frame that could be decoded.
          else assert.ok(start !== frameStart.key, `packet ${index}`);
        }
      }
    });
  }

  it('of VP8 begins a frame with the first partition only', () => {
    const { none, delta, key } = frameStart;
    assert.deepEqual(
      starts('VP8', [[0x10, 0], [0x10, 1], [0x11, 0], [0x00, 0], [0x90, 0x80, 0x81, 0x02, 0], [0x10], []]),
      [key, delta, none, none, key, none, none],
    );
  });

  it('of H264 begins a key frame with the parameter sets, alone or in a STAP-A', () => {
    const { none, delta, key } = frameStart;
    const [sps, pps, idr, slice] = [
      [0x67, 1],
      [0x68, 1],
      [0x65, 1],
      [0x41, 1],
    ];
    assert.deepEqual(
      starts(
        'H264',
        [sps, pps, idr, slice].map((nal) => nal ?? []),
      ),
      [key, delta, delta, delta],
    );
    assert.deepEqual(
      starts('H264', [
        [0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1],
        [0x7c, 0x85, 1],
        [0x7c, 0x05, 1],
        [0x5c, 0x81, 1],
        [0x00, 0],
      ]),
      [key, delta, none, delta, none],
    );
  });
});

describe('the first frame', () => {
  const packet = { timestampBits: 1, marker: true, arrivalMs: 5 };

  it('is whole only from its start where that can be read', () => {
    const frames = new Frames();
    frames.packet(10, packet, 0, 0);
    assert.deepEqual([frames.completeTotal, frames.decodedTotal], [0, 0]);
    frames.packet(11, { ...packet, timestampBits: 2 }, 1, 0);
    assert.equal(frames.decodedTotal, 0);
    frames.packet(12, { ...packet, timestampBits: 3 }, 1, 1);
    assert.equal(frames.decodedTotal, 1);
  });

  it('is taken for whole from its first packet where it cannot', () => {
    const frames = new Frames();
    frames.packet(10, packet, -1, -1);
    assert.equal(frames.decodedTotal, 1);
  });
});
