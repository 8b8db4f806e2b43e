/** Synthetic bots on a real node: among themselves, what Chrome sees of them, and they of Chrome. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BotSpec } from '../../../bots/bot.ts';
import type { BotStreamReading, StreamCounters } from '../../../bots/readings.ts';
import type { StreamReading } from '../../../harness/targets/control.ts';
import type { NodeProcess } from '../../../harness/targets/mediasoup/node-process.ts';
import { botSpec, smallVideo } from '../../support/bot-specs.ts';
import { hostSettings, type RunningHost, startHost, syntheticSettings } from '../../support/running-host.ts';
import { readings, startNode, untilEmpty } from '../../support/running-node.ts';

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function synthetic(id: string, changes: Partial<BotSpec> = {}): BotSpec {
  return botSpec(id, { kind: 'synthetic', ...changes });
}

const viewer = { publish: { audio: null, video: null } };

async function joinAll(host: RunningHost, bots: readonly string[]): Promise<void> {
  for (const joined of await Promise.all(bots.map((bot) => host.join(bot)))) {
    assert.ok(joined.event === 'joined', JSON.stringify(joined));
    assert.ok(joined.joinMs > 0 && joined.joinMs < 3000, `${joined.joinMs} ms`);
  }
}

async function streamsOf(host: RunningHost): Promise<readonly BotStreamReading[]> {
  return (await host.read()).streams ?? [];
}

function of(streams: readonly BotStreamReading[], bot: string, direction: 'in' | 'out'): BotStreamReading[] {
  return streams.filter((stream) => stream.bot === bot && stream.direction === direction);
}

function total(streams: readonly BotStreamReading[], name: keyof StreamCounters): number {
  return streams.reduce((sum, { counters }) => sum + (counters[name] ?? 0), 0);
}

/** Reports leave each second: a round trip of more than that would be another report's, or another unit. */
function assertRoundTrip(rttMs: number | undefined, what: string): void {
  assert.ok(rttMs !== undefined && rttMs >= 0 && rttMs < 1000, what);
}

/** Everybody is silent: what the bots counted is what the node counted, to the packet. */
function assertEqualCounts(bots: readonly BotStreamReading[], node: readonly StreamReading[]): void {
  for (const { direction, id, kind, bot, counters } of bots) {
    const side = direction === 'in' ? 'consumer' : 'producer';
    const truth = node.find((stream) => stream.side === side && stream.id === id);
    assert.ok(truth !== undefined, `the node has no ${side} ${id}`);
    const { receivedPacketsTotal = 0, lostPacketsTotal = 0, sentPacketsTotal = 0 } = counters;
    const counted = direction === 'in' ? receivedPacketsTotal + lostPacketsTotal : sentPacketsTotal;
    assert.equal(counted, truth.packetsTotal, `${bot} ${side} ${kind}: ${JSON.stringify(counters)}`);
    assert.equal(lostPacketsTotal, 0);
  }
}

