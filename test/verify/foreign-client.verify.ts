/** The reference node against a client that is not ours: it sees our bots, and they see it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, launch } from 'puppeteer-core';
import { flagsOf } from '../../bots/chrome/browser.ts';
import { findInstalled } from '../../harness/setup/installed.js';
import { readRun } from '../../harness/store.ts';
import type { NodeProcess } from '../../harness/targets/mediasoup/node-process.ts';
import { eventOf, startCli, workspace } from '../support/cli.ts';
import type { Reception } from '../support/foreign/page.ts';
import { goneWithin } from '../support/processes.ts';
import { startNode, testToken } from '../support/running-node.ts';

interface Foreign {
  join(url: string): Promise<{ peers: number; rejections: string[] }>;
  receptions(): Promise<Reception[]>;
  readonly notifications: string[];
}

declare const foreign: Foreign;

const place = workspace();
const tokenFile = join(place.folder, 'token');
const server = createServer();
let node: NodeProcess;
let browser: Browser;

async function servePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../support/foreign/page.ts', import.meta.url))],
    ...{ bundle: true, write: false, format: 'iife', platform: 'browser', logLevel: 'silent' },
  });
  const script = outputFiles?.[0]?.text ?? '';
  server.on('request', (request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><body></body><script src="/page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

before(async () => {
  writeFileSync(tokenFile, testToken);
  node = await startNode();
  browser = await launch({
    executablePath: findInstalled().browser?.path ?? '',
    pipe: true,
    args: flagsOf({ size: null, fps: 15, videoFile: null, audioFile: null }, process.getuid?.() === 0),
    waitForInitialPage: false,
  });
});

after(async () => {
  await browser.close();
  server.close();
  await node.close();
  place.close();
});

describe('a foreign client in a room with our bots', () => {
  it('gets their media, and they get its', async () => {
    const directory = place.run();
    const scenario = place.scenario(`export const options = {
      media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
      scenarios: { pair: { executor: 'staircase', bot: 'chrome', rooms: { size: 2 }, levels: [2], settle: '5s', hold: '8s' } },
    };`);
    const run = startCli([
      ...['run', scenario, '--dir', directory, '--target', node.ready.signalingUrl],
      ...['--control', node.ready.controlUrl ?? '', '--token-file', tokenFile],
    ]);
    await eventOf(directory, (line) => line.event === 'phase' && line.phase === 'settle', 40_000);
    const page = await (await browser.createBrowserContext()).newPage();
    await page.goto(await servePage());
    const url = `${node.ready.signalingUrl}?roomId=pair-r0&peerId=foreigner`;
    const joined = await page.evaluate((to) => foreign.join(to), url);
    assert.deepEqual(joined, { peers: 2, rejections: [] });
    await eventOf(directory, (line) => line.event === 'phase' && line.phase === 'hold', 40_000);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const receptions = await page.evaluate(() => foreign.receptions());
    assert.deepEqual(
      receptions.map(({ peer, kind }) => `${peer} ${kind}`).toSorted((a, b) => a.localeCompare(b)),
      [...['pair-0 audio', 'pair-0 video', 'pair-1 audio', 'pair-1 video']],
    );
    for (const { kind, packets, framesDecoded, concealedRatio } of receptions) {
      assert.ok(packets > 50, `${kind}: ${packets} packets`);
      if (kind === 'video') assert.ok(framesDecoded > 30, `${framesDecoded} frames`);
      else assert.ok(concealedRatio !== null && concealedRatio < 0.3, `concealed ${concealedRatio}`);
    }
    const finished = await run.finished;
    // 121: on two cores the foreign browser takes the bots' core, and the run says so.
    assert.ok(finished.code === 0 || finished.code === 121, `${finished.code} ${finished.stderr}`);
    assert.deepEqual(await goneWithin(run.mark, 2000), []);
    const { record } = readRun(directory);
    const [trial] = record.trials;
    // Each of the three receives audio and video of the two others.
    assert.deepEqual([trial?.figures.peers, trial?.figures.producers, trial?.figures.consumers], [3, 6, 12]);
    // Our two: two streams of each other and two of the foreigner's, each; all packets of both sides accounted for.
    assert.equal(record.accounting?.consumers, 8);
    assert.ok(Math.abs(record.accounting?.mismatchRatio ?? 1) <= 0.005, JSON.stringify(record.accounting));
    assert.ok((await page.evaluate(() => foreign.notifications)).includes('peerClosed'));
  });
});
