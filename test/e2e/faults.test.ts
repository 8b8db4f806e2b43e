/** Whatever is killed in mid-run: nothing is left behind, the directory is readable, the exit code says what it was. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { RunState } from '../../harness/record.ts';
import { readRun } from '../../harness/store.ts';
import { eventOf, processesOf, startCli, workspace } from '../support/cli.ts';
import { descendants, goneWithin } from '../support/processes.ts';

const place = workspace();
after(() => place.close());

function pairOf(kind: 'chrome' | 'synthetic'): string {
  return place.scenario(`
import type { Options } from 'sfubench';
export const options: Options = {
  media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
  scenarios: {
    pair: { executor: 'staircase', bot: '${kind}', rooms: { size: 2 }, levels: [2], settle: '1s', hold: '20s' },
  },
};`);
}

/** Of Chrome, whose processes are the hardest to leave none of. Every fault in every phase, a browser's too, is in the matrix of `verify`. */
const scenario = pairOf('chrome');
const synthetic = pairOf('synthetic');

interface Fault {
  readonly victim: 'node' | 'worker' | 'host';
  readonly code: number;
  readonly state: RunState;
  readonly event: string;
  readonly trial: string;
  readonly reason: RegExp;
}

const faults: readonly Fault[] = [
  {
    victim: 'worker',
    code: 122,
    state: 'failed',
    event: 'worker-died',
    trial: 'bad',
    reason: /worker\(s\) died/,
  },
  {
    victim: 'node',
    code: 122,
    state: 'failed',
    event: 'node-died',
    trial: 'bad',
    reason: /missing|delivered|died/,
  },
  {
    victim: 'host',
    code: 121,
    state: 'failed',
    event: 'host-died',
    trial: 'invalid',
    reason: /host\(s\) died/,
  },
];

describe('SIGKILL in mid-run', () => {
  for (const { victim, code, state, event, trial, reason } of faults) {
    it(`of the ${victim}: exit ${code}, run ${state}`, async () => {
      const directory = place.run();
      const command = startCli(['run', synthetic, '--dir', directory]);
      await eventOf(directory, (line) => line.event === 'phase' && line.phase === 'hold', 40_000);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const tree = descendants(command.pid);
      process.kill(processesOf(command)[victim].pid, 'SIGKILL');
      const finished = await command.finished;
      assert.deepEqual(await goneWithin(command.mark, 2000, tree), []);
      assert.equal(finished.code, code, finished.stderr);
      const run = readRun(directory);
      assert.equal(run.record.state, state);
      assert.equal(run.record.exitCode, code);
      assert.ok(
        run.events.some((line) => line.event === event),
        `event ${event}`,
      );
      assert.deepEqual(
        run.record.trials.map((one) => one.state),
        [trial],
      );
      assert.match(run.record.trials[0]?.reasons.join('; ') ?? '', reason);
      assert.ok(run.samples.some((sample) => typeof sample.v.worker_cpu_cores === 'number'));
    });
  }

  it('of the command line itself: everything ends within 2 s, what was measured is readable', async () => {
    const directory = place.run();
    const command = startCli(['run', scenario, '--dir', directory]);
    await eventOf(directory, (line) => line.event === 'phase' && line.phase === 'hold', 40_000);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const tree = descendants(command.pid);
    assert.ok(tree.some(({ command: text }) => text.includes('--type=renderer')));
    command.kill('SIGKILL');
    const finished = await command.finished;
    assert.equal(finished.signal, 'SIGKILL');
    assert.deepEqual(await goneWithin(command.mark, 2000, tree), []);
    const run = readRun(directory);
    assert.equal(run.record.state, 'running');
    assert.ok(run.samples.some((sample) => typeof sample.v.worker_cpu_cores === 'number'));
  });

  it('interrupted once: drains, tells what it has, 105; nothing is left', async () => {
    const directory = place.run();
    const command = startCli(['run', scenario, '--dir', directory]);
    await eventOf(directory, (line) => line.event === 'phase' && line.phase === 'hold', 40_000);
    const tree = descendants(command.pid);
    command.kill('SIGINT');
    command.kill('SIGINT');
    const finished = await command.finished;
    assert.deepEqual(await goneWithin(command.mark, 2000, tree), []);
    assert.equal(finished.code, 105, finished.stderr);
    const { record } = readRun(directory);
    assert.equal(record.state, 'interrupted');
    assert.ok((record.accounting?.consumers ?? 0) > 0, 'the drain was read');
    assert.match(finished.stdout, /interrupted/);
  });

  it('interrupted twice while the node hangs: ends at once, without its last readings', async () => {
    const directory = place.run();
    const command = startCli(['run', synthetic, '--dir', directory]);
    await eventOf(directory, (line) => line.event === 'phase' && line.phase === 'hold', 40_000);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    process.kill(processesOf(command).node.pid, 'SIGSTOP');
    command.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    command.kill('SIGINT');
    const atMs = performance.now();
    const finished = await command.finished;
    // The reading at the end of the hold alone would wait for 10 s, twice.
    assert.ok(performance.now() - atMs < 8_000, finished.stderr);
    assert.deepEqual(await goneWithin(command.mark, 2000), []);
    assert.equal(finished.code, 105, finished.stderr);
    const { record } = readRun(directory);
    assert.deepEqual([record.state, record.trials.length, record.accounting], ['interrupted', 0, null]);
  });
});
