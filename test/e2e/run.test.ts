/** Whole runs against the real worker and real bots: what was asked, what was reached, what is kept. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { metrics } from '../../harness/metrics.ts';
import type { EventLine, RunRecord } from '../../harness/record.ts';
import { type RawReading, readRun, type StoredRun } from '../../harness/store.ts';
import { type Finished, runScenario, workspace } from '../support/cli.ts';

const place = workspace();
after(() => place.close());

const media = `media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } }`;

async function run(text: string, ...args: string[]): Promise<{ finished: Finished; stored: StoredRun }> {
  const { directory, finished } = await runScenario(place, text, ...args);
  return { finished, stored: readRun(directory) };
}

function events<Name extends EventLine['event']>(
  stored: StoredRun,
  name: Name,
): Extract<EventLine, { event: Name }>[] {
  return stored.events.filter((line): line is Extract<EventLine, { event: Name }> => line.event === name);
}

function rawReadings(directory: string): RawReading[] {
  const text = gunzipSync(readFileSync(join(directory, 'raw.ndjson.gz'))).toString();
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as RawReading);
}

/** What every run directory holds. */
function assertDirectory(
  { directory, record, samples, events: lines }: StoredRun,
  more: readonly string[] = [],
): void {
  assert.deepEqual(
    readdirSync(directory).toSorted((a, b) => a.localeCompare(b)),
    ['charts', 'events.ndjson', ...more, 'report.html', 'run.json', 'samples.ndjson'],
  );
  assert.equal(record.schemaVersion, 1);
  assert.deepEqual(Object.keys(record.metrics), Object.keys(metrics));
  const known = new Set(Object.keys(metrics));
  let t = 0;
  for (const sample of samples) {
    assert.ok(Number.isInteger(sample.t) && sample.t >= 0);
    t = Math.max(t, sample.t);
    for (const [name, value] of Object.entries(sample.v)) {
      assert.ok(known.has(name), `${name} is in the metric table`);
      assert.ok(
        value === null || Array.isArray(value) || typeof value === 'object' || Number.isFinite(value),
      );
    }
  }
  assert.ok(t <= (record.durationMs ?? 0));
  assert.ok(lines.every((line) => Number.isInteger(line.t)));
}

function assertAccounted(record: RunRecord): void {
  const { accounting } = record;
  assert.ok(accounting !== null && accounting.consumers > 0 && accounting.sentBySfu > 500);
  assert.ok(Math.abs(accounting.mismatchRatio ?? 1) <= 0.005, JSON.stringify(accounting));
}

