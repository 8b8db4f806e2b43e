/** Chart configurations: what is drawn is what was measured, and what was not measured is not drawn. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoredRun } from '../../harness/store.ts';
import type { RunChart } from '../../reports/charts/chart.ts';
import type { MarkOptions } from '../../reports/charts/marks.ts';
import { colored, dark, light } from '../../reports/charts/theme.ts';
import { runCharts } from '../../reports/charts.ts';
import { plain, runText } from '../../reports/text.ts';
import { changed, realRun, storedRuns, withFigures } from './stored-runs.ts';

interface Point {
  readonly x: number;
  readonly y: number | null;
  readonly label?: string;
}

function chart(run: StoredRun, id: string): RunChart {
  const found = runCharts(run).find((one) => one.id === id);
  assert.ok(found, id);
  return found;
}

function points(run: StoredRun, id: string, dataset = 0): readonly Point[] {
  return (chart(run, id).config?.data.datasets[dataset]?.data ?? []) as readonly Point[];
}

describe('chart configurations', () => {
  for (const [state, run] of Object.entries(storedRuns)) {
    it(`are plain JSON, with colours that both themes have: ${state}`, () => {
      for (const { id, config } of runCharts(run())) {
        assert.deepEqual(JSON.parse(JSON.stringify(config)), config, id);
        for (const palette of [light, dark]) {
          assert.doesNotMatch(JSON.stringify(colored(config, palette)), /color:/, id);
        }
      }
    });
  }

  it('have titles, units and a description each, and names of their own', () => {
    const charts = runCharts(realRun());
    assert.equal(new Set(charts.map(({ id }) => id)).size, charts.length);
    for (const { id, title, caption, description, config } of charts) {
      assert.match(id, /^[a-z0-9-]+$/);
      assert.ok(title !== '' && caption !== '' && /\d/.test(description), id);
      const scales = config?.options?.scales as Record<string, { title: { text: string } }>;
      assert.ok(scales.x?.title.text !== '' && scales.y?.title.text !== '', id);
    }
  });

  it('draw every trial where it was measured, labelled with its level', () => {
    const run = realRun();
    const drawn = points(run, 'worker-cpu-over-consumers').filter(({ y }) => y !== null);
    assert.deepEqual(
      drawn.map(({ x }) => x),
      run.record.trials.map(({ figures }) => figures.consumers),
    );
    for (const [index, { y }] of drawn.entries()) {
      const cpu = (run.record.trials[index]?.figures.hottestWorkerCpuCores ?? 0) * 100;
      assert.ok(Math.abs((y ?? 0) / cpu - 1) < 0.001);
    }
    assert.deepEqual(
      drawn.map(({ label }) => label),
      ['2', '4', '6', '8 invalid', '12 invalid'],
    );
  });

  it('leave invalid trials out of the lines that speak of the SFU, not of those about the generator', () => {
    const run = realRun();
    const gaps = (id: string): number => points(run, id).filter(({ y }) => y === null).length;
    assert.equal(gaps('loss'), 2);
    assert.equal(gaps('generator-cpu'), 0);
    const styles = chart(run, 'loss').config?.data.datasets[0] as unknown as { pointStyle: string[] };
    assert.deepEqual(styles.pointStyle.slice(-1), ['rectRot']);
  });

  it('mark bad and unsettled trials by shape and word', () => {
    const run = changed((record) => {
      const states = ['good', 'unsettled', 'good', 'bad', 'bad'] as const;
      record.trials.splice(
        0,
        5,
        ...record.trials.map((trial, index) => ({ ...trial, state: states[index] ?? ('good' as const) })),
      );
    });
    const dataset = chart(run, 'fps').config?.data.datasets[0] as unknown as { pointStyle: string[] };
    assert.deepEqual(dataset.pointStyle, ['circle', 'triangle', 'circle', 'crossRot', 'crossRot']);
    assert.deepEqual(
      points(run, 'fps').map(({ label }) => label),
      ['', 'unsettled', '', 'bad', 'bad'],
    );
  });

  it('go from level to level also where a full SFU sends less, and leave a bad trial at a good level apart', () => {
    const run = changed((record) => {
      const asked = [4, 2, 4, 8, 6].map((level, index) => ({ level, state: index < 2 ? 'good' : 'bad' }));
      const sent = [20_000, 10_000, 15_000, 5_000, 25_000];
      record.trials.splice(
        0,
        5,
        ...record.trials.map((trial, index) => ({
          ...withFigures(trial, { packetsOutPerSecond: sent[index] ?? null }),
          ...(asked[index] as Pick<typeof trial, 'level' | 'state'>),
        })),
      );
    });
    assert.deepEqual(
      points(run, 'us-per-packet-over-packets').map(({ x, y }) => (y === null ? null : x)),
      [10_000, 20_000, 25_000, 5_000, null, 15_000],
    );
  });

  it('have a gap where one figure is missing, and no chart where all are', () => {
    const run = changed((record) => {
      const second = withFigures(record.trials[1], { lossRatio: null, freezes: null });
      record.trials.splice(1, 1, second);
      record.trials.splice(0, 5, ...record.trials.map((trial) => withFigures(trial, { freezes: null })));
    });
    assert.equal(points(run, 'loss')[1]?.y, null);
    assert.match(chart(run, 'loss').description, /1 not measured/);
    assert.equal(chart(run, 'freezes').config, null);
    assert.equal(chart(run, 'freezes').description, 'Not measured.');
  });

  it('draw packets’ time under way where it was measured, over levels and over packets', () => {
    const run = changed((record) => {
      const figures = [1, 2, 3, 4, 5].map((ms) => ({ oneWayP50Ms: ms, oneWayP99Ms: ms * 10 }));
      record.trials.splice(
        0,
        record.trials.length,
        ...record.trials.map((trial, index) => withFigures(trial, figures[index] ?? {})),
      );
    });
    assert.deepEqual(
      points(run, 'one-way', 1)
        .filter(({ y }) => y !== null)
        .map(({ y }) => y),
      [10, 20, 30, 40, 50],
    );
    assert.equal(points(run, 'one-way-over-packets')[0]?.x, points(run, 'worker-cpu-over-packets')[0]?.x);
    assert.match(runText(run.record, 'd', plain), /^one way p50 1\.0 to \d\.0 ms, p99 10\.0 to \d+\.0 ms/m);
    assert.equal(
      runCharts(realRun()).some(({ id }) => id.startsWith('one-way')),
      false,
    );
  });

  it('draw nothing about the worker of a target without a control endpoint', () => {
    const run = storedRuns['without a control endpoint']?.() ?? realRun();
    const drawn = runCharts(run).filter(({ config }) => config !== null);
    assert.deepEqual(
      drawn.filter(({ section }) => section === 'cost'),
      [],
    );
    const names = chart(run, 'cpu-over-time').config?.data.datasets.map(({ label }) => label);
    assert.deepEqual(names, ['generator']);
    assert.ok(drawn.some(({ id }) => id === 'joins'));
  });

  it('say what all workers cost together where there are several', () => {
    const run = changed((record) => {
      record.trials.splice(
        0,
        5,
        ...record.trials.map((trial) => withFigures(trial, { workerCpuCores: 0.5 })),
      );
    });
    const labels = chart(run, 'worker-cpu-over-packets').config?.data.datasets.map(({ label }) => label);
    assert.deepEqual(labels, ['hottest worker', 'all workers together']);
  });

  it('shade every hold, and mark when something died', () => {
    const run = realRun();
    const events = [...run.events, { t: 5000, event: 'worker-died', worker: 0, message: 'gone' } as const];
    const marks = chart({ ...run, events }, 'cpu-over-time').config?.options?.plugins?.marks as MarkOptions;
    const holds = run.record.trials.map(({ phases }) => phases.find(({ phase }) => phase === 'hold'));
    assert.deepEqual(
      marks.bands.map(({ from, to }) => [from * 1000, to * 1000].map(Math.round)),
      holds.map((hold) => [hold?.startMs, hold?.endMs]),
    );
    assert.deepEqual(marks.bands.at(-1)?.labels, ['level 12 invalid', '12 invalid', '12']);
    assert.deepEqual(marks.moments, [{ x: 5, label: 'worker died' }]);
  });
});
