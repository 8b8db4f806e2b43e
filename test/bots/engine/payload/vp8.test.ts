/** VP8 payloads: RFC 7741 §4.2's forms, round trips, damage. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  readVp8,
  Vp8Descriptor,
  Vp8Packetizer,
  writeVp8FrameHeader,
} from '../../../../bots/engine/payload/vp8.ts';
import { reason } from '../../../../bots/engine/reason.ts';
import { fromHex, toHex } from '../../../vectors/hex.ts';

const descriptor = new Vp8Descriptor();

describe('the VP8 payload descriptor', () => {
  for (const [name, hex, length, expected] of [
    ['one byte', '10 00', 1, { start: true, keyFrame: true }],
    ['an interframe', '10 01', 1, { start: true, keyFrame: false }],
    ['a continuation, whatever its bits', '00 00', 1, { start: false, keyFrame: false }],
    ['another partition', '11 00', 1, { start: false, keyFrame: false }],
    ['7-bit picture id', 'b0 80 11 00', 3, { nonReference: true, pictureId: 17, pictureIdBits: 7 }],
    ['15-bit picture id', '90 80 8111 00', 4, { pictureId: 273, pictureIdBits: 15 }],
    [
      'all fields',
      '90 f0 ffff 2a e5 01',
      6,
      { pictureId: 0x7fff, tl0PictureIndex: 42, temporalId: 3, layerSync: true },
    ],
    [
      'key index only',
      '90 10 05 00',
      3,
      { temporalId: -1, tl0PictureIndex: -1, start: true, keyFrame: true },
    ],
  ] as const) {
    it(`reads ${name}`, () => {
      const bytes = fromHex(hex);
      assert.equal(readVp8(descriptor, bytes, 0, bytes.length), length);
      for (const [field, value] of Object.entries(expected)) {
        assert.equal(descriptor[field as keyof Vp8Descriptor], value, field);
      }
      for (let cut = 0; cut <= length; cut += 1) {
        assert.equal(readVp8(descriptor, bytes, 0, cut), reason.truncated, String(cut));
      }
    });
  }
});

describe('the VP8 packetizer', () => {
  it('cuts frames that come together again, each packet with its descriptor', () => {
    const frame = Uint8Array.from({ length: 5000 }, (_, index) => index * 31);
    const bytes = new Uint8Array(1300);
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 4900 }),
        fc.integer({ min: 7, max: 1200 }),
        fc.nat(0x7fff),
        fc.nat(3),
        (length, maxPayload, id, layer) => {
          const packetizer = new Vp8Packetizer();
          writeVp8FrameHeader(frame, 50, true, 100, 640, 360);
          const packets = packetizer.begin(length, maxPayload, id, id, layer, true);
          const joined: number[] = [];
          const sizes: number[] = [];
          for (let packet = 0; packet < packets; packet += 1) {
            const size = packetizer.next(frame, 50, bytes, 4);
            assert.ok(size <= maxPayload);
            assert.equal(packetizer.last, packet === packets - 1);
            assert.equal(readVp8(descriptor, bytes, 4, size), 6);
            assert.deepEqual(
              [
                descriptor.start,
                descriptor.keyFrame,
                descriptor.pictureId,
                descriptor.tl0PictureIndex,
                descriptor.temporalId,
              ],
              [packet === 0, packet === 0, id, id & 0xff, layer],
            );
            joined.push(...bytes.subarray(10, 4 + size));
            sizes.push(size);
          }
          assert.equal(packetizer.next(frame, 50, bytes, 4), 0);
          assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
          assert.deepEqual(joined, [...frame.subarray(50, 50 + length)]);
        },
      ),
      { numRuns: 60 },
    );
    assert.throws(() => new Vp8Packetizer().begin(100, 6, 0, 0, 0, false), RangeError);
  });

  it('writes the frame headers that an SFU looks for', () => {
    const bytes = new Uint8Array(10);
    assert.equal(writeVp8FrameHeader(bytes, 0, true, 1000, 640, 360), 10);
    assert.equal(toHex(bytes), '107d009d012a80026801');
    assert.equal(writeVp8FrameHeader(bytes, 0, false, 1000, 640, 360), 3);
    assert.equal((bytes[0] as number) & 1, 1);
  });
});
