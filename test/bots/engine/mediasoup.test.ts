/** Against libsrtp and mediasoup's own RTCP: every profile, with loss on both legs, until nothing is missing. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ntpUnixOffsetMs } from '../../../bots/engine/rtp/extension-values.ts';
import { srtpProfiles } from '../../../bots/engine/srtp/profile.ts';
import { backends } from '../crypto/backends.ts';
import { mediaSsrc } from './mediasoup-link.ts';
import { MediasoupRoom } from './mediasoup-room.ts';

const steps = 120;
const lossRatio = 0.1;

let room: MediasoupRoom;
before(async () => {
  room = await MediasoupRoom.create();
});
after(() => room.close());

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

describe('with a mediasoup worker', () => {
  // The backends are proven equal elsewhere: the fast one where there is one.
  const cases = srtpProfiles.flatMap((profile) =>
    backends()
      .slice(-1)
      .map((ciphers) => ({ profile, ciphers })),
  );
  for (const { profile, ciphers } of cases) {
    it(`${profile.name} by ${ciphers.name}: nothing is missing in the end`, async () => {
      const { publisher, producer } = await room.publish({ profile, ciphers, lossRatio });
      using _sent = publisher.wire;
      const { viewer, consumer } = await room.view({ profile, ciphers, lossRatio }, producer);
      using _received = viewer.wire;
      const startMs = performance.now();
      for (let step = 0; step < steps; step += 1) {
        publisher.work(performance.now() - startMs);
        if (step % 25 === 0) publisher.sendReport(Date.now() + ntpUnixOffsetMs);
        if (step % 40 === 39) viewer.report();
        if (step === 60) await consumer.requestKeyFrame();
        viewer.ask();
        await pause(8);
      }
      publisher.play.mute(true);
      for (let wait = 0; wait < 70 && (wait < 15 || viewer.nacks.size > 0); wait += 1) {
        publisher.work(performance.now() - startMs);
        viewer.ask();
        await pause(20);
      }
      const [consumed] = (await consumer.getStats()).filter(({ type }) => type === 'outbound-rtp');
      const [produced] = await producer.getStats();
      assert.deepEqual([publisher.wire.refused, viewer.wire.refused], [[], []]);
      assert.ok(publisher.outgoing.counts.resent > 0);
      assert.ok(publisher.keyFramesAsked > 0);
      assert.ok((produced?.nackCount ?? 0) > 0 && (consumed?.nackCount ?? 0) > 0);
      assert.ok(viewer.stream.recoveredTotal > 0);
      assert.equal(viewer.stream.missingTotal, 0);
      assert.ok(viewer.probes > 0);
      assert.ok(viewer.stream.expectedTotal > publisher.play.framesTotal * 2);
      assert.ok(viewer.senderReports > 0 && viewer.senderReport.packetCount > 0);
      assert.ok(publisher.reports > 0 && publisher.block.ssrc === mediaSsrc);
    });
  }
});
