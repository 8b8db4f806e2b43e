/** More packets than a sequence number counts, through a real worker: libsrtp's rollover counter and ours stay in step. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { srtpProfiles } from '../../bots/engine/srtp/profile.ts';
import { backends } from '../bots/crypto/backends.ts';
import { frameMs } from '../bots/engine/mediasoup-link.ts';
import { MediasoupRoom } from '../bots/engine/mediasoup-room.ts';

/** Three packets each; the worker begins to number anywhere below 32,768. */
const frames = 23_000;
const framesAtOnce = 5;
const lossRatio = 0.01;

describe('past 65,535', { timeout: 180_000 }, () => {
  let room: MediasoupRoom;
  before(async () => {
    room = await MediasoupRoom.create();
  });
  after(() => room.close());

  for (const profile of srtpProfiles) {
    const ciphers = backends().at(-1);
    assert.ok(ciphers);
    it(`${profile.name}: nothing is refused on either side, with one packet in a hundred lost`, async (test) => {
      const settings = { profile, ciphers, lossRatio };
      const { publisher, producer } = await room.publish(settings);
      using _sent = publisher.wire;
      const { viewer } = await room.view(settings, producer);
      using _received = viewer.wire;
      for (let frame = 0; frame < frames; frame += framesAtOnce) {
        for (let each = 0; each < framesAtOnce; each += 1) publisher.work((frame + each) * frameMs);
        viewer.ask();
        await sleep(1);
      }
      await sleep(500);
      const { stream, wire } = viewer;
      const [produced] = await producer.getStats();
      // A receiver numbers from 65,536 on.
      const wraps = Math.floor(stream.highestExtended / 65_536) - 1;
      const { expectedTotal, receivedTotal, lostTotal, recoveredTotal } = stream;
      test.diagnostic(
        JSON.stringify({
          wraps,
          expectedTotal,
          receivedTotal,
          lostTotal,
          recoveredTotal,
          produced: produced?.packetCount,
        }),
      );
      assert.deepEqual([publisher.wire.refused, wire.refused], [[], []]);
      assert.ok(wraps >= 1 && expectedTotal > 66_000);
      assert.ok(receivedTotal + lostTotal === expectedTotal && lostTotal < expectedTotal * 0.05);
      // The worker opened what came after the publisher's own wrap, too: it began at 65,400.
      assert.ok((produced?.packetCount ?? 0) > 66_000);
    });
  }
});
