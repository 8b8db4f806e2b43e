import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setupWorker } from '../../harness/setup/worker.js';
import { prepareSource } from '../../harness/setup/worker-build.js';
import { keepWorker } from '../../harness/setup/worker-cache.js';
import { fetchWorker, prebuiltUrl } from '../../harness/setup/worker-prebuilt.js';
import { readRecipe } from '../../harness/setup/worker-recipe.js';
import { contextOf, fakeMediasoup, put, temporaryFolder, workerScript } from './fixtures.ts';

const limits = { responseMs: 400, stallMs: 400 };

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return `http://127.0.0.1:${address.port}/releases`;
}

function archiveOf(folder: string, script: string, name = 'mediasoup-worker'): Buffer {
  put(join(folder, 'packed', name), script, 0o755);
  return execFileSync('tar', ['-czf', '-', '-C', join(folder, 'packed'), name]);
}

async function fetchFrom(t: TestContext, listener: RequestListener, folder = temporaryFolder(t)) {
  const base = await serve(t, listener);
  const { context, said } = contextOf(folder, { MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: base });
  const outcome = await fetchWorker(fakeMediasoup(folder), context, limits).then(
    (worker) => ({ worker, reason: '' }),
    (error: unknown) => ({
      worker: undefined,
      reason: error instanceof Error ? error.message : String(error),
    }),
  );
  assert.equal(
    existsSync(join(context.cacheDir, 'worker/download')),
    false,
    'nothing is left of the download',
  );
  return { ...outcome, said: said(), cacheDir: context.cacheDir };
}

