/** RFC 7983 §7, for every first byte, and RFC 5761 §4 for every second one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { protocol, protocolOf } from '../../../bots/engine/demultiplex.ts';

describe('demultiplexing', () => {
  it('goes by the first byte', () => {
    const ranges: readonly (readonly [number, number, number])[] = [
      [0, 3, protocol.stun],
      [4, 15, protocol.unknown],
      [16, 19, protocol.zrtp],
      [20, 63, protocol.dtls],
      [64, 79, protocol.turnChannel],
      [80, 127, protocol.unknown],
      [128, 191, protocol.rtp],
      [192, 255, protocol.unknown],
    ];
    for (const [first, last, expected] of ranges) {
      for (let byte = first; byte <= last; byte += 1) {
        assert.equal(protocolOf(Uint8Array.of(9, byte, 0), 1, 2), expected, String(byte));
      }
    }
  });

  it('tells RTCP from RTP by the second', () => {
    for (let type = 0; type < 256; type += 1) {
      const expected = type >= 192 && type <= 223 ? protocol.rtcp : protocol.rtp;
      assert.equal(protocolOf(Uint8Array.of(0x80, type), 0, 2), expected, String(type));
    }
  });

  it('knows nothing of an empty datagram', () => {
    assert.equal(protocolOf(new Uint8Array(2), 0, 0), protocol.unknown);
    assert.equal(protocolOf(new Uint8Array(2), 0, 1), protocol.unknown);
  });
});
