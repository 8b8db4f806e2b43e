import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../harness/setup/lock.js';
import { put, temporaryFolder } from './fixtures.ts';

const { signal } = new AbortController();
const silent = { signal, onWait: () => {} };

async function pidOfDeadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  assert.ok(child.pid);
  return child.pid;
}

void test('the lock is gone afterwards, also after a failure', async (t) => {
  const file = join(temporaryFolder(t), 'deep/.lock');
  assert.equal(await withLock(file, silent, async () => existsSync(file)), true);
  await assert.rejects(
    withLock(file, silent, () => Promise.reject(new Error('work failed'))),
    /work failed/,
  );
  assert.deepEqual(readdirSync(join(file, '..')), []);
});

void test('a second one waits for the first, and says so once', async (t) => {
  const file = join(temporaryFolder(t), '.lock');
  const order: string[] = [];
  const holders: string[] = [];
  const first = withLock(file, silent, async () => {
    await sleep(600);
    order.push('first');
  });
  await sleep(50);
  const onWait = (holder: string): void => void holders.push(holder);
  await withLock(file, { signal, onWait }, async () => void order.push('second'));
  await first;
  assert.deepEqual(order, ['first', 'second']);
  assert.deepEqual(holders, [`process ${process.pid}`]);
});

void test('the lock of a dead process is taken over', async (t) => {
  const file = join(temporaryFolder(t), '.lock');
  put(file, { pid: await pidOfDeadProcess(), startedAt: '1' });
  assert.equal(await withLock(file, { ...silent, waitMs: 0 }, async () => 'worked'), 'worked');
});

void test('the lock of a dead process is taken over when its number has been given to another', async (t) => {
  const file = join(temporaryFolder(t), '.lock');
  put(file, { pid: process.pid, startedAt: 'long ago' });
  assert.equal(await withLock(file, { ...silent, waitMs: 0 }, async () => 'worked'), 'worked');
});

void test('a lock without a readable holder is taken over', async (t) => {
  const file = join(temporaryFolder(t), '.lock');
  for (const content of ['', 'null', '{"pid":-1}', '{"pi']) {
    put(file, content);
    assert.equal(await withLock(file, { ...silent, waitMs: 0 }, async () => 'worked'), 'worked', content);
  }
});

void test('the wait ends: by its bound with the name of the holder, or by an interrupt', async (t) => {
  const file = join(temporaryFolder(t), '.lock');
  const interrupt = new AbortController();
  await withLock(file, silent, async () => {
    const bounded = withLock(file, { ...silent, waitMs: 0 }, async () => {});
    await assert.rejects(bounded, { code: 'SETUP_FAILED', message: new RegExp(`process ${process.pid}`) });
    const waiting = withLock(file, { ...silent, signal: interrupt.signal }, async () => {});
    interrupt.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
  });
});

void test('of many processes that find a stale lock only one works at a time', async (t) => {
  const folder = temporaryFolder(t);
  const file = put(join(folder, '.lock'), { pid: await pidOfDeadProcess(), startedAt: '1' });
  const counter = put(join(folder, 'counter'), '0');
  const lock = new URL('../../harness/setup/lock.js', import.meta.url).href;
  const script = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { withLock } from ${JSON.stringify(lock)};
    const options = { signal: new AbortController().signal, onWait: () => {} };
    await withLock(${JSON.stringify(file)}, options, async () => {
      const count = Number(readFileSync(${JSON.stringify(counter)}, 'utf8'));
      await new Promise((resolve) => setTimeout(resolve, 30));
      writeFileSync(${JSON.stringify(counter)}, String(count + 1));
    });`;
  const children = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }),
  );
  for (const child of children) if (child.exitCode === null) await once(child, 'exit');
  assert.equal(readFileSync(counter, 'utf8'), '6');
  assert.deepEqual(readdirSync(folder), ['counter']);
});
