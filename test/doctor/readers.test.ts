/** The readings that doctor makes, on this machine. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { heldCores, lockCores } from '../../harness/cores.ts';
import { descriptorsOf, readMemory, readRuns, readSharedMemory } from '../../harness/doctor/read-limits.ts';
import { readEphemeralPorts, tryEcho } from '../../harness/doctor/read-network.ts';
import { readCores, tryPinning } from '../../harness/doctor/read-processor.ts';
import { findFont, readBrowser, readWorker } from '../../harness/doctor/read-programs.ts';
import { browserVersion, whyNotBrowser } from '../../harness/doctor/try-browser.ts';

/** Never aborted. */
const { signal } = new AbortController();

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

  it('starts a browser, and leaves nothing of it behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sfubench-browser-'));
    const usual = process.env['TMPDIR'];
    process.env['TMPDIR'] = folder;
    const browser = await readBrowser(signal).finally(() => {
      if (usual === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = usual;
    });
    assert.ok(browser !== null && 'path' in browser);
    assert.equal(browser.whyNot, '');
    assert.match(browser.version ?? '', /chrom.* \d+(\.\d+)+$/i);
    assert.deepEqual(readdirSync(folder), []);
    rmSync(folder, { recursive: true });
  });

  it('says in one line why a browser does not start', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sfubench-browser-'));
    const played = (script: string): string => {
      const path = join(folder, 'chrome');
      writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      return path;
    };
    try {
      const sandbox =
        "echo '[1:1:1122/1:FATAL:zygote.cc(1)] No usable sandbox! Update your kernel' >&2; exit 1";
      assert.equal(
        await whyNotBrowser(
          played(`echo '[1:1:1122/1:ERROR:bus.cc(4)] dbus' >&2; ${sandbox}`),
          false,
          signal,
        ),
        'No usable sandbox! Update your kernel',
      );
      assert.equal(await whyNotBrowser(played('exit 3'), true, signal), 'it ends with exit code 3');
      assert.match(await whyNotBrowser(join(folder, 'none'), true, signal), /ENOENT/);
      assert.equal(
        await browserVersion(played('echo Google Chrome 140.1.2.3 unknown'), signal),
        'Google Chrome 140.1.2.3',
      );
      assert.equal(await browserVersion('/bin/true', signal), null);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('ends a browser that hangs when it is interrupted', async () => {
    const interruption = new AbortController();
    const hanging = browserVersion('/usr/bin/yes', interruption.signal);
    setTimeout(() => interruption.abort(), 100);
    assert.equal(await hanging, null);
  });

  it('finds the font of the charts', () => {
    assert.match(findFont() ?? '', /DejaVuSans\.ttf$/);
  });
});
