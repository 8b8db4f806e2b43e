/** The readings that doctor makes, on this machine. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { heldCores, lockCores } from '../../harness/cores.ts';
import { descriptorsOf, readMemory, readRuns, readSharedMemory } from '../../harness/doctor/read-limits.ts';
import { readEphemeralPorts, tryEcho } from '../../harness/doctor/read-network.ts';
import { readCores, tryPinning } from '../../harness/doctor/read-processor.ts';
import { findFont, readBrowser, readWorker, tellingLine } from '../../harness/doctor/read-programs.ts';

describe('readings of doctor', () => {
  it('pins a child to an allowed core, as taskset itself says', async () => {
    const { allowed, total } = readCores();
    assert.ok(total > 0);
    assert.deepEqual(await tryPinning(allowed), { state: 'pinned', core: allowed[0] });
    const failed = await tryPinning([9999]);
    assert.equal(failed.state, 'failed');
    assert.deepEqual(await tryPinning([]), {
      state: 'not tried',
      reason: 'allowed cores are not shown by this system',
    });
  });

  it('sees the locks of living runs only', () => {
    const release = lockCores([7101], '/runs/held');
    try {
      assert.deepEqual(
        heldCores().filter(({ core }) => core === 7101),
        [{ core: 7101, pid: process.pid, directory: '/runs/held' }],
      );
    } finally {
      release();
    }
    assert.deepEqual(
      heldCores().filter(({ core }) => core === 7101),
      [],
    );
  });

  it('gets its datagrams back', async () => {
    const trial = await tryEcho('127.0.0.1');
    assert.ok(trial.state === 'echoed' && trial.received === trial.sent && trial.medianMs > 0);
    const [first, last] = readEphemeralPorts() ?? [0, 0];
    assert.ok(first > 0 && first < last);
  });

  it('reads limits as the kernel writes them', () => {
    assert.equal(
      descriptorsOf('Max open files            1024                 524288               files\n'),
      1024,
    );
    assert.equal(
      descriptorsOf('Max open files            unlimited            unlimited            files\n'),
      Infinity,
    );
    assert.equal(descriptorsOf(''), null);
    const { totalBytes, availableBytes } = readMemory();
    assert.ok(availableBytes > 0 && availableBytes <= totalBytes);
    const shared = readSharedMemory();
    assert.ok(shared === null || shared >= 0);
  });

  it('tries the folder that will hold the runs, and leaves nothing there', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sfubench-place-'));
    try {
      const place = readRuns(join(folder, 'not', 'there'));
      assert.equal(place.whyNotWritable, null);
      assert.ok((place.freeBytes ?? 0) > 0);
      assert.deepEqual(readdirSync(folder), []);
      const system = readRuns('/proc/nothing');
      assert.notEqual(system.whyNotWritable, null);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('hashes the worker that it starts', async () => {
    const worker = await readWorker();
    assert.ok(worker !== null && 'sha256' in worker);
    assert.equal(worker.whyNot, '');
    const [sum] = execFileSync('sha256sum', [worker.path], { encoding: 'utf8' }).split(' ');
    assert.equal(worker.sha256, sum);
  });

  it('says in one line why a browser does not start', async () => {
    const output =
      'Failed to launch the browser process: Code: 127\n\nstderr:\nchrome: error while loading shared libraries: libnss3.so\n';
    const reading = await readBrowser({
      versionOf: () => Promise.reject(new Error('none')),
      start: () => Promise.reject(new Error(output)),
    });
    assert.ok(reading !== null && 'whyNot' in reading);
    assert.equal(reading.version, null);
    assert.equal(reading.whyNot, 'chrome: error while loading shared libraries: libnss3.so');
    assert.equal(tellingLine('\n first\nsecond'), 'first');
  });

  it('finds the font of the charts', () => {
    assert.match(findFont() ?? '', /DejaVuSans\.ttf$/);
  });
});
