/** `network` of a scenario: what bots' packets meet between them and the SFU. */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { BenchError } from '../../harness/errors.ts';
import { loadScenario } from '../../harness/load.ts';
import { place } from '../../harness/plan.ts';
import { networkText } from '../../harness/scenario/network.ts';
import { crowd } from './bad-files.ts';
import { resolved, scenarioFile } from './scenario-file.ts';

const group = { executor: 'staircase', bot: 'synthetic', rooms: { size: 2 }, levels: [2], hold: '30s' };
const free = { delayMs: 0, jitterMs: 0, lossRatio: 0, rateBps: null, queueMs: 200 };

const refused: readonly (readonly [network: string, field: string, fragment: RegExp])[] = [
  ['{ dely: 40 }', 'network.dely', /did you mean 'delay'/],
  ['{ up: { dely: 40 } }', 'network.up.dely', /did you mean 'delay'/],
  ["{ delay: 'soon' }", 'network.delay', /a duration.*not 'soon'/],
  ['{ jitter: -1 }', 'network.jitter', /a duration/],
  ['{ loss: 2 }', 'network.loss', /from 0 to 1.*not 2/],
  ["{ down: { loss: '1%' } }", 'network.down.loss', /not '1%'/],
  ['{ rateBps: 0 }', 'network.rateBps', /bits per second from 10,000 to 10,000,000,000/],
  ["{ rateBps: '2Mb' }", 'network.rateBps', /bits per second.*not '2Mb'/],
  ['{ up: 7 }', 'network.up', /an object such as/],
  ["'3g'", 'network', /'none' or an object.*not '3g'/],
];

async function refuses(text: string, field: string, fragment: RegExp): Promise<void> {
  await rejects(loadScenario(scenarioFile(text)), (thrown) => {
    ok(thrown instanceof BenchError, text);
    equal(thrown.detail.field, field, text);
    match(`${thrown.message} ${thrown.detail.hint ?? ''}`, fragment);
    return thrown.code === 'SCENARIO_INVALID';
  });
}

test('what is wrong with a network is named, above and in an entry', async () => {
  for (const [network, field, fragment] of refused) {
    await refuses(crowd("bot: 'synthetic',", `network: ${network},`), field, fragment);
    await refuses(crowd(`bot: 'synthetic', network: ${network},`), `scenarios.crowd.${field}`, fragment);
  }
});

test('a network is for bots that can have one', async () => {
  await refuses(crowd('network: { loss: 0.01 },'), 'scenarios.crowd.network', /Chrome bots.*'synthetic'/);
  await refuses(crowd('', 'network: { loss: 0.01 },'), 'network', /crowd' has Chrome bots.*'none'/);
  const packet = "synthetic: { wake: 'packet' }, network: { loss: 0.01 },";
  await refuses(crowd("bot: 'synthetic',", packet), 'network', /wake: 'packet'/);
});

test('each direction has what it says itself, and else what is said for both', () => {
  const network = { delay: '40ms', loss: 0.01, down: { loss: 0, rateBps: 2_000_000, queue: '1s' } };
  const { groups } = resolved({
    network,
    scenarios: {
      crowd: group,
      lab: { ...group, network: 'none' },
      slow: { ...group, network: { jitter: 5 } },
    },
  });
  const up = { ...free, delayMs: 40, lossRatio: 0.01 };
  const down = { ...free, delayMs: 40, rateBps: 2_000_000, queueMs: 1_000 };
  deepEqual(
    groups.map((each) => each.network),
    [{ up, down }, null, { up: { ...free, jitterMs: 5 }, down: { ...free, jitterMs: 5 } }],
  );
  const [first] = groups;
  ok(first !== undefined);
  deepEqual(place({ groups }, first, 1)[0]?.network, { up, down });
  equal(networkText({ up, down }), 'network up 40 ms, 1 % loss, down 40 ms, 2 Mb/s');
  equal(networkText({ up, down: up }), 'network 40 ms, 1 % loss each way');
  equal(networkText({ up: free, down: free }), null);
});

test('a network that breaks the limits of quality by itself is named', () => {
  const { warnings } = resolved({
    network: { delay: '80ms', loss: 0.02 },
    scenarios: { crowd: group },
  });
  match(warnings.join('\n'), /between two of its bots up for 160ms, and quality.latency is 150ms/);
  match(warnings.join('\n'), /loses 4.0 % between two of its bots, and quality.loss is 2.0 %/);
  deepEqual(resolved({ network: { delay: '20ms' }, scenarios: { crowd: group } }).warnings, []);
});
