import assert from 'node:assert/strict';
import { rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { missingDependency } from '../../harness/setup/dependencies.js';
import { isRecentNode } from '../../harness/setup/node.js';
import { findNpm, withoutNpmScript } from '../../harness/setup/npm.js';
import { stampOf } from '../../harness/setup/setup-file.js';
import { put, temporaryFolder } from './fixtures.ts';

const elsewhere = process.platform === 'win32' ? 'linux' : 'win32';
const wanted = {
  '': { name: 'sfubench' },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/mediasoup': { version: '9.8.7', integrity: 'sha512-m', optional: true },
  'node_modules/b-elsewhere': { version: '2.0.0', integrity: 'sha512-b', optional: true, os: [elsewhere] },
  'node_modules/b-musl': { version: '2.0.0', integrity: 'sha512-b', optional: true, libc: ['musl'] },
  'node_modules/b-here': {
    version: '2.0.0',
    integrity: 'sha512-h',
    optional: true,
    os: [process.platform],
    cpu: [process.arch],
  },
};
const { 'node_modules/b-elsewhere': _, 'node_modules/b-musl': __, ...present } = wanted;

function clone(t: TestContext, installed: object | undefined): string {
  const root = temporaryFolder(t);
  put(join(root, 'package-lock.json'), { packages: wanted });
  for (const path of Object.keys(present)) if (path !== '') put(join(root, path, 'package.json'), {});
  if (installed) put(join(root, 'node_modules/.package-lock.json'), { packages: installed });
  return root;
}

void test('what npm installed is compared with the lock file', (t) => {
  assert.equal(missingDependency(clone(t, present)), undefined);
  assert.equal(
    missingDependency(clone(t, { ...present, 'node_modules/extra': { version: '1.0.0' } })),
    undefined,
  );
  assert.equal(missingDependency(clone(t, undefined)), 'node_modules/a', 'npm ci was cut short');
  const { 'node_modules/mediasoup': ___, ...skipped } = present;
  assert.equal(missingDependency(clone(t, skipped)), 'node_modules/mediasoup', 'skipped by an old Node');
  const { 'node_modules/b-here': ____, ...without } = present;
  assert.equal(missingDependency(clone(t, without)), 'node_modules/b-here', 'optional, but for this machine');
  const older = { ...present, 'node_modules/a': { version: '0.9.0', integrity: 'sha512-a' } };
  assert.equal(missingDependency(clone(t, older)), 'node_modules/a', 'another version');
});

void test('a folder that somebody deleted is missed', (t) => {
  const root = clone(t, present);
  rmSync(join(root, 'node_modules/a'), { recursive: true });
  assert.equal(missingDependency(root), 'node_modules/a');
});

void test('a clone without its lock file is not complete', (t) => {
  assert.equal(missingDependency(temporaryFolder(t)), 'package-lock.json');
});

void test('the checkout that runs these tests is complete', () => {
  assert.equal(missingDependency(new URL('../..', import.meta.url).pathname), undefined);
});

void test('the stamp changes with everything that set-up rests on, and with nothing else', (t) => {
  const root = clone(t, present);
  const path = (name: string) => put(join(root, name), name);
  const setup = {
    node: { path: path('node'), version: '24.0.0' },
    worker: { path: path('worker'), kind: 'built' as const, sha256: 'ab', version: '9.8.7' },
    browser: { path: path('browser'), version: '150', given: false },
  };
  const stamps = new Set([stampOf(root, setup)]);
  assert.equal(stampOf(root, structuredClone(setup)), [...stamps][0]);
  const changes = [
    () => put(join(root, 'package-lock.json'), { packages: {} }),
    () => put(join(root, 'node_modules/.package-lock.json'), { packages: {} }),
    () => put(setup.worker.path, 'another worker'),
    () => utimesSync(setup.worker.path, 1, 1),
    () => rmSync(setup.browser.path),
    () => rmSync(setup.node.path),
    () => rmSync(join(root, 'node_modules/.package-lock.json')),
  ];
  for (const change of changes) {
    change();
    stamps.add(stampOf(root, setup));
  }
  assert.equal(stamps.size, changes.length + 1);
});

void test('Node 22.18 is the first that runs the harness', () => {
  const recent = ['22.18.0', '22.19.1', '24.0.0', '26.1.0'];
  for (const version of recent) assert.equal(isRecentNode(version), true, version);
  for (const version of ['18.20.0', '20.20.2', '22.0.0', '22.17.9'])
    assert.equal(isRecentNode(version), false, version);
});

void test("npm's own entry is found from its environment, else from the PATH", (t) => {
  const folder = temporaryFolder(t);
  const cli = put(join(folder, 'lib/npm-cli.js'), '');
  assert.equal(findNpm({ npm_execpath: cli }), cli);
  const fromPath = findNpm({ npm_execpath: join(folder, 'yarn.js'), PATH: process.env['PATH'] });
  assert.match(fromPath, /npm-cli\.js$/);
});

void test("an npm that is started by a script keeps the user's settings, not the script's", () => {
  const kept = {
    HOME: '/home/u',
    npm_config_registry: 'http://127.0.0.1/',
    https_proxy: 'http://127.0.0.1:1/',
  };
  const script = {
    npm_package_name: 'sfubench',
    npm_lifecycle_event: 'prestart',
    npm_config_local_prefix: '/x',
  };
  assert.deepEqual(
    withoutNpmScript({ ...kept, ...script, npm_config_global: 'true', npm_command: 'start' }),
    kept,
  );
});
