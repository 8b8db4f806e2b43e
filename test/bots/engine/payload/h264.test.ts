/** H264 payloads: RFC 6184's three packet types. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { H264Payload, readH264 } from '../../../../bots/engine/payload/h264.ts';
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