describe('a run', () => {
  it('of a staircase that falls, with extra viewers: every step is measured, every packet accounted for', async () => {
    const { finished, stored } = await run(
      `export const options = { ${media}, scenarios: {
        crowd: { executor: 'staircase', bot: 'chrome', rooms: { size: 2 }, levels: [3, 2], settle: '3s', hold: '4s' },
        probes: { executor: 'constant-vus', bot: 'chrome', vus: 1, joins: 'crowd' },
      } };`,
    );
    assert.equal(finished.code, 0, finished.stderr);
    const { record } = stored;
    assertDirectory(stored);
    assertAccounted(record);
    assert.equal(record.state, 'completed');
    assert.equal(record.verdict, null);
    assert.deepEqual(
      record.trials.map(({ group, level, state }) => [group, level, state]),
      [
        ['crowd', 3, 'good'],
        ['crowd', 2, 'good'],
      ],
    );
    const [up, down] = record.trials.map(({ figures }) => figures);
    // Rooms of 2 and 1, both publish: 2 × 2 consumers; the probe sees the first room: 4 more.
    assert.deepEqual([up?.peers, up?.producers, up?.consumers], [4, 6, 8]);
    assert.deepEqual([down?.peers, down?.producers, down?.consumers], [3, 4, 8]);
    assert.ok((up?.workerCpuCores ?? 0) > 0.001 && (up?.workerUsPerPacket ?? 0) > 1);
    assert.ok(
      (up?.fpsMedian ?? 0) > 10 && (up?.deliveryRatio ?? 0) > 0.97 && (up?.deliveryRatio ?? 2) < 1.03,
    );
    assert.equal(events(stored, 'joined').length, 4);
    assert.ok(events(stored, 'first-media').length >= 3);
    assert.deepEqual(events(stored, 'left').map(({ bot }) => bot)[0], 'crowd-2');
    const { manifest } = record;
    assert.match(manifest.node?.workerBinary.sha256 ?? '', /^[0-9a-f]{64}$/);
    assert.match(manifest.versions.browser ?? '', /\d+\./);
    assert.match(finished.stdout, /level +rooms +peers/);
    assert.match(finished.stdout, /remainder|smaller room|rooms.size/);
  });

  it('of a function per bot under constant-vus: iterations follow each other, exceptions are counted', async () => {
    const { finished, stored } = await run(
      `import type { Bot } from 'sfubench';
      export const options = { ${media}, scenarios: {
        loop: { executor: 'constant-vus', bot: 'synthetic', rooms: { size: 2 }, vus: 2, duration: '6s', settle: '1s' },
      } };
      export default async function (bot: Bot) {
        await bot.join();
        await bot.publish();
        if (bot.id.startsWith('loop-1') && bot.iteration === 1) throw new Error('second thoughts of ' + __ENV.WHO);
        if (bot.id.startsWith('loop-1')) await bot.stay(2000);
        else await bot.stay();
      }`,
      '-e',
      'WHO=the test',
      '--raw',
    );
    assert.equal(finished.code, 0, finished.stderr);
    assertDirectory(stored, ['raw.ndjson.gz']);
    const raw = rawReadings(stored.directory);
    const keys = new Set(raw.map(({ bot, direction, kind }) => `${bot} ${direction} ${kind}`));
    for (const bot of ['loop-0', 'loop-1'])
      for (const stream of ['in audio', 'in video', 'out audio', 'out video'])
        assert.ok(keys.has(`${bot} ${stream}`), `${bot} ${stream} of ${[...keys].join()}`);
    assert.ok(raw.every(({ t, s }) => Number.isInteger(t) && t >= 0 && (s === null || s === 0)));
    const threw = events(stored, 'threw');
    assert.equal(threw.length, 1);
    assert.match(threw[0]?.message ?? '', /second thoughts of the test/);
    const sessions = events(stored, 'joined').filter(({ bot }) => bot === 'loop-1');
    assert.ok(sessions.length >= 3, `${sessions.length} sessions`);
    assert.deepEqual(sessions.map(({ iteration }) => iteration).slice(0, 3), [0, 1, 2]);
    assert.equal(events(stored, 'joined').filter(({ bot }) => bot === 'loop-0').length, 1);
    assert.ok((stored.record.summary?.iterations ?? 0) >= 3);
  });

  it('of ramping-vus: peers come and go as the stages say, only the plateau is measured', async () => {
    const { finished, stored } = await run(
      `export const options = { media: { audio: true, video: false }, scenarios: {
        wave: { executor: 'ramping-vus', bot: 'synthetic', rooms: { size: 2 }, settle: '2s', startVUs: 0,
          stages: [{ duration: '2s', target: 2 }, { duration: '5s', target: 2 }, { duration: '1s', target: 0 }] },
      } };`,
      '--json',
    );
    assert.equal(finished.code, 0, finished.stderr);
    assertDirectory(stored);
    assert.equal((JSON.parse(finished.stdout) as RunRecord).id, stored.record.id);
    assert.deepEqual(
      stored.record.trials.map(({ level, figures }) => [level, figures.consumers]),
      [[2, 2]],
    );
    assert.equal(stored.record.trials[0]?.figures.fpsMedian, null, 'there is no video');
    assert.deepEqual(
      events(stored, 'left').map(({ bot }) => bot),
      ['wave-1', 'wave-0'],
    );
  });
});
