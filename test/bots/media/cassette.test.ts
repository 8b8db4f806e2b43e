/** The cassettes of the repository, and files that are none. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatCassette, parseCassette } from '../../../bots/media/cassette.ts';
import { audioCassette, recordedVideos, videoCassette } from '../../../bots/media/shelf.ts';

const content = {
  codec: 'VP8' as const,
  width: 64,
  height: 48,
  rate: 30,
  units: [{ bytes: Uint8Array.of(0, 1, 2) }, { bytes: Uint8Array.of(1, 7) }],
};

describe('cassettes', () => {
  it('give back what was recorded', () => {
    const { bytes, offsets, lengths, ...rest } = parseCassette(formatCassette(content));
    assert.deepEqual(rest, {
      codec: 'VP8',
      width: 64,
      height: 48,
      rate: 30,
      count: 2,
      keys: Uint8Array.of(1, 0),
      bitrateBps: 600,
    });
    assert.deepEqual([...lengths], [3, 2]);
    assert.deepEqual([...bytes.subarray(offsets[1], (offsets[1] ?? 0) + 2)], [1, 7]);
  });

  it('refuse what is no cassette', () => {
    const file = formatCassette(content);
    assert.throws(() => parseCassette(file.subarray(0, file.length - 1)), /runs over the end/);
    assert.throws(() => parseCassette(file.subarray(0, 20)), /not an IVF file/);
    assert.throws(() => parseCassette(Buffer.alloc(100)), /not an IVF file/);
    const delta = { ...content, units: [{ bytes: Uint8Array.of(1) }] };
    assert.throws(() => parseCassette(formatCassette(delta)), /begins with a key frame/);
    assert.throws(() => parseCassette(formatCassette({ ...content, units: [] })), /begins with a key frame/);
  });

  it('on the shelf are as they are labelled', () => {
    for (const { width, height, fps, bitrateBps } of recordedVideos) {
      const cassette = videoCassette({ width, height, fps });
      const keys = [...cassette.keys.entries()].filter(([, key]) => key === 1).map(([index]) => index);
      assert.deepEqual([cassette.width, cassette.height, cassette.rate], [width, height, fps]);
      assert.ok(Math.abs(cassette.bitrateBps / bitrateBps - 1) < 0.05, `${cassette.bitrateBps}`);
      assert.deepEqual(keys, [0, cassette.count / 2]);
      for (const key of keys) {
        const at = (cassette.offsets[key] ?? 0) + 3;
        // RFC 7741 §4.3: the start code of a key frame, then its size.
        assert.deepEqual([...cassette.bytes.subarray(at, at + 3)], [0x9d, 0x01, 0x2a]);
        assert.equal(Buffer.from(cassette.bytes).readUInt16LE(at + 3), width);
      }
    }
    const audio = audioCassette();
    assert.deepEqual([audio.codec, audio.rate, audio.count], ['opus', 50, 200]);
    assert.throws(() => videoCassette({ width: 640, height: 360, fps: 29 }), /no recording/);
  });
});