void test("the prebuilt worker has mediasoup's own address", () => {
  const manifest = { version: '3.1.2', repository: { url: 'git+https://host.invalid/mediasoup.git' } };
  const name = /\/3\.1\.2\/mediasoup-worker-3\.1\.2-[a-z0-9]+-[a-z0-9]+(-kernel\d+)?\.tgz$/;
  assert.match(prebuiltUrl(manifest, {}), name);
  assert.match(prebuiltUrl(manifest, {}), /^https:\/\/host\.invalid\/mediasoup\/releases\/download\//);
  const env = { MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: 'http://mirror.invalid/x' };
  assert.match(prebuiltUrl(manifest, env), /^http:\/\/mirror\.invalid\/x\/3\.1\.2\//);
});

void test('a prebuilt worker that runs is kept, and is used without a server afterwards', async (t) => {
  const folder = temporaryFolder(t);
  const archive = archiveOf(folder, workerScript);
  const { worker, said, cacheDir } = await fetchFrom(t, (_, response) => response.end(archive), folder);
  assert.equal(worker?.kind, 'prebuilt');
  assert.equal(worker?.path, join(cacheDir, 'worker/9.8.7-prebuilt/mediasoup-worker'));
  assert.match(said, /downloading mediasoup's 9\.8\.7 … downloaded \(/);
  const { context } = contextOf(folder);
  assert.deepEqual(await setupWorker(fakeMediasoup(folder), context), worker);
});

void test('a redirect is followed, as release pages do it', async (t) => {
  const folder = temporaryFolder(t);
  const archive = archiveOf(folder, workerScript);
  const listener: RequestListener = ({ url }, response) => {
    if (url === '/elsewhere') response.end(archive);
    else response.writeHead(302, { location: '/elsewhere' }).end();
  };
  assert.equal((await fetchFrom(t, listener, folder)).worker?.version, '9.8.7');
});

void test('a download that fails says why, and leaves nothing behind', async (t) => {
  const folder = temporaryFolder(t);
  const archive = archiveOf(folder, workerScript);
  const half = archive.subarray(0, archive.length / 2);
  const cases: Record<string, [RequestListener, RegExp]> = {
    'not found': [(_, response) => response.writeHead(404).end(), /HTTP 404/],
    'no answer': [() => {}, /no answer for 0\.4 s/],
    stalls: [(_, response) => void response.write(half), /stalled for 0\.4 s/],
    'cut off': [
      (_, response) => {
        response.writeHead(200, { 'content-length': archive.length });
        response.write(half, () => response.destroy());
      },
      /terminated/,
    ],
    'truncated archive': [(_, response) => response.end(half), /tar .*exit code/],
    'a page instead': [(_, response) => response.end('<html>log in first</html>'), /tar .*exit code/],
    'another file in it': [
      (_, response) => response.end(archiveOf(temporaryFolder(t), workerScript, 'other')),
      /tar .*exit code/,
    ],
    'does not run': [
      (_, response) =>
        response.end(archiveOf(temporaryFolder(t), '#!/bin/sh\necho no GLIBC_9 >&2\nexit 1\n')),
      /does not run here: no GLIBC_9/,
    ],
  };
  for (const [name, [listener, reason]] of Object.entries(cases)) {
    const outcome = await fetchFrom(t, listener);
    assert.equal(outcome.worker, undefined, name);
    assert.match(outcome.reason, reason, name);
    assert.deepEqual(readdirSync(join(outcome.cacheDir, 'worker')), [], name);
  }
});

void test('an interrupt ends a download at once', async (t) => {
  const folder = temporaryFolder(t);
  const interrupt = new AbortController();
  const base = await serve(t, () => interrupt.abort('SIGINT'));
  const { context } = contextOf(
    folder,
    { MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: base },
    interrupt.signal,
  );
  await assert.rejects(setupWorker(fakeMediasoup(folder), context), (reason) => reason === 'SIGINT');
  assert.deepEqual(readdirSync(join(context.cacheDir, 'worker')), []);
});

void test('without a download the build takes over, and one line says why', async (t) => {
  const folder = temporaryFolder(t);
  const base = await serve(t, (_, response) => response.writeHead(404).end());
  // The build itself ends at once: the signal is given, and this mediasoup has no source.
  const interrupt = new AbortController();
  const { context, said } = contextOf(folder, { MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: base });
  const { end } = context.progress;
  context.progress.end = (text: string): void => {
    end(text);
    interrupt.abort();
  };
  await assert.rejects(setupWorker(fakeMediasoup(folder), { ...context, signal: interrupt.signal }));
  assert.match(said(), /^setup: worker: downloading mediasoup's 9\.8\.7 … no: HTTP 404/);
});

void test('a given worker must run; it is never replaced by another', async (t) => {
  const folder = temporaryFolder(t);
  const mediasoupDir = fakeMediasoup(folder);
  const good = put(join(folder, 'good'), workerScript, 0o755);
  const { context } = contextOf(folder);
  await keepWorker(good, context.cacheDir, '9.8.7', 'prebuilt');
  const given = (path: string) =>
    setupWorker(mediasoupDir, contextOf(folder, { MEDIASOUP_WORKER_BIN: path }).context);
  assert.deepEqual(await given(good), {
    path: good,
    kind: 'given',
    sha256: '484b93a7b2e1b061578bd9f143f229a9a17b7d9ce273cef4d1b00a43f164fb3e',
    version: null,
  });
  const wrong = {
    missing: join(folder, 'missing'),
    folder,
    'not executable': put(join(folder, 'plain'), workerScript),
    'no worker': put(join(folder, 'other'), '#!/bin/sh\nexit 0\n', 0o755),
  };
  for (const [name, path] of Object.entries(wrong)) {
    await assert.rejects(given(path), { code: 'WORKER_MISSING', message: /MEDIASOUP_WORKER_BIN/ }, name);
  }
});

void test('a cached worker that no longer runs here is not used', async (t) => {
  const folder = temporaryFolder(t);
  const { context } = contextOf(folder);
  const good = put(join(folder, 'good'), workerScript, 0o755);
  const { path } = await keepWorker(good, context.cacheDir, '9.8.7', 'prebuilt');
  put(path, '#!/bin/sh\nexit 12\n', 0o755);
  const archive = archiveOf(folder, workerScript);
  const base = await serve(t, (_, response) => response.end(archive));
  const env = { MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: base };
  await setupWorker(fakeMediasoup(folder), contextOf(folder, env).context);
  assert.equal(readFileSync(path, 'utf8'), workerScript);
});

void test('two set-ups that need the worker at once download it once', async (t) => {
  const folder = temporaryFolder(t);
  const archive = archiveOf(folder, workerScript);
  let requests = 0;
  const base = await serve(t, (_, response) => {
    requests += 1;
    setTimeout(() => response.end(archive), 100);
  });
  const env = { MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: base };
  const mediasoupDir = fakeMediasoup(folder);
  const [one, other] = await Promise.all([
    setupWorker(mediasoupDir, contextOf(folder, env).context),
    setupWorker(mediasoupDir, contextOf(folder, env).context),
  ]);
  assert.deepEqual(one, other);
  assert.equal(requests, 1);
});

void test('the build recipe fits the mediasoup of the lock file', async (t) => {
  const source = new URL('../../node_modules/mediasoup/worker', import.meta.url).pathname;
  const buildDir = join(temporaryFolder(t), 'build');
  await prepareSource(readRecipe(), source, buildDir);
  const wraps = readdirSync(join(source, 'subprojects')).filter((name) => name.endsWith('.wrap'));
  // Tests and Windows need these two; the build on Linux asks for neither.
  for (const wrap of wraps.filter((name) => name !== 'catch2.wrap' && name !== 'wingetopt.wrap')) {
    const text = readFileSync(join(source, 'subprojects', wrap), 'utf8');
    const folder = /^directory = (.+)$/m.exec(text)?.[1] ?? '';
    assert.ok(existsSync(join(buildDir, 'subprojects', folder, 'meson.build')), wrap);
  }
  const edited = readFileSync(join(buildDir, 'src/RTC/DtlsTransport.cpp'), 'utf8');
  assert.match(edited, /operationType & BIO_CB_RETURN/);
});
