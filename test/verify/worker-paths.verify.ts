/** The three ways to a worker, each with mediasoup's real package: downloaded, built, given. Each must serve a run. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { findInstalledWorker } from '../../harness/setup/installed.js';
import { setupWorker } from '../../harness/setup/worker.js';
import { readRun } from '../../harness/store.ts';
import { contextOf } from '../setup/fixtures.ts';
import { startCli, workspace } from '../support/cli.ts';
import { root } from '../support/sources.ts';

const place = workspace();
const caches = mkdtempSync(join(tmpdir(), 'sfubench-worker-'));
after(() => {
  place.close();
  rmSync(caches, { recursive: true, force: true });
});

const mediasoupDir = join(root, 'node_modules', 'mediasoup');
const installed = findInstalledWorker();
assert.ok(installed !== null, 'set-up has not been run');

/** A short run on the worker; the manifest must name these bytes. */
async function assertServes(path: string, sha256: string): Promise<void> {
  const directory = place.run();
  const scenario = place.scenario(`export const options = { media: { audio: true, video: false }, scenarios: {
    pair: { executor: 'staircase', bot: 'chrome', rooms: { size: 2 }, levels: [2], settle: '1s', hold: '3s' } } };`);
  const command = startCli(['run', scenario, '--dir', directory], { MEDIASOUP_WORKER_BIN: path });
  const finished = await command.finished;
  assert.equal(finished.code, 0, finished.stderr);
  const { record } = readRun(directory);
  assert.equal(record.manifest.node?.workerBinary.sha256, sha256);
  assert.ok((record.accounting?.sentBySfu ?? 0) > 100);
}

describe('a worker', () => {
  it('that is downloaded', { timeout: 120_000 }, async () => {
    const archive = execFileSync(
      'tar',
      ['-czf', '-', '-C', dirname(installed.path), basename(installed.path)],
      {
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    const server = createServer((_, response) => response.end(archive)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { context } = contextOf(join(caches, 'prebuilt'), {
      MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: base,
    });
    const worker = await setupWorker(mediasoupDir, context);
    server.close();
    assert.equal(worker.kind, 'prebuilt');
    assert.equal(worker.sha256, installed.sha256);
    await assertServes(worker.path, worker.sha256);
  });

  it('that is built, where the download fails', { timeout: 1_800_000 }, async () => {
    const { context, said } = contextOf(join(caches, 'built'), {
      MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: 'http://127.0.0.1:9',
    });
    const worker = await setupWorker(mediasoupDir, context);
    assert.equal(worker.kind, 'built', said());
    await assertServes(worker.path, worker.sha256);
  });

  it('that is given', { timeout: 120_000 }, async () => {
    const { context } = contextOf(join(caches, 'given'), { MEDIASOUP_WORKER_BIN: installed.path });
    const worker = await setupWorker(mediasoupDir, context);
    assert.equal(worker.kind, 'given');
    await assertServes(worker.path, worker.sha256);
  });
});
