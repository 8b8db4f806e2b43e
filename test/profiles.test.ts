import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { generateRouterRtpCapabilities } from 'mediasoup/ortc';
import type { VideoMedia } from '../bots/bot.ts';
import { audioCassette, recordedVideos, videoCassette } from '../bots/media/shelf.ts';
import { randomFrom } from '../bots/random.ts';
import type { RtpCapabilities } from '../bots/signaling/signaling.ts';
import { outgoingStream } from '../bots/synthetic/negotiation.ts';
import { Outgoing } from '../bots/synthetic/outgoing.ts';
import { videoMaterials } from '../bots/synthetic/published.ts';
import { Speech, slot } from '../bots/synthetic/speech.ts';
import {
  audioRate,
  audioRates,
  isMeasured,
  publishedRate,
  recordings,
  videoRate,
} from '../harness/profiles.ts';
import { routerCodecs } from '../harness/targets/mediasoup/codecs.ts';
import { firstSequences, identity, recorder } from './support/rtp-recorder.ts';

const measured: VideoMedia = {
  codec: 'VP8',
  width: 640,
  height: 360,
  fps: 20,
  maxBitrateBps: 500_000,
  layers: 1,
  file: null,
};

test('what was measured comes back as it was measured', () => {
  ok(isMeasured(measured));
  const { sent, forwarded } = videoRate(measured);
  equal(sent.bitrateBps, 197_000);
  ok(Math.abs(sent.packetsPerSecond - 33) < 1e-9);
  deepEqual(forwarded, sent);
  ok(!isMeasured({ ...measured, fps: 24 }));
  ok(!isMeasured({ ...measured, file: '/film.y4m' }));
});

test('rates stay within the limit, have a packet a frame, and a real picture fills the limit', () => {
  fc.assert(
    fc.property(
      fc.record({
        width: fc.integer({ min: 16, max: 1920 }),
        height: fc.integer({ min: 16, max: 1080 }),
        fps: fc.integer({ min: 1, max: 60 }),
        maxBitrateBps: fc.integer({ min: 10_000, max: 5_000_000 }),
        layers: fc.constantFrom(1 as const, 2 as const, 3 as const),
      }),
      (size) => {
        const { sent, forwarded } = videoRate({ ...measured, ...size });
        ok(sent.bitrateBps <= size.maxBitrateBps + 1e-6);
        ok(forwarded.bitrateBps <= sent.bitrateBps);
        ok(sent.packetsPerSecond >= size.fps * size.layers - 1e-6);
        const filmed = videoRate({ ...measured, ...size, layers: 1, file: '/film.y4m' });
        equal(filmed.sent.bitrateBps, size.maxBitrateBps);
      },
    ),
  );
});

const router = generateRouterRtpCapabilities([...routerCodecs]) as unknown as RtpCapabilities;

/** Frames of a second in packets as they are cut for our own node, key frames aside. */
function packetsPerSecond(video: VideoMedia): number {
  const sources = Array.from({ length: video.layers }, (_, layer) => ({
    ssrc: 1 + layer,
    rtxSsrc: 11 + layer,
  }));
  const mimeType = `video/${video.codec}`;
  const stream = outgoingStream(router, { kind: 'video', mimeType, mid: '1', cname: 'bot', sources });
  const materials = videoMaterials(
    video,
    { payload: 'marked', keyFrameIntervalMs: null },
    stream.profileLevelId,
  );
  return materials.reduce((sum, material, layer) => {
    const source = stream.sources[layer];
    ok(source !== undefined);
    const { carrier } = recorder();
    const outgoing = new Outgoing({ stream, source, material, carrier, firstSequences, identity });
    return sum + material.packetsOf(1, outgoing.longestPayload) * material.rate;
  }, 0);
}

test('marked video has the bitrate that was asked for, in the shares of its layers', () => {
  for (const codec of ['VP8', 'H264'] as const) {
    for (const layers of [1, 2, 3] as const) {
      const video = {
        ...measured,
        codec,
        width: 1280,
        height: 720,
        fps: 30,
        maxBitrateBps: 2_400_000,
        layers,
      };
      const profile = codec === 'H264' ? '42e01f' : null;
      const materials = videoMaterials(video, { payload: 'marked', keyFrameIntervalMs: null }, profile);
      const { sent, forwarded } = publishedRate('synthetic', video, 'marked');
      const total = materials.reduce((sum, { bitrateBps }) => sum + bitrateBps, 0);
      ok(Math.abs(sent.bitrateBps - total) < layers);
      ok(Math.abs(forwarded.bitrateBps - (materials.at(-1)?.bitrateBps ?? 0)) < 1);
      ok(Math.abs(packetsPerSecond(video) / sent.packetsPerSecond - 1) < 0.01);
    }
  }
});

test('recordings in layers are sent as all of them, and forwarded as the highest', () => {
  const video = {
    ...measured,
    width: 1280,
    height: 720,
    fps: 30,
    maxBitrateBps: 3_000_000,
    layers: 3,
  } as const;
  const { sent, forwarded } = publishedRate('synthetic', video, 'cassette');
  const materials = videoMaterials(video, { payload: 'cassette', keyFrameIntervalMs: null }, null);
  equal(
    sent.bitrateBps,
    materials.reduce((sum, { bitrateBps }) => sum + bitrateBps, 0),
  );
  equal(forwarded.bitrateBps, materials[2]?.bitrateBps);
});

test('conversations have the packets of talk spurts and of comfort noise', () => {
  const packets = Array.from({ length: 20 }, (_, index) => {
    const speech = new Speech(randomFrom(index), 20);
    return Array.from({ length: 50_000 }, () => (speech.next() === slot.nothing ? 0 : 1));
  });
  const sum = packets.flat().reduce<number>((all, each) => all + each, 0);
  const { packetsPerSecond: expected } = audioRate('synthetic', { codec: 'opus', file: null, speech: 'p59' });
  ok(Math.abs(sum / 20_000 / expected - 1) < 0.03, `${sum / 20_000} a second`);
});

test('synthetic bots publish what they have recordings of, at the rates of those', () => {
  deepEqual(
    recordings.map(({ width, height, fps }) => ({ width, height, fps })),
    recordedVideos.map(({ width, height, fps }) => ({ width, height, fps })),
  );
  for (const recording of recordings) {
    const cassette = videoCassette(recording);
    equal(recording.bitrateBps, cassette.bitrateBps);
    const video = { ...measured, ...recording, maxBitrateBps: 10_000_000 };
    const { sent, forwarded } = publishedRate('synthetic', video, 'cassette');
    const { packetsPerSecond, bitrateBps } = recording;
    deepEqual(sent, { packetsPerSecond, bitrateBps });
    deepEqual(forwarded, recording);
    // RTP packets of 1200 bytes, less header, extensions, payload descriptor and what RTX adds.
    const packets = [...cassette.lengths].reduce((sum, length) => sum + Math.ceil(length / 1158), 0);
    ok(Math.abs((packets * cassette.rate) / cassette.count / recording.packetsPerSecond - 1) < 0.001);
  }
  equal(audioRates.synthetic.packetsPerSecond, audioCassette().rate);
  ok(Math.abs(audioRates.synthetic.bitrateBps / audioCassette().bitrateBps - 1) < 0.01);
  equal(publishedRate('chrome', measured, 'cassette').sent.bitrateBps, 197_000);
});
