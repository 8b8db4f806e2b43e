/**
 * What the instrument's own faults are, and what is the SFU's: on two cores and more, with nobody else on the machine. A
 * worker that is full to bursting is bad; a generator or a worker that has no core to itself says nothing.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { after, afterEach, describe, it } from 'node:test';
import { allowedCores } from '../../harness/cores.ts';
import type { TrialRecord } from '../../harness/record.ts';
import { readRun } from '../../harness/store.ts';
import { type Finished, startCli, undisturbed, workspace } from '../support/cli.ts';
import { goneWithin } from '../support/processes.ts';

const place = workspace();
after(() => place.close());

const [first = 0, second = 1] = allowedCores();
const calm = "rooms: { size: 6 }, levels: [24], joinRate: 30, settle: '2s', hold: '8s'";
const burners: ChildProcess[] = [];

/** A neighbour that never rests. */
function burn(core: number): void {
  const burner = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  burners.push(burner);
  execFileSync('taskset', ['-pc', String(core), String(burner.pid)], { stdio: 'ignore' });
}

afterEach(() => {
  for (const burner of burners.splice(0)) burner.kill('SIGKILL');
});

async function run(
  group: string,
  ...flags: string[]
): Promise<{ finished: Finished; code: number | null; trials: readonly TrialRecord[] }> {
  const directory = place.run();
  const text = `export const options = { thresholds: { 'violation_ratio{kind:video}': ['rate<0.005'] }, scenarios: { crowd: { executor: 'staircase', bot: 'synthetic', ${group} } } };`;
  const command = startCli(['run', place.scenario(text), '--dir', directory, ...flags]);
  const finished = await command.finished;
  const { code, stderr } = finished;
  assert.deepEqual(await goneWithin(command.mark, 2000), [], stderr);
  return { finished, code, trials: readRun(directory).record.trials };
}

function assertInvalid({ code, trials }: Awaited<ReturnType<typeof run>>, reason: RegExp): void {
  assert.deepEqual([code, trials.map(({ state }) => state)], [121, ['invalid']], JSON.stringify(trials));
  assert.match(trials[0]?.reasons.join('; ') ?? '', reason);
}

describe('a trial', { skip: allowedCores().length < 2 }, () => {
  it('is good where everybody has a core', async () => {
    const { code, trials } = await undisturbed(() => run(calm));
    assert.deepEqual([code, trials.map(({ state }) => state)], [0, ['good']], JSON.stringify(trials));
    assert.ok((trials[0]?.figures.violationWindows ?? 0) > 500);
  });

  it('is bad, not invalid, where the worker is overloaded: sockets swell, joins fail, rates never settle', async () => {
    const { code, trials } = await run(
      "rooms: { size: 10 }, levels: [90, 160], joinRate: 30, settle: '3s', hold: '10s'",
    );
    assert.equal(code, 99, 'by its threshold');
    assert.deepEqual(
      trials.map(({ state }) => state),
      ['bad', 'bad'],
      JSON.stringify(trials, null, 1),
    );
    // Those that were let in may then be as many as it can serve: what broke is who was not, and what they broke.
    for (const { reasons, figures } of trials) {
      assert.match(reasons.join('; '), /joins: \d+ failed.*windows broke quality: (loss|silence|bitrate)/);
      assert.ok((figures.violationRatio ?? 0) > 0.05 && (figures.generatorDropRatio ?? 1) <= 0.001);
    }
  });

  it('is invalid where the generator is on the worker’s core', async () => {
    const cores = ['--cores-sfu', String(first), '--cores-generator', String(first)];
    assertInvalid(await run(calm, ...cores), /^the worker waited for its core .* something else runs there$/);
  });

  it('is invalid where a neighbour burns the generator’s core', async () => {
    burn(second);
    assertInvalid(await run(calm), /others used \d+\.\d % of the generator’s cores/);
  });

  it('is invalid where a neighbour burns the worker’s core', async () => {
    burn(first);
    assertInvalid(await run(calm), /^the worker waited for its core/);
  });
});
