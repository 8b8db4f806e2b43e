/** As a user types it: under npm, where one Ctrl-C reaches npm and us, and npm passes it on once more. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, describe, it } from 'node:test';
import { readRun } from '../../harness/store.ts';
import { eventOf, workspace } from '../support/cli.ts';
import { descendants, goneWithin, newMark } from '../support/processes.ts';
import { root } from '../support/sources.ts';

const place = workspace();
after(() => place.close());

const scenario = place.scenario(`export const options = {
  media: { audio: true, video: false },
  scenarios: { pair: { executor: 'staircase', bot: 'chrome', rooms: { size: 2 }, levels: [2], settle: '1s', hold: '30s' } },
};`);

describe('under npm', () => {
  it('one Ctrl-C drains and ends with 105, which npm passes on', async () => {
    const mark = newMark();
    const directory = place.run();
    // A process group of its own, as a terminal gives to a job.
    const npm = spawn('npm', ['run', '-s', 'sfubench', '--', 'run', scenario, '--dir', directory], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...mark },
    });
    let output = '';
    for (const stream of [npm.stdout, npm.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const ended = new Promise<number | null>((resolve) => npm.on('close', (code) => resolve(code)));
    await eventOf(directory, (line) => line.event === 'phase' && line.phase === 'hold', 60_000);
    const tree = descendants(npm.pid ?? 0);
    process.kill(-(npm.pid ?? 0), 'SIGINT');
    assert.equal(await ended, 105, output);
    assert.deepEqual(await goneWithin(mark, 2000, tree), []);
    const { record } = readRun(directory);
    assert.equal(record.state, 'interrupted');
    assert.ok((record.accounting?.consumers ?? 0) > 0, 'one key press is one wish: it drained');
  });
});
