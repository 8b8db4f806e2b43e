/** H264 payloads: RFC 6184's three packet types, and access units cut up and joined again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { H264Packetizer, H264Payload, readH264 } from '../../../../bots/engine/payload/h264.ts';
import { reason } from '../../../../bots/engine/reason.ts';
import { fromHex } from '../../../vectors/hex.ts';

const payload = new H264Payload();

describe('H264 payloads', () => {
  for (const [name, hex, result, start, keyFrame] of [
    ['IDR', '65 88', 0, true, true],
    ['slice', '41 9a', 0, true, false],
    ['SPS', '67 42', 0, true, true],
    ['STAP-A of SPS and PPS', '78 0002 6742 0002 68ce', 0, true, true],
    ['STAP-A of slices', '78 0002 419a 0001 41', 0, true, false],
    ['STAP-A that runs over', '78 0002 6742 0003 68ce', reason.truncated, true, true],
    ['FU-A, first of an IDR', '7c 85 00', 0, true, true],
    ['FU-A, later of an IDR', '7c 05 00', 0, false, false],
    ['FU-A, first of a slice', '5c 81 00', 0, true, false],
    ['nothing', '65', reason.truncated, false, false],
    ['type 0', '60 00', reason.malformed, false, false],
    ['type 31', '7f 00', reason.malformed, false, false],
  ] as const) {
    it(`reads ${name}`, () => {
      const bytes = fromHex(hex);
      assert.equal(readH264(payload, bytes, 0, bytes.length), result);
      assert.deepEqual([payload.start, payload.keyFrame], [start, keyFrame]);
    });
  }
});

describe('the H264 packetizer', () => {
  it('gives every NAL unit back, whole or from fragments', () => {
    // No zeros within: an encoder would put emulation prevention bytes there.
    const nal = fc
      .tuple(fc.constantFrom(0x67, 0x68, 0x65, 0x41), fc.uint8Array({ minLength: 1, maxLength: 3000 }))
      .map(([header, body]) => Uint8Array.from([header, ...body.map((byte) => byte | 1)]));
    fc.assert(
      fc.property(
        fc.array(nal, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 3, max: 1200 }),
        fc.boolean(),
        (nals, maxPayload, long) => {
          const code = long ? [0, 0, 0, 1] : [0, 0, 1];
          const frame = Uint8Array.from([9, 9, ...nals.flatMap((unit) => [...code, ...unit])]);
          const packetizer = new H264Packetizer();
          const bytes = new Uint8Array(1300);
          packetizer.begin(frame, 2, frame.length - 2, maxPayload);
          const read: number[][] = [];
          let ended = false;
          for (let size = packetizer.next(bytes, 3); size > 0; size = packetizer.next(bytes, 3)) {
            assert.equal(ended, false);
            assert.ok(size <= maxPayload);
            const type = (bytes[3] as number) & 31;
            if (type === 28) {
              if (((bytes[4] as number) & 0x80) !== 0)
                read.push([((bytes[3] as number) & 0xe0) | ((bytes[4] as number) & 31)]);
              read.at(-1)?.push(...bytes.subarray(5, 3 + size));
            } else read.push([...bytes.subarray(3, 3 + size)]);
            ended = packetizer.last;
          }
          assert.equal(ended, true);
          assert.deepEqual(
            read,
            nals.map((unit) => [...unit]),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('steps over empty NAL units and frames without any', () => {
    const packetizer = new H264Packetizer();
    const bytes = new Uint8Array(100);
    packetizer.begin(fromHex('000001 00000001 000001 6588 000001'), 0, 15, 50);
    assert.equal(packetizer.next(bytes, 0), 2);
    assert.equal(packetizer.last, true);
    assert.equal(packetizer.next(bytes, 0), 0);
    packetizer.begin(fromHex('01020304'), 0, 4, 50);
    assert.equal(packetizer.next(bytes, 0), 0);
    assert.throws(() => packetizer.begin(bytes, 0, 10, 2), RangeError);
  });
});
