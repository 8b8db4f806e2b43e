/** Against libsrtp and mediasoup's own RTCP: every profile, with loss on both legs, until nothing is missing. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { createWorker, type types } from 'mediasoup';
import { ntpUnixOffsetMs } from '../../../bots/engine/rtp/extension-values.ts';
import type { SrtpCiphers } from '../../../bots/engine/srtp/ciphers.ts';
import { type SrtpProfile, srtpProfiles } from '../../../bots/engine/srtp/profile.ts';
import { workerInput } from '../../support/running-node.ts';
import { backends } from '../crypto/backends.ts';
import { connectedSocket, keysOf, mediaSsrc, Publisher, rtxSsrc, Viewer } from './mediasoup-link.ts';

const frames = 120;
const lossRatio = 0.1;
const feedback = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }];

let worker: types.Worker;
let router: types.Router;

before(async () => {
  worker = await createWorker({ workerBin: workerInput().workerBin });
  router = await worker.createRouter({
    mediaCodecs: [
      {
        kind: 'video',
        mimeType: 'video/VP8',
        clockRate: 90_000,
        rtcpFeedback: feedback,
        preferredPayloadType: 96,
      },
    ],
  });
});
after(() => worker.close());

function transport(profile: SrtpProfile, comedia: boolean): Promise<types.PlainTransport> {
  return router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
    comedia,
    enableSrtp: true,
    srtpCryptoSuite: profile.name,
  });
}

function ourKey(profile: SrtpProfile): types.SrtpParameters {
  return {
    cryptoSuite: profile.name,
    keyBase64: randomBytes(profile.keyLength + profile.saltLength).toString('base64'),
  };
}

async function publish(
  profile: SrtpProfile,
  ciphers: SrtpCiphers,
): Promise<{ publisher: Publisher; producer: types.Producer }> {
  const plain = await transport(profile, true);
  const ours = ourKey(profile);
  await plain.connect({ srtpParameters: ours });
  const producer = await plain.produce({
    kind: 'video',
    rtpParameters: {
      codecs: [
        { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000, rtcpFeedback: feedback },
        { mimeType: 'video/rtx', payloadType: 97, clockRate: 90_000, parameters: { apt: 96 } },
      ],
      encodings: [{ ssrc: mediaSsrc, rtx: { ssrc: rtxSsrc } }],
    },
  });
  const theirs = keysOf(profile, plain.srtpParameters?.keyBase64 ?? '');
  const socket = await connectedSocket(plain.tuple);
  return {
    producer,
    publisher: new Publisher(socket, keysOf(profile, ours.keyBase64), theirs, ciphers, lossRatio),
  };
}

async function view(
  profile: SrtpProfile,
  ciphers: SrtpCiphers,
  producer: types.Producer,
): Promise<{ viewer: Viewer; consumer: types.Consumer }> {
  const plain = await transport(profile, false);
  const ours = ourKey(profile);
  const socket = await connectedSocket(plain.tuple);
  await plain.connect({ ip: '127.0.0.1', port: socket.address().port, srtpParameters: ours });
  const consumer = await plain.consume({
    producerId: producer.id,
    enableRtx: true,
    paused: true,
    rtpCapabilities: router.rtpCapabilities,
  });
  const encoding = consumer.rtpParameters.encodings?.[0];
  const theirs = keysOf(profile, plain.srtpParameters?.keyBase64 ?? '');
  const ssrcs = [encoding?.ssrc ?? 0, encoding?.rtx?.ssrc ?? 0] as const;
  const viewer = new Viewer(socket, keysOf(profile, ours.keyBase64), theirs, ciphers, lossRatio, ssrcs);
  await consumer.resume();
  return { viewer, consumer };
}

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
      const { publisher, producer } = await publish(profile, ciphers);
      using _sent = publisher.wire;
      const { viewer, consumer } = await view(profile, ciphers, producer);
      using _received = viewer.wire;
      for (let frame = 0; frame < frames; frame += 1) {
        publisher.sendFrame(frame);
        if (frame % 25 === 0) publisher.sendReport(Date.now() + ntpUnixOffsetMs);
        if (frame % 40 === 39) viewer.report();
        if (frame === 60) await consumer.requestKeyFrame();
        viewer.ask();
        await pause(8);
      }
      for (let wait = 0; wait < 70 && (wait < 15 || viewer.nacks.size > 0); wait += 1) {
        viewer.ask();
        await pause(20);
      }
      const [consumed] = (await consumer.getStats()).filter(({ type }) => type === 'outbound-rtp');
      const [produced] = await producer.getStats();
      assert.deepEqual([publisher.wire.refused, viewer.wire.refused], [[], []]);
      assert.ok(publisher.history.resentTotal > 0);
      assert.ok(publisher.keyFramesAsked > 0);
      assert.ok((produced?.nackCount ?? 0) > 0 && (consumed?.nackCount ?? 0) > 0);
      assert.ok(viewer.stream.recoveredTotal > 0);
      assert.equal(viewer.stream.missingTotal, 0);
      assert.ok(viewer.probes > 0);
      assert.ok(viewer.stream.expectedTotal > frames * 2);
      assert.ok(viewer.senderReports > 0 && viewer.senderReport.packetCount > 0);
      assert.ok(publisher.reports > 0 && publisher.block.ssrc === mediaSsrc);
    });
  }
});
