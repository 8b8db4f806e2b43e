/** `calibrate` and `doctor --ceiling` as a user runs them: refused, interrupted, and what a known ceiling does to runs. */
import { deepEqual, doesNotMatch, equal, match, ok } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ceiling } from '../../harness/doctor/ceiling.ts';
import { ceilingFile, keepFact, machineKey } from '../../harness/machine-facts.ts';
import { type Command, cliEntry, startCli, startCommand, workspace } from '../support/cli.ts';
import { goneWithin } from '../support/processes.ts';

const place = workspace();
after(() => place.close());
const env = { XDG_CACHE_HOME: join(place.folder, 'cache') };

const ceiling: Ceiling = {
  schemaVersion: 1,
  measuredAt: '2026-11-25T04:00:00.000Z',
  key: machineKey(),
  means: 'udp linux, srtp openssl',
  packetsPerSecond: 1000,
  cpuUsPerPacket: 800,
  limit: 'cpu',
  isEstimate: false,
  steps: [],
};

/** Two publishers, so many viewers: 73.5 packets/s of each publisher go to everybody else. */
function stage(bot: 'synthetic' | 'chrome', size: number): string {
  return place.scenario(`export const options = { media: { video: { width: 320, height: 180, fps: 15 } },
    scenarios: { all: { executor: 'staircase', bot: '${bot}', rooms: { size: ${size}, publishers: 2 },
      levels: [${size}], settle: 0, hold: '1s' } } };`);
}

async function said(command: Command, words: RegExp): Promise<void> {
  for (let waited = 0; waited < 600 && !words.test(command.stderr()); waited += 1) {
    if (command.ended()) break;
    await sleep(50);
  }
  match(command.stderr(), words);
}

describe('a known ceiling', () => {
  it('refuses synthetic bots that would need more than 60 % of it, with figures and place, before anything is stored', async () => {
    const file = ceilingFile(machineKey(), env);
    keepFact(file, ceiling);
    const directory = place.run();
    const { code, stderr } = await startCli(['run', stage('synthetic', 30), '--dir', directory], env)
      .finished;
    equal(code, 123, stderr);
    match(
      stderr,
      /would handle 4,\d{3} packets\/s, and this machine’s generator can be trusted with [\d,]+: 60 % of/,
    );
    ok(stderr.includes(file));
    ok(!existsSync(directory));
  });

  it('lets pass what is below, and Chrome, of which it says nothing', async () => {
    // No such worker: what was let pass ends there, before any bot.
    const later = { ...env, MEDIASOUP_WORKER_BIN: join(place.folder, 'nothing') };
    for (const file of [stage('synthetic', 3), stage('chrome', 30)]) {
      const { code, stderr } = await startCli(['run', file, '--dir', place.run()], later).finished;
      equal(code, 123);
      doesNotMatch(stderr, /can be trusted with/);
    }
  });
});

describe('without cores of their own for both sides', () => {
  for (const verb of [['calibrate'], ['doctor', '--ceiling']]) {
    it(`${verb.join(' ')} is refused`, async () => {
      const words = ['taskset', '-c', '0', process.execPath, cliEntry, ...verb];
      const { code, stdout, stderr } = await startCommand(words, env).finished;
      deepEqual({ code, stdout }, { code: 123, stdout: '' });
      match(stderr, /have no cores of their own here/);
    });
  }
});

describe('sfubench calibrate', () => {
  it('refuses no blocks at all', async () => {
    equal((await startCli(['calibrate', '--blocks', '0'], env).finished).code, 104);
  });

  it('interrupted, ends with 105, says what was measured, and leaves no process', async () => {
    const calibrate = startCli(['calibrate', '--blocks', '1', '--json'], env);
    await said(calibrate, /block 1 of 1/);
    await sleep(4000);
    calibrate.kill('SIGINT');
    const { code, stdout, stderr } = await calibrate.finished;
    // Another run may hold the cores.
    if (/is in use by another run/.test(stderr)) return equal(code, 123);
    equal(code, 105, stderr);
    deepEqual(JSON.parse(stdout), { state: 'interrupted' });
    deepEqual(await goneWithin(calibrate.mark, 2000), []);
  });
});

describe('sfubench doctor --ceiling', () => {
  it('interrupted, ends with 105 and leaves no process', async () => {
    const doctor = startCli(['doctor', '--ceiling'], env);
    // Another run may hold the cores.
    await said(doctor, /sockets · .* packets\/s|is in use by another run/);
    doctor.kill('SIGINT');
    const { code, stdout, stderr } = await doctor.finished;
    const expected = /is in use by another run/.test(stderr) ? 123 : 105;
    deepEqual({ code, stdout }, { code: expected, stdout: '' }, stderr);
    deepEqual(await goneWithin(doctor.mark, 2000), []);
  });
});
