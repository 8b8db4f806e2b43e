import assert from 'node:assert/strict';
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findInstalled } from '../../harness/setup/installed.js';
import { writeSetup } from '../../harness/setup/setup-file.js';
import { keepWorker } from '../../harness/setup/worker-cache.js';
import { browserScript, fakeMediasoup, put, temporaryFolder, workerScript } from './fixtures.ts';

/** A clone with mediasoup 9.8.7, and a user who has nothing. */
function bareClone(t: TestContext) {
  const root = temporaryFolder(t);
  put(join(root, 'package.json'), { name: 'sfubench' });
  put(join(root, 'package-lock.json'), { packages: {} });
  fakeMediasoup(root);
  const env: NodeJS.ProcessEnv = {
    PATH: join(root, 'bin'),
    XDG_CACHE_HOME: join(root, 'cache'),
    PUPPETEER_CACHE_DIR: join(root, 'puppeteer'),
  };
  return { root, env, cacheDir: join(root, 'cache/sfubench') };
}

void test('a given path wins; the hash is that of the file', (t) => {
  const { root, env } = bareClone(t);
  const worker = put(join(root, 'given-worker'), workerScript, 0o755);
  const browser = put(join(root, 'given-browser'), browserScript, 0o755);
  const found = findInstalled({ root, env: { ...env, MEDIASOUP_WORKER_BIN: worker, CHROME_PATH: browser } });
  assert.equal(found.worker?.path, worker);
  assert.equal(found.worker?.kind, 'given');
  assert.match(found.worker?.sha256 ?? '', /^[0-9a-f]{64}$/);
  assert.equal(found.browser?.path, browser);
});

void test('a given path that is wrong is an error with its name and a hint', (t) => {
  const { root, env } = bareClone(t);
  const path = join(root, 'missing');
  assert.throws(() => findInstalled({ root, env: { ...env, MEDIASOUP_WORKER_BIN: path } }), {
    code: 'WORKER_MISSING',
    message: `MEDIASOUP_WORKER_BIN is no executable file: ${path}`,
    hint: 'correct the path, or unset the variable',
  });
  assert.throws(() => findInstalled({ root, env: { ...env, CHROME_PATH: root } }), {
    code: 'BROWSER_MISSING',
    message: `CHROME_PATH is no executable file: ${root}`,
  });
});

void test('without set-up the cache and the PATH are searched', async (t) => {
  const { root, env, cacheDir } = bareClone(t);
  const source = put(join(root, 'source'), workerScript, 0o755);
  assert.equal(findInstalled({ root, env }).worker, null);
  const built = await keepWorker(source, cacheDir, '9.8.7', 'built');
  assert.deepEqual(findInstalled({ root, env }).worker, built);
  const prebuilt = await keepWorker(source, cacheDir, '9.8.7', 'prebuilt');
  assert.deepEqual(findInstalled({ root, env }).worker, prebuilt);
  const chromium = put(join(root, 'bin/chromium'), browserScript, 0o755);
  assert.deepEqual(findInstalled({ root, env }).browser, { path: chromium, version: null });
});

void test('a worker of another mediasoup, or one that was cut short, does not count', async (t) => {
  const { root, env, cacheDir } = bareClone(t);
  const source = put(join(root, 'source'), workerScript, 0o755);
  await keepWorker(source, cacheDir, '9.8.6', 'prebuilt');
  assert.equal(findInstalled({ root, env }).worker, null);
  const { path } = await keepWorker(source, cacheDir, '9.8.7', 'prebuilt');
  put(path, workerScript.slice(0, 4), 0o755);
  assert.equal(findInstalled({ root, env }).worker, null);
});

void test('without mediasoup there is no worker to find', (t) => {
  const { root, env } = bareClone(t);
  rmSync(join(root, 'node_modules'), { recursive: true });
  assert.equal(findInstalled({ root, env }).worker, null);
});

void test("set-up's choice stands as long as it is there, but not for longer", (t) => {
  const { root, env } = bareClone(t);
  const worker = put(join(root, 'chosen-worker'), workerScript, 0o755);
  const browser = put(join(root, 'chosen-browser'), browserScript, 0o755);
  const other = put(join(root, 'bin/chromium'), browserScript, 0o755);
  const setup = {
    schemaVersion: 1 as const,
    node: { path: process.execPath, version: '24.0.0' },
    worker: { path: worker, kind: 'built' as const, sha256: 'ab', version: '9.8.7' },
    browser: { path: browser, version: '150.0.1.2', given: false },
  };
  const file = join(root, 'node_modules/.cache/sfubench/setup.json');
  writeSetup(file, setup);
  assert.deepEqual(findInstalled({ root, env }), {
    worker: setup.worker,
    browser: { path: browser, version: '150.0.1.2' },
  });
  chmodSync(worker, 0o644);
  rmSync(browser);
  assert.deepEqual(findInstalled({ root, env }), { worker: null, browser: { path: other, version: null } });

  chmodSync(worker, 0o755);
  put(browser, browserScript, 0o755);
  writeSetup(file, { ...setup, worker: { ...setup.worker, version: '9.8.6' } });
  assert.equal(findInstalled({ root, env }).worker, null, 'of another mediasoup');
  // They were given to that set-up, and are not given now.
  const given = {
    ...setup,
    worker: { ...setup.worker, kind: 'given' as const },
    browser: { ...setup.browser, given: true },
  };
  writeSetup(file, given);
  assert.deepEqual(findInstalled({ root, env }), { worker: null, browser: { path: other, version: null } });
});

void test('a download of @puppeteer/browsers is found, the newest first', (t) => {
  const { root, env } = bareClone(t);
  for (const version of ['9.0.1.1', '150.0.1.2']) {
    put(join(root, `puppeteer/chrome/linux-${version}/chrome-linux64/chrome`), browserScript, 0o755);
  }
  const path = findInstalled({ root, env }).browser?.path ?? '';
  // A browser of the machine comes before it.
  if (path.startsWith(root)) assert.match(path, /linux-150\.0\.1\.2/);
});
