/** What needs a machine of one's own: a node on another host, and disks that are full or read-only. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { RunRecord } from '../../harness/record.ts';
import { cliEntry, startCli, startCommand, undisturbed, workspace } from '../support/cli.ts';
import { canUnshare, canUseNetworks, createLink } from '../support/namespaces.ts';
import { goneWithin } from '../support/processes.ts';

const place = workspace();
after(() => place.close());
const token = 'd'.repeat(64);

const text = `export const options = {
  media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
  scenarios: { pair: { executor: 'staircase', bot: 'chrome', rooms: { size: 2 }, levels: [2], settle: '2s', hold: '4s' } },
};`;
const scenario = place.scenario(text);
/** The same without a browser, where it is the target that matters. */
const cheap = text.replace("bot: 'chrome'", "bot: 'synthetic'");

/** Our command line in a network namespace. */
function inside(namespace: string): string[] {
  return ['ip', 'netns', 'exec', namespace, process.execPath, cliEntry];
}

/** Runs in a mount namespace with a file system of its own at `folder`; the directory's files are read inside it. */
async function runOn(
  options: string,
  folder: string,
): Promise<{ code: number | null; stderr: string; kept: string }> {
  mkdirSync(folder);
  const script = `mount -t tmpfs -o ${options} tmpfs "$1" || exit 99; shift; "$@"; code=$?; cat ${folder}/run/*.json* 2>/dev/null; exit $code`;
  const command = startCommand(
    [
      'unshare',
      '-m',
      'sh',
      '-c',
      script,
      'sh',
      folder,
      process.execPath,
      cliEntry,
      'run',
      scenario,
      '--dir',
      join(folder, 'run'),
    ],
    {},
  );
  const { code, stderr, stdout } = await command.finished;
  assert.deepEqual(await goneWithin(command.mark, 2000), []);
  return { code, stderr, kept: stdout };
}

describe('a node on another host', { skip: !canUseNetworks() && 'needs root and iproute2' }, () => {
  it('is measured over the network, and its clock is not taken for ours', async () => {
    const link = createLink();
    try {
      const node = startCommand(
        [...inside(link.left.namespace), 'node', '--listen-host', link.left.address],
        { SFUBENCH_TOKEN: token },
      );
      const { signalingUrl, controlUrl } = JSON.parse(await node.firstLine) as Record<string, string>;
      assert.match(signalingUrl ?? '', new RegExp(link.left.address));
      const { directory, finished } = await undisturbed(async () => {
        const directory = place.run();
        const words = ['run', scenario, '--dir', directory, '--json'];
        const target = ['--target', signalingUrl ?? '', '--control', controlUrl ?? ''];
        const run = startCommand([...inside(link.right.namespace), ...words, ...target], {
          SFUBENCH_TOKEN: token,
        });
        const finished = await run.finished;
        assert.deepEqual(await goneWithin(run.mark, 2000), []);
        return { directory, finished };
      });
      node.kill('SIGTERM');
      await node.finished;
      assert.equal(finished.code, 0, finished.stderr);
      const record = JSON.parse(finished.stdout) as RunRecord;
      assert.ok((record.trials[0]?.figures.workerCpuCores ?? 0) > 0);
      assert.equal(record.manifest.clocks, 'not shared');
      assert.match(readFileSync(join(directory, 'report.html'), 'utf8'), /clocks<\/dt><dd>not shared/);
      assert.ok(Math.abs(record.accounting?.mismatchRatio ?? 1) <= 0.005, JSON.stringify(record.accounting));
    } finally {
      link.close();
    }
  });
});

describe('a disk', { skip: !canUnshare() && 'needs root' }, () => {
  it('that is full in mid-run: 123, what was written before is kept', async () => {
    const { code, stderr, kept } = await runOn('size=36k', join(place.folder, 'full'));
    assert.equal(code, 123, stderr);
    assert.match(stderr, /no space is left/);
    assert.match(stderr, /--dir/);
    assert.match(kept, /"schemaVersion": ?1/);
  });

  it('that is read-only: 123, before anything is started', async () => {
    const { code, stderr } = await runOn('ro', join(place.folder, 'read-only'));
    assert.equal(code, 123, stderr);
    assert.match(stderr, /read-only/);
  });
});

describe('a target that is no SFU', () => {
  it('that accepts the WebSocket and never answers: 122, with what it did not do', async () => {
    const { WebSocketServer } = await import('ws');
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const file = place.scenario(cheap.replace("settle: '2s'", "settle: '2s', joinTimeout: '3s'"));
    const directory = place.run();
    const run = startCli(['run', file, '--dir', directory, '--target', `ws://127.0.0.1:${port}`]);
    const finished = await run.finished;
    for (const client of server.clients) client.terminate();
    server.close();
    assert.equal(finished.code, 122, finished.stderr);
    assert.match(finished.stderr, /none of the first bots could join: timeout/);
    assert.deepEqual(await goneWithin(run.mark, 2000), []);
  });

  it('that is restarted in mid-run: 122, and said so', async () => {
    const settings = join(place.folder, 'token');
    writeFileSync(settings, token);
    const serve = (ports: readonly string[]): ReturnType<typeof startCli> =>
      startCli(['node', '--token-file', settings, ...ports]);
    const first = serve([]);
    const { signalingUrl = '', controlUrl = '' } = JSON.parse(await first.firstLine) as Record<
      string,
      string
    >;
    const ports = [
      '--signaling-port',
      new URL(signalingUrl).port,
      '--control-port',
      new URL(controlUrl).port,
    ];
    const run = startCli([
      ...['run', place.scenario(cheap), '--dir', place.run(), '--hold', '30s'],
      ...['--target', signalingUrl, '--control', controlUrl, '--token-file', settings],
    ]);
    await new Promise((resolve) => setTimeout(resolve, 6000));
    first.kill('SIGKILL');
    await first.finished;
    const second = serve(ports);
    await second.firstLine;
    const finished = await run.finished;
    second.kill('SIGTERM');
    await second.finished;
    assert.equal(finished.code, 122, finished.stderr);
    assert.match(finished.stderr, /restarted/);
    assert.deepEqual(await goneWithin(run.mark, 2000), []);
  });
});