describe('synthetic bots', () => {
  let node: NodeProcess;
  let host: RunningHost;
  before(async () => {
    node = await startNode();
    host = await startHost(hostSettings(node.ready.signalingUrl, { synthetic: syntheticSettings() }));
  });
  after(async () => {
    await host.close();
    await node.close();
  });

  it('are refused what there is no recording of', async () => {
    const odd = { audio: null, video: { ...smallVideo, width: 322 } };
    const failed = await host.prepare(synthetic('odd', { publish: odd }), synthetic('a'), synthetic('b'));
    assert.deepEqual(
      failed.map(({ bot }) => bot),
      ['odd'],
    );
    assert.match(failed[0]?.message ?? '', /no recording of 322×180/);
  });

  it('join within a second, and receive each other’s audio and video at its rate', async () => {
    assert.deepEqual(await host.prepare(synthetic('c', viewer)), []);
    await joinAll(host, ['a', 'b', 'c']);
    const first = await host.event('c', 'first-media');
    assert.ok(first.event === 'first-media' && first.firstMediaMs > 0 && first.firstMediaMs < 1500);
    // Forwarding begins with a key frame, which is asked for when somebody new comes.
    await pause(1000);
    await streamsOf(host);
    await pause(3000);
    const streams = await streamsOf(host);
    assert.deepEqual(
      ['a', 'b', 'c'].map((bot) => [of(streams, bot, 'in').length, of(streams, bot, 'out').length]),
      [
        [2, 2],
        [2, 2],
        [4, 0],
      ],
    );
    for (const { direction, kind, counters, trends, bot } of streams) {
      const what = `${bot} ${direction} ${kind} ${JSON.stringify({ counters, trends })}`;
      if (direction === 'in') {
        assert.ok((counters.receivedPacketsTotal ?? 0) > (kind === 'audio' ? 140 : 55), what);
        // How much is the machine's business; that it is right, jitter.verify.ts and stream-receiver.test.ts prove.
        assert.ok((trends.jitterMs ?? -1) > 0, what);
      }
      assertRoundTrip(trends.rttMs, what);
      if (direction === 'in' && kind === 'video') {
        assert.ok(Math.abs((trends.fps ?? 0) - 15) < 1, what);
        assert.ok((counters.framesReceivedTotal ?? 0) >= 40, what);
        assert.equal(counters.freezesTotal, 0, what);
      }
    }
  });

  it('have counted what the node counted, to the packet', async () => {
    await host.stopPublishing();
    await pause(1000);
    const streams = await streamsOf(host);
    const sent = total(streams, 'sentPacketsTotal');
    assertEqualCounts(streams, (await readings(node, 'all')).streams);
    await pause(1000);
    assert.equal(total(await streamsOf(host), 'sentPacketsTotal'), sent);
    await pause(100);
    const { synthetic: health } = await host.read();
    assert.ok(health !== null && health.socketDropsTotal === 0 && health.pollLagMs !== null);
  });

  it('leave nothing behind on the node', async () => {
    for (const bot of ['a', 'b', 'c']) {
      host.send({ type: 'leave', bot, dueMs: 0, graceMs: 0 });
      await host.event(bot, 'left');
    }
    await untilEmpty(node);
  });

  it('are seen by Chrome at their frame rate, and count what Chrome sends', async () => {
    const room = 'mixed';
    const specs = [
      synthetic('s1', { room }),
      synthetic('s2', { room, ...viewer }),
      botSpec('page', { room, group: 'pages' }),
    ];
    assert.deepEqual(await host.prepare(...specs), []);
    await joinAll(host, ['page', 's1', 's2']);
    await pause(5000);
    await streamsOf(host);
    await pause(4000);
    const streams = await streamsOf(host);
    const [seen] = of(streams, 'page', 'in').filter(({ kind }) => kind === 'video');
    assert.ok(seen !== undefined && Math.abs((seen.trends.fps ?? 0) - 15) < 1.5, JSON.stringify(seen));
    assert.deepEqual([seen.width, seen.height, seen.counters.freezesTotal], [320, 180, 0]);
    const [heard] = of(streams, 'page', 'in').filter(({ kind }) => kind === 'audio');
    const { audioSamplesTotal = 0, concealedSamplesTotal = 0 } = heard?.counters ?? {};
    assert.ok(audioSamplesTotal > 200_000 && concealedSamplesTotal / audioSamplesTotal < 0.1);
    assert.equal(of(streams, 's2', 'in').length, 4);
    await host.stopPublishing();
    await pause(1500);
    const last = (await streamsOf(host)).filter(({ bot }) => bot !== 'page');
    assertEqualCounts(last, (await readings(node, 'all')).streams);
  });

  it('end cleanly with their host', async () => {
    assert.equal(await host.close(), 0);
    await untilEmpty(node);
  });
});

describe('synthetic bots over node:dgram, every packet opened', () => {
  it('count the same', async () => {
    const node = await startNode();
    const settings = { chrome: null, synthetic: syntheticSettings({ verify: 'all', udp: 'portable' }) };
    const host = await startHost(hostSettings(node.ready.signalingUrl, settings));
    try {
      const specs = [synthetic('a'), synthetic('b'), synthetic('c', viewer)];
      assert.deepEqual(await host.prepare(...specs), []);
      await joinAll(host, ['a', 'b', 'c']);
      await pause(3000);
      await host.stopPublishing();
      await pause(1000);
      const streams = await streamsOf(host);
      assert.ok(total(streams, 'receivedPacketsTotal') > 8 * 100);
      assertEqualCounts(streams, (await readings(node, 'all')).streams);
    } finally {
      assert.equal(await host.close(), 0);
      await node.close();
    }
  });
});
