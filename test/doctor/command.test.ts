/** `sfubench doctor` as a user runs it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '../../harness/doctor/finding.ts';
import { startCli } from '../support/cli.ts';
import { goneWithin, marked } from '../support/processes.ts';

interface Result {
  readonly schemaVersion: number;
  readonly ready: boolean;
  readonly findings: readonly Finding[];
}

describe('sfubench doctor', () => {
  it('tells as JSON what it found; the exit code says whether a run could work', async () => {
    const doctor = startCli(['doctor', '--json']);
    const { code, stdout, stderr } = await doctor.finished;
    const { schemaVersion, ready, findings } = JSON.parse(stdout) as Result;
    assert.equal(schemaVersion, 1);
    assert.equal(code, ready ? 0 : 123, stdout);
    assert.equal(stderr, '');
    assert.equal(new Set(findings.map(({ name }) => name)).size, findings.length);
    for (const { state, remedy } of findings) assert.equal(remedy === null, state === 'ok');
    // Whatever else this machine lacks: tests of this project do not run without these.
    for (const name of ['node', 'mediasoup', 'worker', 'browser', 'loopback', 'runs']) {
      assert.equal(findings.find((finding) => finding.name === name)?.state, 'ok', name);
    }
    assert.deepEqual(await goneWithin(doctor.mark, 2000), []);
  });

  it('ends with 123 and a remedy for each path that is wrong', async () => {
    const { code, stdout } = await startCli(['doctor', '--quiet'], {
      MEDIASOUP_WORKER_BIN: '/bin/true',
      CHROME_PATH: '/bin/false',
    }).finished;
    assert.equal(code, 123);
    assert.match(
      stdout,
      /✗ worker +does not start: .* \/bin\/true\n +→ correct or unset MEDIASOUP_WORKER_BIN/,
    );
    assert.match(stdout, /✗ browser +does not start: .* \/bin\/false\n +→ .*CHROME_PATH/);
    assert.ok(!stdout.includes('✓') && !stdout.includes('\u001b'));
  });

  it('ends with 105 when interrupted, and leaves no process', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sfubench-browser-'));
    const hanging = join(folder, 'chrome');
    writeFileSync(hanging, '#!/bin/sh\nsleep 60\n', { mode: 0o755 });
    const doctor = startCli(['doctor'], { CHROME_PATH: hanging });
    while (!marked(doctor.mark).some(({ command }) => command.includes('sleep'))) await sleep(50);
    doctor.kill('SIGINT');
    const { code, stdout } = await doctor.finished;
    assert.deepEqual({ code, stdout }, { code: 105, stdout: '' });
    assert.deepEqual(await goneWithin(doctor.mark, 2000), []);
    rmSync(folder, { recursive: true });
  });
});
