/** What synthetic bots publish, as a real worker takes it and hands it on. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { types } from 'mediasoup';
import type { VideoMedia } from '../../../bots/bot.ts';
import { Mark, markKind, readMark } from '../../../bots/engine/payload/mark.ts';
import { parseRtp, RtpHeader } from '../../../bots/engine/rtp/header.ts';
import { smallVideo } from '../../support/bot-specs.ts';
import {
  listenTo,
  type SyntheticPeer,
  type SyntheticRoom,
  syntheticRoom,
} from '../../support/synthetic-peer.ts';

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

interface Heard {
  readonly header: RtpHeader;
  readonly mark: Mark;
  readonly bytes: number;
}

function heard(packet: Buffer): Heard {
  const header = new RtpHeader();
  const mark = new Mark();
  assert.ok(parseRtp(header, packet, 0, packet.length) > 0);
  assert.equal(readMark(mark, packet, header.payloadAt, header.payloadLength), 0);
  return { header, mark, bytes: header.payloadLength };
}

function producerOf({ producers }: SyntheticPeer, kind: 'audio' | 'video'): types.Producer {
  const producer = producers.get(kind);
  assert.ok(producer !== undefined, `no producer of ${kind}`);
  return producer;
}

/** Every packet of the source once and in order, every frame whole. */
function assertComplete(all: readonly Heard[], kind: number): void {
  const [first] = all;
  assert.ok(first !== undefined);
  for (const [index, { mark }] of all.entries()) {
    assert.deepEqual(
      [mark.sourceBits, mark.layer, mark.kind, mark.packetBits],
      [first.mark.sourceBits, 0, kind, first.mark.packetBits + index],
    );
    const before = all[index - 1];
    if (before === undefined) continue;
    const isNew = kind === markKind.audio || before.header.marker;
    assert.deepEqual(
      [mark.frameBits, mark.index],
      isNew ? [before.mark.frameBits + 1, 0] : [before.mark.frameBits, before.mark.index + 1],
    );
  }
}

const large: VideoMedia = { ...smallVideo, width: 1280, height: 720, fps: 30, maxBitrateBps: 2_150_000 };

describe('marked streams', () => {
  let room: SyntheticRoom;
  before(async () => {
    room = await syntheticRoom({ payload: 'marked' });
  });
  after(() => room.close());

  for (const codec of ['VP8', 'H264'] as const) {
    it(`of ${codec} begin with a key frame that the worker sees, at their bitrate, every packet known`, async () => {
      const video = { ...smallVideo, codec, width: 640, height: 352, fps: 25, maxBitrateBps: 800_000 };
      const peer = await room.join(`one-${codec}`, video);
      await peer.endpoint.publish('video');
      await pause(500);
      const all: Heard[] = [];
      const consumer = await listenTo(room.router, producerOf(peer, 'video'), (packet) =>
        all.push(heard(packet)),
      );
      await pause(3000);
      consumer.close();
      assert.equal(consumer.type, 'simple');
      assertComplete(all, markKind.video);
      const frames = new Map<number, number>();
      for (const { mark, bytes } of all)
        frames.set(mark.frameBits, (frames.get(mark.frameBits) ?? 0) + bytes);
      const [key = 0, ...deltas] = [...frames.values()].slice(0, -1);
      const middle = [...deltas].sort((a, b) => a - b)[deltas.length >> 1] ?? 0;
      assert.ok(Math.abs(middle - 4000) < 30, `${middle} bytes per frame`);
      assert.ok(Math.abs(key / middle - 4) < 0.05, `${key} bytes of a key frame`);
      assert.ok(frames.size > 65 && frames.size < 80, `${frames.size} frames`);
    });
  }

  it('of opus are known packet by packet', async () => {
    const peer = await room.join('voice', null);
    await peer.endpoint.publish('audio');
    const all: Heard[] = [];
    await listenTo(room.router, producerOf(peer, 'audio'), (packet) => all.push(heard(packet)));
    await pause(1000);
    assert.ok(all.length > 40);
    assert.ok(all.every(({ bytes }) => bytes === 69));
    assertComplete(all, markKind.audio);
  });

  it('have three layers, of which a viewer gets the one it prefers, where the worker’s estimate allows', async () => {
    const peer = await room.join('layers', { ...large, layers: 3 });
    const viewer = await room.join('viewer', null);
    await peer.endpoint.publish('video');
    await pause(1500);
    const consumer = await viewer.consume(producerOf(peer, 'video'));
    assert.equal(consumer.type, 'simulcast');
    await prefer(consumer, 0);
    assertNear(await kbpsOf(viewer), 150);
    await prefer(consumer, 2);
    // Probes of the worker that repeat media are left out of what a stream received; its first key frame is not.
    await pause(1000);
    assertNear(await kbpsOf(viewer), 1505);
    const available = await availableBps(viewer);
    assert.ok(available > 1_000_000, `${available} b/s`);
    const scores = new Map(producerOf(peer, 'video').score.map(({ rid, score }) => [rid, score]));
    assert.deepEqual([scores.get('r0'), scores.get('r1'), scores.get('r2')], [10, 10, 10]);
  });
});

