/**
 * Every fault in every phase of a run: the exit code, the state in run.json, nobody left, and every sample that was
 * written before the fault still readable.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { RunState } from '../../harness/record.ts';
import { readRun } from '../../harness/store.ts';
import { type Command, cliEntry, eventOf, processesOf, startCli, workspace } from '../support/cli.ts';
import { descendants, goneWithin } from '../support/processes.ts';

const place = workspace();
after(() => place.close());

const scenario = place.scenario(`export const options = {
  media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
  scenarios: { pair: { executor: 'staircase', bot: 'chrome', rooms: { size: 2 }, levels: [2], joinRate: 1, settle: '4s', hold: '4s' } },
};`);

type Phase = 'start' | 'join' | 'settle' | 'hold' | 'drain';
type Fault =
  | 'interrupt'
  | 'interrupt twice'
  | 'kill worker'
  | 'kill node'
  | 'kill host'
  | 'kill browser'
  | 'kill pages'
  | 'kill cli';

interface Ending {
  /** Null: the process itself was killed. */
  readonly code: number | null;
  readonly state: RunState;
}

const failed: Ending = { code: 122, state: 'failed' };
const interrupted: Ending = { code: 105, state: 'interrupted' };
const lost: Ending = { code: 121, state: 'failed' };
const crashed: Ending = { code: 121, state: 'completed' };
const measured: Ending = { code: 0, state: 'completed' };
const notStarted: Ending = { code: 123, state: 'failed' };
const killed: Ending = { code: null, state: 'running' };

const always: Readonly<Record<Exclude<Fault, 'kill browser' | 'kill pages'>, Ending>> = {
  interrupt: interrupted,
  'interrupt twice': interrupted,
  'kill worker': failed,
  'kill node': failed,
  'kill host': lost,
  'kill cli': killed,
};
const matrix: Readonly<Record<Phase, Readonly<Partial<Record<Fault, Ending>>>>> = {
  // A host or a browser that dies while it is launched leaves nothing to run with. Pages come one by one: how many of
  // them there are to kill is chance.
  start: { ...always, 'kill host': notStarted, 'kill browser': notStarted },
  join: { ...always, 'kill browser': crashed, 'kill pages': crashed },
  settle: { ...always, 'kill browser': crashed, 'kill pages': crashed },
  hold: { ...always, 'kill browser': crashed, 'kill pages': crashed },
  // Everything was measured by then: only the last sums are missing.
  drain: { ...always, 'kill browser': measured, 'kill pages': measured },
};

