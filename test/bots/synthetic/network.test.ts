/** Synthetic bots whose network is emulated, on a real worker. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LinkConditions } from '../../../bots/bot.ts';
import type { EndpointReading } from '../../../bots/endpoint.ts';
import { syntheticRoom } from '../../support/synthetic-peer.ts';

const free: LinkConditions = { delayMs: 0, jitterMs: 0, lossRatio: 0, rateBps: null, queueMs: 200 };

function oneWay({ oneWayMs }: EndpointReading): number[] {
  const all: number[] = [];
  oneWayMs?.audio.drain((ms, count) => {
    for (let each = 0; each < count; each += 1) all.push(ms);
  });
  return all.sort((a, b) => a - b);
}

it('bots connect, send and receive over their networks, late and with the losses of those', async () => {
  // Without feedback nothing is sent again: what is lost stays lost.
  const room = await syntheticRoom({ payload: 'marked', verify: 'all', feedback: 'none' });
  try {
    const far = { ...free, delayMs: 40 };
    const speaker = await room.join('speaker', null, { network: { up: far, down: far } });
    const lossy = { ...free, delayMs: 25, lossRatio: 0.1 };
    const listener = await room.join('listener', null, {
      publish: { audio: null, video: null },
      network: { up: free, down: lossy },
    });
    await speaker.endpoint.publish('audio');
    const producer = speaker.producers.get('audio');
    assert.ok(producer !== undefined);
    await listener.consume(producer);
    await sleep(2000);
    await speaker.endpoint.stopSending();
    await sleep(300);
    const reading = await listener.endpoint.read();
    const [stream] = reading.streams;
    const { receivedPacketsTotal: received = 0, lostPacketsTotal: lost = 0 } = stream?.counters ?? {};
    // 10 % of about 100.
    assert.ok(received > 50 && lost >= 1 && lost <= 30, `${received} received, ${lost} lost`);
    const delays = oneWay(reading);
    assert.ok(delays.length >= received - 1, `${delays.length} delays of ${received} packets`);
    const [least = 0, median = 0] = [delays[0], delays[Math.floor(delays.length / 2)]];
    // The histogram's slots are 1 % wide; the rest is the way through the worker, and the sender's millisecond.
    assert.ok(least > 64 && median < 85, `${least} ms at least, ${median} ms in the middle`);
  } finally {
    await room.close();
  }
});
