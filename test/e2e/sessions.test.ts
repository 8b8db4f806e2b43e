/** Whole runs whose peers come and go: arrivals at a rate, and a number of sessions for each VU. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { RunRecord } from '../../harness/record.ts';
import { readRun, type StoredRun } from '../../harness/store.ts';
import { startCli, workspace } from '../support/cli.ts';
import { goneWithin } from '../support/processes.ts';

const place = workspace();
after(() => place.close());

const shared = `bot: 'synthetic', rooms: { size: 2 }, media: { video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } }`;

async function run(scenario: string, rest: string, more = ''): Promise<StoredRun> {
  const directory = place.run();
  const text = `export const options = { ${rest} scenarios: { crowd: { ${shared}, ${scenario} } } };\n${more}`;
  const command = startCli(['run', place.scenario(text), '--dir', directory]);
  const finished = await command.finished;
  assert.deepEqual(await goneWithin(command.mark, 2000), []);
  // 121: others on this machine took the bots' core, which is no matter of sessions.
  assert.ok(finished.code === 0 || finished.code === 121, `${finished.code} ${finished.stderr}`);
  return readRun(directory);
}

function assertPassed(thresholds: RunRecord['thresholds']): void {
  assert.ok(
    thresholds?.every(({ state }) => state === 'pass'),
    JSON.stringify(thresholds),
  );
}

describe('a run of sessions', () => {
  it('that come due at a rate: all of them join, end and come again, and the trial says what they cost', async () => {
    const { record, events } = await run(
      `executor: 'constant-arrival-rate', rate: 5, settle: '1s', duration: '4s', preAllocatedVUs: 10, sessionDuration: '1s'`,
      `thresholds: { dropped_iterations: ['count==0'], iterations: ['count==20'], joins_total: ['count==20'] },`,
    );
    assertPassed(record.thresholds);
    const [trial, ...more] = record.trials;
    assert.deepEqual(more, []);
    assert.deepEqual([trial?.level, trial?.levelUnit], [5, 'sessions/s']);
    // Nothing of it is the SFU's, nor of the sessions.
    assert.ok(trial?.state !== 'bad' && !trial?.reasons.join().includes('session'), JSON.stringify(trial));
    const { packetsOutPerSecond, workerUsPerPacket, lossRatio, deliveryRatio } = trial?.figures ?? {};
    // Of streams that come and go, what was due to whom is not known; how much there was, is.
    assert.equal(deliveryRatio, null);
    assert.ok((packetsOutPerSecond ?? 0) > 50 && (workerUsPerPacket ?? 0) > 1, JSON.stringify(trial));
    assert.ok((lossRatio ?? 1) < 0.02);
    const { joins, iterations, peersReached } = record.summary ?? {};
    assert.deepEqual([joins, iterations], [20, 20]);
    assert.ok((peersReached ?? 0) >= 5 && (peersReached ?? 99) <= 7, `${peersReached} at once`);
    const again = events.filter((line) => line.event === 'joined' && line.iteration > 0);
    assert.ok(again.length >= 10, 'VUs have one session after the other');
    const left = events.filter((line) => line.event === 'left');
    assert.ok(
      left.length === 20 && left.every((line) => line.event === 'left' && line.reason === 'returned'),
    );
  });

  it('that each VU has so many of: it ends with the last one, whatever becomes of the others', async () => {
    const { record, events } = await run(
      `executor: 'per-vu-iterations', vus: 2, iterations: 3, env: { WORD: 'mine' }`,
      `thresholds: { iterations: ['count==6'], dropped_iterations: ['count==0'], exceptions_total: ['count==0'] },`,
      `export default async function (bot) {
        if (__ENV.WORD !== 'mine') throw new Error('not the environment of its scenario');
        await bot.join();
        await bot.publish();
        await bot.stay(300);
      }`,
    );
    assertPassed(record.thresholds);
    assert.deepEqual([record.trials, record.summary?.iterations], [[], 6]);
    const joined = events.flatMap((line) =>
      line.event === 'joined' ? [`${line.bot} ${line.iteration}`] : [],
    );
    assert.deepEqual(
      joined.toSorted(),
      [0, 1].flatMap((vu) => [0, 1, 2].map((iteration) => `crowd-${vu} ${iteration}`)),
    );
    assert.ok((record.durationMs ?? 9e9) < 15_000, 'nobody waited for maxDuration');
  });

  it('that the last stage of a ramp ends: who is on the way out has gracefulRampDown', async () => {
    const { record } = await run(
      `executor: 'ramping-vus', startVUs: 2, stages: [{ duration: '1s', target: 0 }], gracefulRampDown: '20s'`,
      `thresholds: { iterations: ['count==2'], ended: ['count==2'] },`,
      `import { Counter, sleep } from 'sfubench';
      const ended = new Counter('ended');
      export default async function (bot) {
        await bot.join();
        await bot.publish();
        await bot.stay();
        await sleep(2);
        ended.add(1);
      }`,
    );
    assertPassed(record.thresholds);
    assert.ok((record.durationMs ?? 9e9) < 15_000, 'nobody waited for all of it');
  });
});
