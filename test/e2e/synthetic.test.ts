/** Whole runs of synthetic bots, by themselves and together with Chrome. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { EncodedHistogram } from '../../harness/metrics.ts';
import { readRun, type StoredRun } from '../../harness/store.ts';
import { merge } from '../../reports/analysis/histogram.ts';
import { runScenario, workspace } from '../support/cli.ts';

const place = workspace();
after(() => place.close());

const media = `media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } }`;

async function run(scenarios: string, { thresholds = '{}', code = 0 } = {}): Promise<StoredRun> {
  const text = `export const options = { ${media}, thresholds: ${thresholds}, scenarios: { ${scenarios} } };`;
  const { directory, finished } = await runScenario(place, text);
  assert.equal(finished.code, code, finished.stderr);
  return readRun(directory);
}

function assertAccounted({ record: { accounting } }: StoredRun, consumers: number): void {
  assert.equal(accounting?.consumers, consumers);
  assert.ok(Math.abs(accounting.mismatchRatio ?? 1) <= 0.005, JSON.stringify(accounting));
  assert.ok(accounting.lostByBots <= accounting.sentBySfu * 0.005, JSON.stringify(accounting));
}

/** Median frame rate that bots of this group saw during the last step. */
function fpsOf({ samples }: StoredRun, bots: string): number {
  const histograms = samples
    .filter(({ e, s }) => e.startsWith(bots) && s !== null)
    .slice(-6)
    .flatMap(({ v }) => (v.video_fps == null ? [] : [v.video_fps as EncodedHistogram]));
  return merge(histograms)?.percentile(50) ?? Number.NaN;
}

describe('a run of synthetic bots', () => {
  it('reaches every level exactly, accounts for every packet, and needs no browser', async () => {
    const stored = await run(
      `crowd: { executor: 'staircase', bot: 'synthetic', rooms: { size: 4 }, levels: [4, 8], settle: '2s', hold: '4s' }`,
      {
        thresholds: `{
          'joins_total{scenario:crowd}': ['count==8'],
          join_ms: ['p(95)<5000', 'min>0'],
          'rtp_loss_ratio{kind:video}': ['rate<0.05'],
          'video_fps{step:1}': ['med>13', 'med<17'],
          delivery_ratio: ['rate>0.98', 'rate<1.02'],
          worker_us_per_packet: ['min>1'],
        }`,
      },
    );
    const { record, samples } = stored;
    assert.deepEqual([record.state, record.manifest.versions.browser], ['completed', null]);
    assert.equal(record.verdict, 'pass', JSON.stringify(record.thresholds));
    assert.deepEqual(record.metrics.join_ms.tags, ['scenario', 'bot', 'step']);
    assert.match(record.manifest.packets ?? '', /^udp linux, srtp openssl(, raised priority)?$/);
    assert.deepEqual(
      record.trials.map(({ level, state, figures: { peers, producers, consumers, transports } }) => [
        level,
        state,
        peers,
        producers,
        consumers,
        transports,
      ]),
      [
        [4, 'good', 4, 8, 24, 8],
        [8, 'good', 8, 16, 48, 16],
      ],
    );
    assertAccounted(stored, 48);
    for (const { figures } of record.trials) {
      // Opus 50 and video 23.5 packets a second, each to three others; a recording is not even over four seconds.
      const due = (figures.consumers ?? 0) * 36.75;
      assert.ok(Math.abs((figures.packetsOutPerSecond ?? 0) / due - 1) < 0.04, JSON.stringify(figures));
      assert.ok(Math.abs((figures.fpsMedian ?? 0) - 15) < 0.5 && figures.freezes === 0);
      assert.ok((figures.workerCpuCores ?? 0) > 0.005 && (figures.joinP95Ms ?? 9e9) < 2000);
      assert.equal(figures.joinsFailed, 0);
    }
    const names = new Set(samples.flatMap(({ v }) => Object.keys(v)));
    assert.ok(names.has('generator_send_lag_ms') && names.has('generator_socket_drops_total'));
  });

  it('ends early where a threshold says so: 99, with everything that was measured until then', async () => {
    const { record, events } = await run(
      `crowd: { executor: 'staircase', bot: 'synthetic', rooms: { size: 2 }, levels: [2], settle: '1s', hold: '60s' }`,
      {
        code: 99,
        thresholds: `{
          peers: [{ threshold: 'max<2', abortOnFail: true, delayAbortEval: '3s' }],
          dropped_iterations: ['count==0'],
          'video_freezes_total{kind:audio}': ['count==0'],
        }`,
      },
    );
    assert.deepEqual([record.state, record.verdict], ['completed', 'fail']);
    const states = record.thresholds?.map(({ state, aborted }) => [state, aborted]);
    assert.deepEqual(states, [
      ['fail', true],
      ['pass', false],
      ['inconclusive', false],
    ]);
    assert.ok((record.durationMs ?? 0) > 3_000 && (record.durationMs ?? 9e9) < 30_000);
    assert.ok((record.accounting?.sentBySfu ?? 0) > 0, 'the drain was read');
    assert.ok(events.some((line) => line.event === 'run-warning' && line.message.includes('abortOnFail')));
  });

  it('shares a room with Chrome: each shows the other whole pictures at its frame rate', async () => {
    const stored = await run(
      `crowd: { executor: 'staircase', bot: 'synthetic', rooms: { size: 3 }, levels: [3], settle: '7s', hold: '4s' },
       person: { executor: 'constant-vus', bot: 'chrome', vus: 1, joins: 'crowd', rooms: { publishers: 'all' } }`,
    );
    // Four in a room, and each publishes audio and video.
    assertAccounted(stored, 4 * 3 * 2);
    assert.ok(Math.abs(fpsOf(stored, 'bots:person:chrome:video') - 15) < 2);
    assert.ok(Math.abs(fpsOf(stored, 'bots:crowd:synthetic:video') - 15) < 2);
    assert.equal(stored.record.trials[0]?.state, 'good');
  });
});
