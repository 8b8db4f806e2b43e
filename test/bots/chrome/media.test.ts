/** What a specification says about media, and what Chrome really sends and takes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { BotStreamReading } from '../../../bots/readings.ts';
import type { NodeProcess } from '../../../harness/targets/mediasoup/node-process.ts';
import { botSpec, opus, smallVideo } from '../../support/bot-specs.ts';
import { writeWav, writeY4m } from '../../support/media-files.ts';
import { hostSettings, type RunningHost, startHost } from '../../support/running-host.ts';
import { startNode } from '../../support/running-node.ts';

const scenario = `
export default async function (bot) {
  await bot.join();
  await bot.publish();
  await bot.stay(1500);
  await bot.leave();
}
export function quick() {}
`;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe('media of Chrome bots', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sfubench-media-'));
  const files = { video: join(folder, 'ramp.y4m'), audio: join(folder, 'tone.wav') };
  let node: NodeProcess;
  let host: RunningHost;
  let streams: readonly BotStreamReading[] = [];
  const of = (bot: string, direction: 'in' | 'out'): BotStreamReading[] =>
    streams.filter((stream) => stream.bot === bot && stream.direction === direction);

  const kinds = (bot: string): string =>
    of(bot, 'in')
      .map(({ kind }) => kind)
      .sort((a, b) => a.localeCompare(b))
      .join();

  before(async () => {
    writeY4m(files.video, 320, 180, 10);
    writeWav(files.audio);
    writeFileSync(join(folder, 'scenario.mjs'), scenario);
    node = await startNode();
    const scenarioUrl = pathToFileURL(join(folder, 'scenario.mjs')).href;
    host = await startHost(hostSettings(node.ready.signalingUrl, { scenarioUrl }));
  });
  after(async () => {
    await host.close();
    await node.close();
    rmSync(folder, { recursive: true });
  });

  it('comes from files, in layers, in other codecs, or not at all', async () => {
    const none = { audio: null, video: null };
    const layered = { ...smallVideo, width: 480, height: 270, layers: 2, maxBitrateBps: 400_000 } as const;
    const bots = [
      botSpec('file', {
        publish: {
          audio: { codec: 'opus', file: files.audio, speech: 'constant' },
          video: { ...smallVideo, fps: 10, file: files.video },
        },
        consume: { kinds: [], max: null },
      }),
      botSpec('layers', {
        publish: { audio: null, video: layered },
        consume: { kinds: ['audio'], max: null },
      }),
      botSpec('h264', {
        publish: { audio: opus, video: { ...smallVideo, codec: 'H264' } },
        consume: { kinds: ['video'], max: 1 },
      }),
      botSpec('viewer', { publish: none, decode: 'play' }),
    ];
    assert.deepEqual(await host.prepare(...bots), []);
    for (const { id } of bots) assert.equal((await host.join(id)).event, 'joined', id);
    const endMs = performance.now() + 15_000;
    for (;;) {
      streams = (await host.read()).streams ?? [];
      const layers = of('layers', 'out').filter(({ width }) => width !== null);
      const seen = of('viewer', 'in').filter(({ counters }) => (counters.framesDecodedTotal ?? 0) > 5);
      if (layers.length === 2 && seen.length === 3) break;
      assert.ok(performance.now() < endMs, JSON.stringify(streams));
      await pause(500);
    }
  });

  it('is published as asked', () => {
    assert.deepEqual(
      of('layers', 'out')
        .map(({ rid, width, height }) => [rid, width, height])
        .sort(([a], [b]) => String(a).localeCompare(String(b))),
      [
        ['r0', 240, 135],
        ['r1', 480, 270],
      ],
    );
    const sent = [...of('file', 'out'), ...of('h264', 'out')];
    assert.equal(sent.length, 4);
    for (const { counters } of sent) assert.ok((counters.sentPacketsTotal ?? 0) > 0);
  });

  it('is consumed as asked', () => {
    assert.equal(kinds('file'), '');
    assert.equal(kinds('layers'), 'audio,audio');
    assert.equal(kinds('h264'), 'video');
    assert.equal(kinds('viewer'), 'audio,audio,video,video,video');
  });

  it('says why a camera cannot be had', async () => {
    const video = { ...smallVideo, width: 1280, height: 720, fps: 10, file: files.video };
    const [failed] = await host.prepare(botSpec('small', { publish: { audio: null, video } }));
    assert.match(failed?.message ?? '', /^getUserMedia: OverconstrainedError width$/);
  });

  it('follows the functions of a scenario file', async () => {
    assert.deepEqual(
      await host.prepare(
        botSpec('user', { room: 'other', exec: 'default', repeat: true }),
        botSpec('quick', { room: 'other', exec: 'quick' }),
      ),
      [],
    );
    assert.equal((await host.join('user')).event, 'joined');
    host.send({ type: 'join', bot: 'quick', dueMs: 0, turn: 0 });
    await host.event('quick', 'iteration');
    const endMs = performance.now() + 10_000;
    const joins = (): number =>
      host.events.filter(({ bot, event }) => bot === 'user' && event === 'joined').length;
    while (joins() < 2) {
      assert.ok(performance.now() < endMs, JSON.stringify(host.events));
      await pause(100);
    }
    const story = host.events.flatMap(({ bot, event }) => (bot === 'user' ? [event] : []));
    assert.deepEqual(story.slice(0, 4), ['joined', 'left', 'iteration', 'joined']);
  });
});
