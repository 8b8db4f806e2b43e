/** `sfubench setup`: the verb, over the steps that test/setup/ looks at one by one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { findInstalled } from '../harness/setup/installed.js';
import { startCli } from './support/cli.ts';
import { goneWithin } from './support/processes.ts';
import { root } from './support/sources.ts';

const { worker, browser } = findInstalled();
assert.ok(worker !== null && browser !== null, 'run the set-up first');
/** The verb must not touch what belongs to the clone's own set-up. */
const cloneFile = join(root, 'node_modules/.cache/sfubench/setup.json');
const cloneText = existsSync(cloneFile) ? readFileSync(cloneFile, 'utf8') : null;

let cache = '';
let server: Server | null = null;

/** A loopback server in the place of mediasoup's downloads. */
async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An empty cache, so that nothing is there yet. */
function emptyCache(more: Readonly<Record<string, string>>): Record<string, string> {
  cache = mkdtempSync(join(tmpdir(), 'sfubench-setup-verb-'));
  return { XDG_CACHE_HOME: cache, MEDIASOUP_WORKER_BIN: '', CHROME_PATH: browser?.path ?? '', ...more };
}

describe('sfubench setup', () => {
  let archive = '';
  before(() => {
    archive = join(mkdtempSync(join(tmpdir(), 'sfubench-archive-')), 'worker.tgz');
    execFileSync('tar', ['-czf', archive, '-C', dirname(worker.path), basename(worker.path)]);
  });
  after(() => rmSync(dirname(archive), { recursive: true }));
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    if (cache !== '') rmSync(cache, { recursive: true, force: true });
    if (cloneText !== null) assert.equal(readFileSync(cloneFile, 'utf8'), cloneText);
  });

  it('says what there is when nothing is missing', async () => {
    const { code, stdout, stderr } = await startCli(['setup']).finished;
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      new RegExp(`^worker +${worker.kind} [0-9.]+ · ${worker.path}\nbrowser +[0-9.]+ · /`),
    );
    assert.equal(stderr, '');
  });

  it('gets the worker into the user’s cache, with progress on stderr', async () => {
    const base = await serve((_request, response) => response.end(readFileSync(archive)));
    const env = emptyCache({ MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: base });
    const { code, stdout, stderr } = await startCli(['setup', '--json'], env).finished;
    assert.equal(code, 0, stderr);
    const gotten = JSON.parse(stdout) as {
      readonly worker: { readonly path: string; readonly kind: string };
    };
    assert.equal(gotten.worker.kind, 'prebuilt');
    assert.ok(gotten.worker.path.startsWith(cache));
    assert.match(stderr, /^setup: worker: downloading .* downloaded \(/);
  });

  it('ends with 123 and says why where a given path is wrong', async () => {
    const wrong = await startCli(['setup'], { MEDIASOUP_WORKER_BIN: '/bin/true' }).finished;
    assert.equal(wrong.code, 123);
    assert.match(wrong.stderr, /^error: MEDIASOUP_WORKER_BIN does not run as a worker.*\n {2}hint: +correct/);
    const missing = await startCli(['setup', '--json'], { CHROME_PATH: '/nowhere' }).finished;
    assert.equal(missing.code, 123);
    assert.equal(missing.stdout, '');
    assert.match(missing.stderr, /CHROME_PATH is no executable file: \/nowhere/);
  });

  it('ends with 105 when interrupted, leaves nothing half made, and can be called again', async () => {
    const asked = Promise.withResolvers<void>();
    let stalled = true;
    const base = await serve((_request, response) => {
      asked.resolve();
      if (!stalled) response.end(readFileSync(archive));
    });
    const env = emptyCache({ MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: base });
    const first = startCli(['setup'], env);
    await asked.promise;
    first.kill('SIGINT');
    const { code, stdout, stderr } = await first.finished;
    assert.deepEqual({ code, stdout }, { code: 105, stdout: '' });
    assert.match(stderr, /interrupted; the next set-up takes it up again/);
    assert.deepEqual(await goneWithin(first.mark, 2000), []);
    assert.deepEqual(readdirSync(join(cache, 'sfubench/worker')), []);
    stalled = false;
    assert.equal((await startCli(['setup'], env).finished).code, 0);
  });
});
