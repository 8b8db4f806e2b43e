import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../../harness/setup/command.js';
import { createProgress, duration } from '../../harness/setup/progress.js';
import { put, temporaryFolder } from './fixtures.ts';

const { signal } = new AbortController();

/** Does not listen to SIGTERM, like npm, and has a child of its own, like ninja. */
const stubborn = 'trap "" TERM; sleep 60 & echo $$ $! >pids; wait; wait';

/** A zombie has ended; when it is reaped is up to the system. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function startedPids(folder: string): Promise<number[]> {
  const file = join(folder, 'pids');
  while (!existsSync(file) || !readFileSync(file, 'utf8').endsWith('\n')) await sleep(10);
  return readFileSync(file, 'utf8').trim().split(' ').map(Number);
}

async function assertGone(pids: number[]): Promise<void> {
  assert.equal(pids.length, 2);
  for (let waited = 0; pids.some(isAlive) && waited < 2_000; waited += 20) await sleep(20);
  assert.deepEqual(pids.filter(isAlive), []);
}

function logIn(t: TestContext) {
  const folder = temporaryFolder(t);
  return { folder, log: join(folder, 'logs/run.log') };
}

void test('the output goes to the log; arguments arrive as they are', async (t) => {
  const { log } = logIn(t);
  let seen = '';
  await runCommand('printf', ['%s|', 'a b', '$HOME', "'"], {
    log,
    signal,
    onOutput: (chunk) => (seen += chunk),
  });
  assert.equal(seen, "a b|$HOME|'|");
  assert.equal(readFileSync(log, 'utf8'), `$ printf %s| a b $HOME '\n${seen}`);
});

void test('a failure carries code, log and the last lines', async (t) => {
  const { log } = logIn(t);
  const script = 'i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo line $i; done; exit 7';
  await assert.rejects(runCommand('sh', ['-c', script], { log, signal }), (error: Error) => {
    assert.ok('log' in error && 'tail' in error);
    assert.match(error.message, /exit code 7$/);
    assert.equal(error.log, log);
    assert.equal(String(error.tail).split('\n').length, 15);
    assert.match(String(error.tail), /line 100$/);
    return true;
  });
  await assert.rejects(runCommand('sfubench-no-such-program', [], { log, signal }), { tail: /not found/ });
});

void test('a time-out and an interrupt end the program and what it started', async (t) => {
  const { folder, log } = logIn(t);
  const late = runCommand('sh', ['-c', stubborn], { log, signal, cwd: folder, timeoutMs: 300 });
  await assert.rejects(late, /no end after 0\.3 s/);
  await assertGone(await startedPids(folder));

  const second = temporaryFolder(t);
  const interrupt = new AbortController();
  const running = runCommand('sh', ['-c', stubborn], { log, signal: interrupt.signal, cwd: second });
  const pids = await startedPids(second);
  interrupt.abort('SIGINT');
  await assert.rejects(running, (reason) => reason === 'SIGINT');
  await assertGone(pids);
});

void test('the program ends with the set-up that was killed', async (t) => {
  const { folder, log } = logIn(t);
  const command = new URL('../../harness/setup/command.js', import.meta.url).href;
  const script = put(
    join(folder, 'setup.mjs'),
    `import { runCommand } from ${JSON.stringify(command)};
     const { signal } = new AbortController();
     await runCommand('sh', ['-c', ${JSON.stringify(stubborn)}], { log: ${JSON.stringify(log)}, signal });`,
  );
  const child = spawn(process.execPath, [script], { cwd: folder, stdio: 'ignore' });
  const pids = await startedPids(folder);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await assertGone(pids);
});

function linesOf(isTTY: boolean): string {
  let text = '';
  const progress = createProgress({ write: (chunk) => (text += chunk), isTTY });
  progress.begin('worker: building');
  progress.update('[1/2]');
  progress.end('built');
  progress.begin('browser');
  progress.say('waiting');
  progress.end('nothing is open');
  return text;
}

void test('progress is one line a step', () => {
  assert.equal(linesOf(false), 'setup: worker: building … built (0.0 s)\nsetup: browser …\nsetup: waiting\n');
  const line = '\r\x1b[Ksetup: worker: building …';
  assert.ok(linesOf(true).includes(`${line} [1/2]${line} built (0.0 s)\n`));
  assert.deepEqual([950, 9_940, 59_400, 59_600, 290_000].map(duration), [
    '0.9 s',
    '9.9 s',
    '59 s',
    '1 min 0 s',
    '4 min 50 s',
  ]);
});
