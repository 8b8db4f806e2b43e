/** An SSRC that two streams of one transport have: the second is refused, and the first goes on as it was. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { receive, stream } from '../../support/played-reception.ts';

describe('a stream under an SSRC that is taken', () => {
  for (const [what, changed] of [
    ['its own', { ssrc: stream.ssrc, rtxSsrc: 7 }],
    ['its RTX’s', { ssrc: 7, rtxSsrc: stream.rtxSsrc }],
    ['its own for RTX', { ssrc: 7, rtxSsrc: stream.ssrc }],
  ] as const) {
    it(`${what}: is refused with the reason, and the first is counted on`, () => {
      const { reception, packet } = receive();
      packet(1, 0);
      const taken = [changed.ssrc, changed.rtxSsrc].find((ssrc) => ssrc !== 7);
      assert.throws(
        () => reception.add({ ...stream, consumer: 'c2', ...changed }, false),
        new Error(`SSRC ${taken} of c2 is that of another stream`),
      );
      packet(2, 33);
      const streams = reception.read(100);
      assert.deepEqual(
        streams.map(({ id, counters }) => [id, counters.receivedPacketsTotal]),
        [[stream.consumer, 2]],
      );
      // Free again when the first is gone.
      reception.remove(stream.consumer);
      reception.add({ ...stream, consumer: 'c2', ...changed }, false);
      assert.equal(reception.read(100)[0]?.id, 'c2');
    });
  }
});
