/** Every datagram of a worker handed over twice: what was seen before changes nothing and is counted as that. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { smallVideo } from '../../support/bot-specs.ts';
import { HandLoop } from '../../support/hand-loop.ts';
import { syntheticRoom } from '../../support/synthetic-peer.ts';

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

it('bots connect, receive and count as if nothing were replayed', async () => {
  using hand = await HandLoop.create();
  hand.times = 2;
  hand.run();
  const room = await syntheticRoom({ verify: 'all', payload: 'marked' }, hand.loop);
  try {
    const sender = await room.join('p', smallVideo);
    for (const kind of ['audio', 'video'] as const) await sender.endpoint.publish(kind);
    const receiver = await room.join('v', null);
    const consumers = await Promise.all(
      [...sender.producers.values()].map((producer) => receiver.consume(producer)),
    );
    await pause(1000);
    for (const consumer of consumers) await consumer.requestKeyFrame();
    await pause(1000);
    await sender.endpoint.stopSending();
    await pause(500);
    const { streams } = await receiver.endpoint.read();
    assert.equal(streams.length, 2);
    for (const { id, kind, counters } of streams) {
      const consumer = consumers.find((each) => each.id === id);
      const stat = (await consumer?.getStats())?.find(({ type }) => type === 'outbound-rtp');
      const what = `${kind} ${JSON.stringify(counters)}`;
      const { receivedPacketsTotal = 0, duplicatePacketsTotal, lostPacketsTotal } = counters;
      assert.ok(receivedPacketsTotal > 40, what);
      assert.equal(receivedPacketsTotal, stat?.packetCount, what);
      assert.equal(duplicatePacketsTotal, receivedPacketsTotal, what);
      assert.deepEqual([lostPacketsTotal, counters.foreignMarksTotal], [0, 0], what);
      if (kind === 'video') assert.ok((counters.framesDecodedTotal ?? 0) > 20, what);
    }
    // What it was asked for twice by the same RTCP, the publisher did once.
    const [video] = (await sender.endpoint.read()).streams.filter(({ kind }) => kind === 'video');
    const producer = [...sender.producers.values()].find(({ kind }) => kind === 'video');
    const [asked] = (await producer?.getStats()) ?? [];
    assert.ok((asked?.pliCount ?? 0) >= 1);
    assert.equal(video?.counters.plisReceivedTotal, asked?.pliCount);
  } finally {
    await room.close();
  }
});