/** What a transport is taken to carry before it has said anything (mediasoup's default). */
const initialBps = 600_000;

async function availableBps({ receiving }: SyntheticPeer): Promise<number> {
  const [stats] = await receiving.getStats();
  return stats?.availableOutgoingBitrate ?? 0;
}

/** Until the worker has switched; after a downgrade it waits for 10 s. */
async function prefer(consumer: types.Consumer, spatialLayer: number): Promise<void> {
  await consumer.setPreferredLayers({ spatialLayer });
  const until = performance.now() + 15_000;
  while (consumer.currentLayers?.spatialLayer !== spatialLayer) {
    assert.ok(
      performance.now() < until,
      `layer ${consumer.currentLayers?.spatialLayer} and not ${spatialLayer}`,
    );
    await pause(20);
  }
}

/** Of RTP payloads and headers, for two seconds. */
async function kbpsOf({ endpoint }: SyntheticPeer): Promise<number> {
  const total = async (): Promise<number> => {
    const [stream] = (await endpoint.read()).streams;
    const { receivedBytesTotal = 0, receivedPacketsTotal = 0 } = stream?.counters ?? {};
    return receivedBytesTotal - receivedPacketsTotal * 32;
  };
  const before = await total();
  const fromMs = performance.now();
  await pause(2000);
  return (((await total()) - before) * 8) / (performance.now() - fromMs);
}

function assertNear(kbps: number, expected: number): void {
  assert.ok(Math.abs(kbps / expected - 1) < 0.1, `${kbps} kb/s instead of ${expected}`);
}

describe('layers of recordings', () => {
  it('come one after the other, as the estimate rises by our feedback, and each can be shown', async () => {
    const room = await syntheticRoom();
    try {
      const publisher = await room.join('publisher', { ...large, layers: 3 });
      const viewer = await room.join('viewer', null);
      await publisher.endpoint.publish('video');
      await pause(1500);
      const consumer = await viewer.consume(producerOf(publisher, 'video'));
      for (const layer of [0, 2]) {
        await prefer(consumer, layer);
        await viewer.endpoint.read();
        await pause(1500);
        const [seen] = (await viewer.endpoint.read()).streams;
        assert.ok(Math.abs((seen?.trends.fps ?? 0) - 30) < 2, JSON.stringify(seen));
        // Where a layer is left within a frame, mediasoup leaves out a number to say so.
        assert.ok((seen?.counters.lostPacketsTotal ?? 99) <= 3);
      }
      assert.ok((await availableBps(viewer)) > 1.5 * initialBps, `${await availableBps(viewer)} b/s`);
      const sent = (await publisher.endpoint.read()).streams;
      assert.deepEqual(
        sent.map(({ rid, width }) => [rid, width]),
        [
          ['r0', 320],
          ['r1', 640],
          ['r2', 1280],
        ],
      );
      for (const { counters, trends } of sent) {
        assert.ok((counters.framesEncodedTotal ?? 0) > 100);
        // Reports leave each second: more than that would be another report's.
        assert.ok((trends.rttMs ?? 1000) < 1000);
      }
    } finally {
      await room.close();
    }
  });
});
