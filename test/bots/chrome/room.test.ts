/** Real Chrome bots on a real node: what they see and hear of each other, and how exactly they count it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BotStreamReading, StreamCounters } from '../../../bots/readings.ts';
import type { NodeProcess } from '../../../harness/targets/mediasoup/node-process.ts';
import { botSpec } from '../../support/bot-specs.ts';
import { hostSettings, type RunningHost, startHost } from '../../support/running-host.ts';
import { readings, startNode } from '../../support/running-node.ts';

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Reads once a second until the streams are as wanted. */
async function readUntil(
  host: RunningHost,
  wanted: (streams: readonly BotStreamReading[]) => boolean,
  seconds: number,
): Promise<readonly BotStreamReading[]> {
  for (let second = 0; ; second += 1) {
    const streams = (await host.read()).streams ?? [];
    if (wanted(streams)) return streams;
    assert.ok(second < seconds, `not after ${seconds} s: ${JSON.stringify(streams)}`);
    await pause(1000);
  }
}

function receivedBy(streams: readonly BotStreamReading[], bot: string, kind: string): BotStreamReading[] {
  return streams.filter((stream) => stream.bot === bot && stream.direction === 'in' && stream.kind === kind);
}

/** Every one of these bots decodes and plays so many streams of each kind. */
function everybodySees(
  streams: readonly BotStreamReading[],
  bots: readonly string[],
  count: number,
): boolean {
  return bots.every((bot) => {
    const video = receivedBy(streams, bot, 'video').filter(
      ({ counters, trends }) => (counters.framesDecodedTotal ?? 0) > 10 && (trends.fps ?? 0) > 5,
    );
    const audio = receivedBy(streams, bot, 'audio').filter(
      ({ counters }) => (counters.audioSamplesTotal ?? 0) > 48_000,
    );
    return video.length === count && audio.length === count;
  });
}

function heard(streams: readonly BotStreamReading[]): BotStreamReading[] {
  return streams.filter(({ direction, kind }) => direction === 'in' && kind === 'audio');
}

function sum(streams: readonly BotStreamReading[], name: keyof StreamCounters): number {
  return streams.reduce((total, { counters }) => total + (counters[name] ?? 0), 0);
}

describe('Chrome bots in a room', () => {
  let node: NodeProcess;
  let host: RunningHost;
  before(async () => {
    node = await startNode();
    host = await startHost(hostSettings(node.ready.signalingUrl));
  });
  after(async () => {
    await host.close();
    await node.close();
  });

  it('come up', async () => {
    assert.deepEqual(await host.prepare(botSpec('a'), botSpec('b'), botSpec('c')), []);
    assert.deepEqual(
      (
        await host.prepare(
          botSpec('d', { kind: 'synthetic' }),
          botSpec('a'),
          botSpec('e', { exec: 'nothing' }),
        )
      ).map(({ bot }) => bot),
      ['d', 'a', 'e'],
    );
  });

  it('two of them see and hear each other', async () => {
    for (const bot of ['a', 'b']) {
      const joined = await host.join(bot);
      assert.ok(joined.event === 'joined', JSON.stringify(joined));
      assert.ok(joined.joinMs > 0 && joined.joinMs < 10_000);
    }
    const streams = await readUntil(host, (now) => everybodySees(now, ['a', 'b'], 1), 15);
    const [video] = receivedBy(streams, 'a', 'video');
    assert.deepEqual([video?.width, video?.height], [320, 180]);
    const first = await host.event('b', 'first-media');
    assert.ok(first.event === 'first-media' && first.firstMediaMs > 0);
  });

  it('a third joins late and sees both, and they it', async () => {
    const joined = await host.join('c');
    assert.equal(joined.event, 'joined');
    await readUntil(host, (now) => everybodySees(now, ['a', 'b', 'c'], 2), 15);
  });

  it('hear each other without concealment', async () => {
    const earlier = heard((await host.read()).streams ?? []);
    await pause(3000);
    const later = heard((await host.read()).streams ?? []);
    const samples = sum(later, 'audioSamplesTotal') - sum(earlier, 'audioSamplesTotal');
    const concealed = sum(later, 'concealedSamplesTotal') - sum(earlier, 'concealedSamplesTotal');
    assert.ok(samples > 6 * 2 * 48_000, `${samples} samples`);
    // The machine of a test is shared: a late packet is no silence.
    assert.ok(concealed / samples < 0.05, `${concealed} of ${samples} concealed`);
  });

  it('are counted by group', async () => {
    await pause(1000);
    const { groups, loopLagMs } = await host.read();
    assert.ok(loopLagMs !== null && loopLagMs >= 0);
    for (const { kind, peers, unread, sending, receiving, trends } of groups) {
      assert.deepEqual(
        { peers, unread, sending, receiving },
        { peers: 3, unread: 0, sending: 3, receiving: 6 },
        kind,
      );
      assert.ok(trends.rttMs !== undefined && trends.jitterMs !== undefined);
    }
    assert.ok(groups.find(({ kind }) => kind === 'video')?.trends.fps);
  });

  it('stop sending for good, and have counted what the node sent, to the packet', async () => {
    await host.stopPublishing();
    await pause(2000);
    const sums = (await host.read()).groups.map(({ counters }) => counters);
    const streams = (await host.read()).streams ?? [];
    const truth = (await readings(node, 'all')).streams;
    await pause(2000);
    for (const [index, { counters, sending }] of (await host.read()).groups.entries()) {
      assert.equal(counters.sentPacketsTotal, sums[index]?.sentPacketsTotal);
      assert.equal(counters.receivedPacketsTotal, sums[index]?.receivedPacketsTotal);
      assert.equal(sending, 0);
    }
    const received = streams.filter(({ direction }) => direction === 'in');
    assert.equal(received.length, 12);
    for (const { id, kind, producer, counters } of received) {
      const sent = truth.find((stream) => stream.side === 'consumer' && stream.id === id);
      assert.ok(sent, `the node has no consumer ${id}`);
      const { receivedPacketsTotal = 0, lostPacketsTotal = 0 } = counters;
      const expected = sent.packetsTotal;
      assert.ok(
        Math.abs(receivedPacketsTotal + lostPacketsTotal - expected) <= Math.max(1, expected * 0.005),
        `${kind}: ${receivedPacketsTotal} + ${lostPacketsTotal} of ${expected}`,
      );
      assert.ok(truth.some(({ side, id }) => side === 'producer' && id === producer));
    }
  });

  it('keep what they counted when they leave', async () => {
    const before = (await host.read()).groups;
    host.send({ type: 'leave', bot: 'c', dueMs: 0, graceMs: 0 });
    await host.event('c', 'left');
    await pause(500);
    const after = (await host.read()).groups;
    for (const [index, { peers, receiving, counters }] of after.entries()) {
      assert.deepEqual([peers, receiving], [2, 2]);
      assert.equal(counters.receivedPacketsTotal, before[index]?.counters.receivedPacketsTotal);
    }
    assert.equal(await host.close(), 0);
    assert.deepEqual(
      host.events
        .filter(({ event }) => event === 'left')
        .map(({ bot }) => bot)
        .sort((a, b) => a.localeCompare(b)),
      ['a', 'b', 'c'],
    );
  });
});
