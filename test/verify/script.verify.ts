/** What takes longer to prove of the scenario's functions: a host that is blocked for good, and the scenarios that come along. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { readRun } from '../../harness/store.ts';
import { eventOf, startCli, undisturbed, workspace } from '../support/cli.ts';
import { goneWithin } from '../support/processes.ts';

const place = workspace();
after(() => place.close());

const blocking = `
  import type { Bot } from 'sfubench';
  export const options = {
    media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
    scenarios: { crowd: { executor: 'staircase', bot: 'synthetic', rooms: { size: 2 }, levels: [2], settle: '1s', hold: '90s' } },
  };
  export default async function (bot: Bot) {
    await bot.join();
    await bot.publish();
    await bot.stay(2_000);
    if (bot.vu === 1) for (;;);
    await bot.stay();
  }`;

describe('a function that never awaits', () => {
  it('costs its host, which is ended, and the run ends invalid long before its plan', async () => {
    const directory = place.run();
    const command = startCli(['run', place.scenario(blocking), '--dir', directory]);
    const { code, stderr } = await command.finished;
    assert.deepEqual(await goneWithin(command.mark, 2_000), []);
    assert.equal(code, 121, stderr);
    const { record, events } = readRun(directory);
    assert.ok((record.durationMs ?? 9e9) < 45_000, `${record.durationMs}`);
    assert.deepEqual(
      record.trials.map(({ state }) => state),
      ['invalid'],
    );
    const died = events.find((line) => line.event === 'host-died');
    assert.ok(died?.event === 'host-died');
    assert.match(died.message, /nothing came from it for 15 s: a function that never awaits/);
  });

  it('ends with the command line, whatever becomes of that', async () => {
    const directory = place.run();
    const command = startCli(['run', place.scenario(blocking), '--dir', directory]);
    await eventOf(directory, (line) => line.event === 'phase' && line.phase === 'hold', 40_000);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    command.kill('SIGKILL');
    await command.finished;
    assert.deepEqual(await goneWithin(command.mark, 2_000), []);
  });
});

describe('a function that throws at once', () => {
  it('is counted each time and told some times; the trial had no load to speak of', async () => {
    const directory = place.run();
    const command = startCli([
      'run',
      place.scenario(`
        import { fail } from 'sfubench';
        export const options = { media: { video: false }, scenarios: { crowd: {
          executor: 'constant-vus', bot: 'synthetic', rooms: { size: 2 }, vus: 10, settle: '1s', duration: '3s' } } };
        export default () => fail('never');`),
      '--dir',
      directory,
    ]);
    const { code, stderr } = await command.finished;
    assert.deepEqual(await goneWithin(command.mark, 2_000), []);
    assert.equal(code, 121, stderr);
    const { record, events } = readRun(directory);
    const [thrown, ...others] = record.exceptions ?? [];
    assert.deepEqual(others, []);
    assert.match(thrown?.message ?? '', /^Error: never \(/);
    assert.ok((thrown?.count ?? 0) > 250, `${thrown?.count}`);
    assert.equal(record.summary?.events['threw'], thrown?.count);
    assert.equal(events.filter(({ event }) => event === 'threw').length, 200);
    assert.ok((record.summary?.iterations ?? 0) > 250, 'an iteration that threw is one, as in k6');
  });
});

describe('an interrupt', () => {
  it('ends a setup that hangs, and a summary', async () => {
    const options = `export const options = { media: { video: false }, scenarios: {
      crowd: { executor: 'staircase', bot: 'synthetic', rooms: { size: 2 }, levels: [2], settle: '1s', hold: '1s' } } };`;
    for (const name of ['setup', 'handleSummary']) {
      const text = `${options}\nexport function ${name}() { console.log('here'); for (;;); }`;
      const command = startCli(['run', place.scenario(text), '--dir', place.run()]);
      while (!command.stderr().includes('here')) await new Promise((resolve) => setTimeout(resolve, 50));
      command.kill('SIGINT');
      const finished = await command.finished;
      assert.equal(finished.code, 105, finished.stderr);
      assert.deepEqual(await goneWithin(command.mark, 2_000), []);
    }
  });
});

interface Short {
  readonly file: string;
  readonly flags: readonly string[];
  /** Peers of the first trial; null where they come and go. */
  readonly peers: number | null;
}

const shorts: readonly Short[] = [
  { file: 'meeting', flags: ['--levels', '2', '--hold', '6s'], peers: 6 },
  { file: 'broadcast', flags: ['--levels', '100', '--hold', '6s'], peers: 100 },
  { file: 'crowd', flags: ['--levels', '8', '--hold', '6s'], peers: 10 },
  { file: 'last-mile', flags: ['--levels', '4', '--hold', '6s'], peers: 16 },
  { file: 'join-storm', flags: [], peers: null },
  { file: 'churn', flags: ['--duration', '20s'], peers: null },
  { file: 'webinar', flags: ['--levels', '25', '--hold', '3s'], peers: 27 },
  { file: 'audio-rooms', flags: ['--levels', '2', '--hold', '3s'], peers: 20 },
  { file: 'simulcast-grid', flags: ['--levels', '4', '--hold', '6s'], peers: 4 },
  { file: 'soak', flags: ['--vus', '8', '--duration', '5s'], peers: 8 },
];

describe('scenarios that come along', () => {
  for (const { file, flags, peers } of shorts) {
    it(`${file}: its short form runs, and nothing in it breaks`, async () => {
      const { directory, finished } = await undisturbed(async () => {
        const directory = place.run();
        const command = startCli(['run', `scenarios/${file}.ts`, ...flags, '--dir', directory]);
        const finished = await command.finished;
        assert.deepEqual(await goneWithin(command.mark, 2_000), []);
        return { directory, finished };
      });
      const { code, stdout, stderr } = finished;
      assert.equal(code, 0, `${stdout}\n${stderr}`);
      const { record } = readRun(directory);
      const [trial] = record.trials;
      assert.ok(trial !== undefined);
      if (peers !== null) assert.equal(trial.figures.peers, peers);
      // Seconds of hold are no time to settle in: what is proven is that nothing breaks.
      assert.ok(trial.state === 'good' || trial.state === 'unsettled', JSON.stringify(trial.reasons));
    });
  }
});
