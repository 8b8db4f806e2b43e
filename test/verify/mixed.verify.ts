/**
 * Ten synthetic publishers of recordings and two Chrome viewers in one room: each Chrome shows all ten videos at their
 * frame rate, and none freezes. Pinned as a run would be: the worker has a core, all bots share another.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { BotStreamReading } from '../../bots/readings.ts';
import { allowedCores } from '../../harness/cores.ts';
import { botSpec, smallVideo } from '../support/bot-specs.ts';
import { descendants } from '../support/processes.ts';
import { hostSettings, startHost, syntheticSettings } from '../support/running-host.ts';
import { readings, startNode } from '../support/running-node.ts';

const publishers = Array.from({ length: 10 }, (_, index) => `s${index}`);
const viewers = ['v0', 'v1'];
/** Until the SFU's estimate of two fresh paths lets all of it through, and every picture has begun. */
const settleMs = 15_000;
const watchMs = 20_000;
const ticksPerSecond = 100;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function pin(pid: number, core: number | undefined): void {
  if (core === undefined) return;
  execFileSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' });
}

/** CPU of the processes and of all that they started, seconds. */
function cpuSeconds(roots: readonly number[]): number {
  const pids = roots.flatMap((root) => [root, ...descendants(root).map(({ pid }) => pid)]);
  const ticks = pids.map((pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, own) => sum + own, 0) / ticksPerSecond;
}

function videosOf(streams: readonly BotStreamReading[] | null, bot: string): BotStreamReading[] {
  return (streams ?? []).filter((stream) => stream.bot === bot && stream.kind === 'video');
}

describe('two Chrome bots among ten synthetic publishers', { timeout: 120_000 }, () => {
  it('decode ten videos each at their frame rate, without a freeze', async (test) => {
    const node = await startNode();
    const pages = await startHost(hostSettings(node.ready.signalingUrl));
    const crowd = await startHost(
      hostSettings(node.ready.signalingUrl, { chrome: null, synthetic: syntheticSettings() }),
    );
    try {
      const [sfu, generator] = allowedCores();
      const [worker] = (await readings(node)).workers;
      if (generator !== undefined) pin(worker?.pid ?? 0, sfu);
      for (const pid of [node.ready.pid, pages.pid, crowd.pid]) pin(pid, generator);
      const specs = publishers.map((id) =>
        botSpec(id, { kind: 'synthetic', publish: { audio: null, video: smallVideo } }),
      );
      assert.deepEqual(await crowd.prepare(...specs), []);
      const views = viewers.map((id) =>
        botSpec(id, { group: 'pages', publish: { audio: null, video: null } }),
      );
      assert.deepEqual(await pages.prepare(...views), []);
      const joins = [...publishers.map((bot) => crowd.join(bot)), ...viewers.map((bot) => pages.join(bot))];
      for (const joined of await Promise.all(joins)) assert.equal(joined.event, 'joined');
      await pause(settleMs);
      const before = (await pages.read()).streams;
      const [startCpu, startMs] = [cpuSeconds([pages.pid, crowd.pid, node.ready.pid]), performance.now()];
      await pause(watchMs);
      const cores =
        (cpuSeconds([pages.pid, crowd.pid, node.ready.pid]) - startCpu) /
        ((performance.now() - startMs) / 1000);
      const after = (await pages.read()).streams;
      test.diagnostic(`all bots and the node's signalling: ${cores.toFixed(2)} cores`);
      for (const viewer of viewers) assertShown(viewer, before, after);
    } finally {
      await pages.close();
      await crowd.close();
      await node.close();
    }
  });
});

function assertShown(
  viewer: string,
  before: readonly BotStreamReading[] | null,
  after: readonly BotStreamReading[] | null,
): void {
  const videos = videosOf(after, viewer);
  assert.equal(videos.length, publishers.length);
  for (const { id, atMs, width, height, counters, trends } of videos) {
    const first = videosOf(before, viewer).find((stream) => stream.id === id);
    assert.ok(first !== undefined);
    const frames = (counters.framesDecodedTotal ?? Number.NaN) - (first.counters.framesDecodedTotal ?? 0);
    const fps = (frames * 1000) / (atMs - first.atMs);
    const what = `${viewer} ${id}: ${fps.toFixed(2)} fps ${JSON.stringify({ counters, trends })}`;
    assert.ok(Math.abs(fps - smallVideo.fps) < 0.5, what);
    assert.deepEqual([width, height], [smallVideo.width, smallVideo.height], what);
    assert.equal(counters.freezesTotal, 0, what);
    assert.equal((counters.framesDroppedTotal ?? 0) - (first.counters.framesDroppedTotal ?? 0), 0, what);
  }
}
