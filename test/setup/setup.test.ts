import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { browserScript, fakeMediasoup, put, temporaryFolder, workerScript } from './fixtures.ts';

const source = new URL('../../harness/setup', import.meta.url).pathname;

/** A clone that has its dependencies, of which there are none, with a worker and a browser that could be given. */
function clone(t: TestContext) {
  const root = temporaryFolder(t);
  cpSync(source, join(root, 'harness/setup'), { recursive: true });
  put(join(root, 'package.json'), { name: 'sfubench', type: 'module' });
  put(join(root, 'package-lock.json'), { packages: {} });
  put(join(root, 'node_modules/.package-lock.json'), { packages: {} });
  fakeMediasoup(root);
  const env = {
    PATH: process.env['PATH'],
    XDG_CACHE_HOME: join(root, 'cache'),
    MEDIASOUP_WORKER_BIN: put(join(root, 'worker'), workerScript, 0o755),
    CHROME_PATH: put(join(root, 'browser'), browserScript, 0o755),
  };
  return { root, env, setupFile: join(root, 'node_modules/.cache/sfubench/setup.json') };
}

function start(root: string, env: NodeJS.ProcessEnv): { child: ChildProcess; output: () => string } {
  let text = '';
  const child = spawn(process.execPath, ['harness/setup/setup.js'], { cwd: root, env });
  child.stdout.on('data', (chunk) => (text += String(chunk)));
  child.stderr.on('data', (chunk) => (text += String(chunk)));
  return { child, output: () => text };
}

async function setup(root: string, env: NodeJS.ProcessEnv): Promise<{ code: unknown; output: string }> {
  const { child, output } = start(root, env);
  const [code] = await once(child, 'close');
  return { code, output: output() };
}

void test('with everything given it says nothing and names what it found', async (t) => {
  const { root, env, setupFile } = clone(t);
  assert.deepEqual(await setup(root, env), { code: 0, output: '' });
  const written = readFileSync(setupFile, 'utf8');
  const { schemaVersion, node, worker, browser } = JSON.parse(written);
  assert.equal(schemaVersion, 1);
  assert.equal(node.version, process.versions.node);
  assert.equal(worker.path, env.MEDIASOUP_WORKER_BIN);
  assert.deepEqual(browser, { path: env.CHROME_PATH, version: '150.0.1.2', given: true });
  const { mtimeMs } = lstatSync(setupFile);
  assert.deepEqual(await setup(root, env), { code: 0, output: '' });
  assert.equal(lstatSync(setupFile).mtimeMs, mtimeMs, 'the second has nothing to do');
});

void test('a given path that is wrong ends with 123, names itself, and is asked again', async (t) => {
  const { root, env, setupFile } = clone(t);
  await setup(root, env);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const { code, output } = await setup(root, { ...env, CHROME_PATH: join(root, 'nowhere') });
    assert.equal(code, 123);
    assert.match(output, /^setup: CHROME_PATH is no executable file: .*nowhere\n {2}hint: correct the path/);
  }
  assert.equal(existsSync(setupFile), false);
  assert.equal((await setup(root, { ...env, CHROME_PATH: env.MEDIASOUP_WORKER_BIN })).code, 123);
  assert.equal((await setup(root, env)).code, 0);
});

void test('a link to Node that leads nowhere is removed', async (t) => {
  const { root, env } = clone(t);
  const link = join(root, 'node_modules/.bin/node');
  put(join(root, 'node_modules/.bin/other'), '');
  symlinkSync(join(root, 'deleted'), link);
  assert.equal((await setup(root, env)).code, 0);
  assert.equal(lstatSync(link, { throwIfNoEntry: false }), undefined);
});

void test('a cache that cannot be written is an environment error that says where it writes', async (t) => {
  const { root, env } = clone(t);
  const { MEDIASOUP_WORKER_BIN: _, ...without } = env;
  const file = put(join(root, 'a-file'), '');
  const { code, output } = await setup(root, { ...without, XDG_CACHE_HOME: join(file, 'below') });
  assert.equal(code, 123);
  assert.match(output, /XDG_CACHE_HOME/);
});

void test('an interrupt ends it at once, without a lock left, and the next start goes on', async (t) => {
  const { root, env } = clone(t);
  const server = createServer(() => child.kill('SIGINT')).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const { MEDIASOUP_WORKER_BIN: _, ...without } = env;
  const base = `http://127.0.0.1:${address.port}`;
  const { child, output } = start(root, { ...without, MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: base });
  const [code] = await once(child, 'close');
  assert.equal(code, 130, output());
  assert.match(output(), /interrupted; the next start takes it up again\n$/);
  assert.equal(existsSync(join(root, 'harness/setup/.lock')), false);
  assert.equal((await setup(root, env)).code, 0);
});
