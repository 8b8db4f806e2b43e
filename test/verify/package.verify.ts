/** The tarball alone, in an empty folder, for a user who has nothing yet: set up, then run what was copied out of it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunRecord } from '../../harness/record.ts';
import { findInstalledWorker } from '../../harness/setup/installed.js';
import type { Finished } from '../support/cli.ts';
import { type Installed, install, type Packed, pack } from '../support/package.ts';
import { goneWithin, newMark } from '../support/processes.ts';

/** Another run on this machine holds the cores for some minutes at most. */
const patienceMs = 600_000;

let packed: Packed;
let installed: Installed;
let home = '';
/** Plays mediasoup's downloads, as a machine that builds its worker may reach none. */
let downloads: Server;
let env: Readonly<Record<string, string>> = {};

before(async () => {
  packed = pack();
  installed = install(packed.tarball);
  home = mkdtempSync(join(tmpdir(), 'sfubench-home-'));
  const worker = findInstalledWorker();
  assert.ok(worker !== null, 'run the set-up first');
  const archive = join(home, 'worker.tgz');
  execFileSync('tar', ['-czf', archive, '-C', dirname(worker.path), basename(worker.path)]);
  downloads = createServer((_request, response) => response.end(readFileSync(archive))).listen(
    0,
    '127.0.0.1',
  );
  await once(downloads, 'listening');
  env = {
    XDG_CACHE_HOME: home,
    MEDIASOUP_WORKER_BIN: '',
    MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: `http://127.0.0.1:${(downloads.address() as AddressInfo).port}`,
  };
});
after(() => {
  downloads.closeAllConnections();
  downloads.close();
  installed.close();
  packed.close();
  rmSync(home, { recursive: true, force: true });
});

/** `run`, again while somebody else's run holds the cores. */
async function runWhenFree(
  args: readonly string[],
  mark: Readonly<Record<string, string>>,
): Promise<Finished> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const finished = await installed.sfubench(['run', ...args], { ...env, ...mark });
    const taken = finished.code === 123 && /in use by another run/.test(finished.stderr);
    if (!taken || performance.now() > end) return finished;
    await sleep(5000);
  }
}

/** One good trial of the scenario, with nothing left behind; the record. */
async function goodRun(scenario: string, level: string): Promise<{ directory: string; record: RunRecord }> {
  const mark = newMark();
  const runs = join(installed.folder, 'sfubench-runs');
  const before = readRuns(runs);
  const file = installed.copyScenario(scenario);
  const { code, stderr } = await runWhenFree([file, '--levels', level, '--hold', '2s'], mark);
  assert.equal(code, 0, stderr);
  assert.deepEqual(await goneWithin(mark, 2000), []);
  const [name = ''] = readRuns(runs).filter((run) => !before.includes(run));
  const directory = join(runs, name);
  const record = JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')) as RunRecord;
  assert.equal(record.state, 'completed');
  assert.equal(record.trials[0]?.state, 'good');
  return { directory, record };
}

function readRuns(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

describe('the installed package', () => {
  it('says what is missing, and what to do', async () => {
    const { code, stderr } = await installed.sfubench(['run', installed.copyScenario('quickstart.ts')], env);
    assert.equal(code, 123);
    assert.match(stderr, /no mediasoup worker.*\n.*sfubench setup/);
  });

  it('sets itself up, and runs the quickstart', async () => {
    const setup = await installed.sfubench(['setup', '--json'], env);
    assert.equal(setup.code, 0, setup.stderr);
    const { worker } = JSON.parse(setup.stdout) as { readonly worker: { readonly sha256: string } };
    const { manifest } = (await goodRun('quickstart.ts', '2')).record;
    assert.equal(manifest.node?.workerBinary.sha256, worker.sha256);
    assert.equal(manifest.node?.workerBinary.kind, 'prebuilt');
    assert.equal(manifest.versions.sfubench, manifest.node?.versions.sfubench);
  });

  it('runs the function of a scenario in its bot hosts', async () => {
    await goodRun('meeting.ts', '4');
  });

  it('makes the report of a run again, also where nothing optional was installed', async () => {
    const { directory } = await goodRun('quickstart.ts', '2');
    const bare = install(packed.tarball, ['--omit=optional']);
    try {
      for (const [place, pictures] of [
        [installed, true],
        [bare, false],
      ] as const) {
        for (const made of ['report.html', 'charts']) rmSync(join(directory, made), { recursive: true });
        const { code, stdout, stderr } = await place.sfubench(['report', directory]);
        assert.equal(code, 0, stderr);
        assert.match(stdout, /^report +\/.*report\.html$/m);
        assert.match(readFileSync(join(directory, 'report.html'), 'utf8'), /^<!doctype html>/);
        assert.equal(existsSync(join(directory, 'charts')), pictures);
        assert.equal(/could not be drawn/.test(stderr), !pictures, stderr);
      }
    } finally {
      bare.close();
    }
  });
});
