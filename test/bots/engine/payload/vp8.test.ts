/** VP8 payloads: RFC 7741 §4.2's forms, round trips, damage. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readVp8, Vp8Descriptor, writeVp8FrameHeader } from '../../../../bots/engine/payload/vp8.ts';
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

describe('a VP8 frame', () => {
  it('begins with the header that an SFU looks for', () => {
    const bytes = new Uint8Array(10);
    assert.equal(writeVp8FrameHeader(bytes, 0, true, 1000, 640, 360), 10);
    assert.equal(toHex(bytes), '107d009d012a80026801');
    assert.equal(writeVp8FrameHeader(bytes, 0, false, 1000, 640, 360), 3);
    assert.equal((bytes[0] as number) & 1, 1);
  });
});