async function untilTrue(condition: () => boolean, ms: number, command: Command): Promise<void> {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end || command.ended()) {
      throw new Error(`waited in vain: ${command.stderr()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function reachPhase(
  phase: Phase,
  victim: string | undefined,
  command: Command,
  directory: string,
): Promise<void> {
  if (phase === 'start') {
    await untilTrue(() => existsSync(join(directory, 'run.json')), 20_000, command);
    if (victim === undefined) return;
    // A worker that dies before it has answered could not be started; this is about one that had.
    if (victim === 'worker') await untilTrue(() => command.stderr().includes('launching'), 20_000, command);
    await untilTrue(() => victimsOf(victim, command).length > 0, 20_000, command);
  } else if (phase === 'drain') {
    await untilTrue(() => command.stderr().includes('draining'), 60_000, command);
  } else {
    await eventOf(directory, (line) => line.event === 'phase' && line.phase === phase, 60_000);
    // Into the phase: a second reading has come, or the second of two joins is still due.
    await new Promise((resolve) => setTimeout(resolve, phase === 'join' ? 300 : 1500));
  }
}

/** Of pages all: Chrome keeps a spare renderer, and does not say which one has whom. */
function victimsOf(victim: string, command: Command): readonly number[] {
  if (victim === 'pages') {
    const renderers = descendants(command.pid).filter(({ command: text }) =>
      text.includes('--type=renderer'),
    );
    return renderers.map(({ pid }) => pid);
  }
  try {
    return [processesOf(command)[victim as keyof ReturnType<typeof processesOf>].pid];
  } catch {
    return [];
  }
}

function inflict(fault: Fault, command: Command): void {
  const [verb, victim = ''] = fault.split(' ');
  if (verb === 'interrupt') {
    command.kill('SIGINT');
    if (victim === 'twice') setTimeout(() => command.kill('SIGINT'), 700);
  } else if (victim === 'cli') command.kill('SIGKILL');
  else {
    const pids = victimsOf(victim, command);
    assert.ok(pids.length > 0, `no ${victim} to kill`);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
  }
}

function sampleLines(directory: string): string[] {
  return readFileSync(join(directory, 'samples.ndjson'), 'utf8').split('\n').slice(0, -1);
}

for (const phase of Object.keys(matrix) as Phase[]) {
  describe(`in ${phase}`, () => {
    for (const [fault, expected] of Object.entries(matrix[phase]) as [Fault, Ending][]) {
      it(`${fault}: ${expected.code ?? 'killed'}, ${expected.state}`, async () => {
        const directory = place.run();
        const command = startCli(['run', scenario, '--dir', directory]);
        const victim = fault.startsWith('kill ') && fault !== 'kill cli' ? fault.slice(5) : undefined;
        await reachPhase(phase, victim, command, directory);
        const before = sampleLines(directory);
        const tree = descendants(command.pid);
        inflict(fault, command);
        const finished = await command.finished;
        assert.deepEqual(await goneWithin(command.mark, 2000, tree), []);
        assert.equal(finished.code, expected.code, finished.stderr);
        const run = readRun(directory);
        assert.equal(run.record.state, expected.state);
        assert.equal(run.record.exitCode, expected.code);
        assert.deepEqual(sampleLines(directory).slice(0, before.length), before);
        if (expected === crashed && phase === 'hold') {
          assert.ok(run.events.some(({ event }) => event === 'crashed'));
          assert.match(run.record.trials.at(-1)?.reasons.join('; ') ?? '', /bots crashed/);
        }
        if (
          expected.code !== null &&
          expected.code !== 0 &&
          expected.code !== 105 &&
          run.record.trials.length === 0
        ) {
          assert.ok(run.record.failure !== null, 'a failure is named');
        }
      });
    }
  });
}

describe('pages that crash in a step', () => {
  it('are made ready again for the next one, which is whole', async () => {
    const steps = place.scenario(`export const options = {
  media: { audio: true, video: { width: 320, height: 180, fps: 10, maxBitrateBps: 100_000 } },
  scenarios: { pair: { executor: 'staircase', bot: 'chrome', rooms: { size: 2 }, levels: [2, 4], joinRate: 1, settle: '4s', hold: '4s' } },
};`);
    const directory = place.run();
    const command = startCli(['run', steps, '--dir', directory]);
    await reachPhase('hold', 'pages', command, directory);
    inflict('kill pages', command);
    const { stderr } = await command.finished;
    const [first, second] = readRun(directory).record.trials;
    assert.deepEqual([first?.state, first?.figures.peers], ['invalid', 0], stderr);
    assert.deepEqual([second?.figures.peers, second?.figures.consumers], [4, 8], stderr);
    assert.doesNotMatch(second?.reasons.join() ?? '', /crashed|missing|delivered/);
  });
});

it('a reader that goes away takes nothing along: the run ends as it would have', () => {
  const directory = place.run();
  const file = place.scenario(`export const options = {
  scenarios: { pair: { executor: 'staircase', bot: 'synthetic', rooms: { size: 2 }, levels: [2], settle: '2s', hold: '3s' } },
};`);
  const pipe = '"$0" "$@" 2>&1 | head -1';
  spawnSync('sh', ['-c', pipe, process.execPath, cliEntry, 'run', file, '--dir', directory]);
  const { state, trials } = readRun(directory).record;
  assert.deepEqual([state, trials.length], ['completed', 1]);
});
