import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type InspectFlags, inspectCommand } from '../../harness/commands/inspect.ts';
import { BenchError } from '../../harness/errors.ts';
import { scenarioFile } from '../scenario/scenario-file.ts';

const color = { color: false };

async function inspected(file: string, flags: Partial<InspectFlags> = {}): Promise<string> {
  let out = '';
  equal(await inspectCommand(file, { ...color, ...flags, print: (text) => (out += text) }), 0);
  return out;
}

const text = `
  export const options = {
    media: { video: { width: 640, height: 360, fps: 20 } },
    scenarios: {
      crowd: { executor: 'staircase', rooms: { size: 4 }, levels: [4, 8], hold: '30s' },
      probes: { executor: 'constant-vus', vus: 2, joins: 'crowd' },
    },
  };`;

test('inspect prints each step of each group, the time, the cores and the warnings', async () => {
  const out = await inspected(scenarioFile(text));
  match(out, /crowd: staircase · chrome · rooms of 4 · everybody publishes audio and VP8 640×360 at 20 fps/);
  match(out, /\n +8 +8\+2 +2 +18 +16 +64 /);
  match(out, /probes: constant-vus · chrome · in the rooms of crowd · nobody publishes/);
  match(out, /\n +2 +2 +0 +2 +0 +16 .*extra\n/);
  match(out, /duration +about 2m\d+s/);
  match(out, /rates +as measured/);
});

test('inspect --json is the same as data', async () => {
  const { scenario, forecast, warnings } = JSON.parse(await inspected(scenarioFile(text), { json: true }));
  equal(scenario.groups.length, 2);
  deepEqual(forecast.interpolated, []);
  const [first, second] = forecast.groups[0].steps;
  deepEqual([first.peers, first.extraPeers, first.measured], [4, 2, true]);
  deepEqual([second.load.rooms, second.load.producers, second.load.consumers], [2, 16, 64]);
  ok(Array.isArray(warnings));
});

test('inspect warns when the bots need more cores than there are', async () => {
  const out = await inspected(scenarioFile(text), { levels: '4000' });
  match(out, /warning +the bots need about \d+\.\d cores and have \d+/);
});

test('inspect refuses what run would refuse', async () => {
  await rejects(inspected(scenarioFile(text), { levels: '2' }), BenchError);
});

/** Guests beside residents are what `churn` asks about. */
const atTheSameTime =
  'scenarios residents, guests run at the same time: the figures of each hold the load of the others';

test('the scenarios that come with the package are sound', async () => {
  const folder = new URL('../../scenarios/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  ok(files.length >= 3);
  for (const name of files) {
    const { warnings, scenario } = JSON.parse(
      await inspected(fileURLToPath(new URL(name, folder)), { json: true }),
    );
    deepEqual(
      warnings.filter((warning: string) => !warning.includes('the bots need')),
      scenario.name === 'churn' ? [atTheSameTime] : [],
      scenario.name,
    );
  }
});

test('the first run ends within two minutes', async () => {
  const file = fileURLToPath(new URL('../../scenarios/quickstart.ts', import.meta.url));
  const { forecast } = JSON.parse(await inspected(file, { json: true }));
  ok(forecast.durationMs < 105_000, `${forecast.durationMs} ms and a launch`);
  ok(forecast.generatorCores < 0.6, `${forecast.generatorCores} cores`);
});
