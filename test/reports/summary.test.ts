/** What `handleSummary` is given, from a stored run. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { metrics } from '../../harness/metrics.ts';
import type { OwnMetricRecord, Sample } from '../../harness/record.ts';
import { resolveScript } from '../../harness/scenario/script.ts';
import { encode } from '../../reports/analysis/histogram.ts';
import { withTags } from '../../reports/analysis/thresholds/tags.ts';
import { checkText, ownMetricText } from '../../reports/checks.ts';
import { summaryData } from '../../reports/summary.ts';
import { changed } from './stored-runs.ts';

const around = { isStdOutTTY: false, isStdErrTTY: false, noColor: true, setupData: null, text: 'the table' };

function own(t: number, v: Record<string, unknown>, tags = ''): Sample {
  return { t, e: `own:crowd:synthetic:0:${tags}`, s: 0, v };
}

test('a sub-metric that an empty list of thresholds names is there by itself', () => {
  const metric = 'join_ms{scenario:crowd}';
  const script = resolveScript({}, [], {
    thresholds: { [metric]: [], joins_total: [], iterations: ['count>1'] },
  });
  deepEqual(
    script.subMetrics?.map((each) => each.metric),
    [metric, 'joins_total'],
  );
  ok(!('subMetrics' in resolveScript({}, [], { thresholds: { iterations: ['count>1'] } })));
  const { record } = changed((record) => {
    const scenario = { ...record.scenario, script, thresholds: [] };
    Object.assign(record, { scenario, metrics: withTags(metrics) });
  });
  const joins = ['crowd', 'fans'].map((group, at): Sample => {
    return { t: 1_000, e: `sessions:${group}:synthetic`, s: 0, v: { join_ms: encode([1 + at]) } };
  });
  const data = summaryData(record, joins, around);
  deepEqual(data.metrics[metric], {
    type: 'trend',
    contains: 'time',
    values: { avg: 1, min: 1, med: 1, max: 1, 'p(90)': 1, 'p(95)': 1 },
  });
  equal(data.metrics['join_ms']?.values['max'], 2);
});

test('metrics that were measured, by their kinds; thresholds and their sub-metrics; checks', () => {
  const { record, samples } = changed((record) => {
    const script = resolveScript({}, [{ name: 'took', kind: 'trend', unit: 'ms' }], {
      summaryTrendStats: ['min', 'p(50)', 'count'],
    });
    const table = { took: { kind: 'trend', unit: 'ms', meaning: '', tags: [] } };
    const limit = { aggregation: 'max', percentile: null, operator: '<', bound: 1, kind: 'trend' } as const;
    const selector = { name: 'took', tags: { part: 'a b' } };
    const threshold = { ...limit, selector, abortOnFail: false, delayAbortEvalMs: 0 };
    Object.assign(record, {
      scenario: {
        ...record.scenario,
        script,
        thresholds: [{ ...threshold, metric: 'took{part:a b}', expression: 'max<1' }],
      },
      metrics: { ...withTags(metrics), ...table },
      checks: [{ name: 'fine', passes: 2, fails: 1 }],
      thresholds: [
        {
          metric: 'took{part:a b}',
          expression: 'max<1',
          state: 'fail',
          observed: 2,
          reason: null,
          aborted: false,
        },
      ],
    });
  });
  const added = [
    own(1_000, { took: encode([1, 1.5]), checks: [1, 2] }),
    own(2_000, { took: encode([2]), checks: [2, 3] }, 'part=a+b'),
  ];
  const data = summaryData(record, [...samples, ...added], { ...around, setupData: '{"a":1}' });
  deepEqual(data.root_group.checks, [{ name: 'fine', passes: 2, fails: 1, path: '::fine' }]);
  deepEqual(data.metrics['took'], {
    type: 'trend',
    contains: 'time',
    values: { min: 1, 'p(50)': 1.5, count: 3 },
  });
  deepEqual(data.metrics['took{part:a b}'], {
    type: 'trend',
    contains: 'time',
    values: { min: 2, 'p(50)': 2, count: 1 },
    thresholds: { 'max<1': { ok: false } },
  });
  deepEqual(data.metrics['checks'], {
    type: 'rate',
    contains: 'default',
    values: { rate: 3 / 5, passes: 3, fails: 2 },
  });
  ok((data.metrics['worker_cpu_cores']?.values['min'] ?? 0) > 0);
  ok(!('dropped_iterations' in data.metrics), 'what nobody measured is missing');
  deepEqual([data.setup_data, data.text, data.run], [{ a: 1 }, 'the table', record]);
  deepEqual(JSON.parse(JSON.stringify(data)), data, 'nothing that JSON cannot hold');
  ok(!('setup_data' in summaryData(record, [], around)));
});

function text(unit: OwnMetricRecord['unit'], values: Record<string, number>): string {
  return ownMetricText({ name: 'x', unit, values });
}

test('checks and own metrics in words', () => {
  equal(checkText({ name: 'fine', passes: 3, fails: 0 }), '✓ fine: 3 of 3');
  equal(checkText({ name: 'fine', passes: 1, fails: 2 }), '✕ fine: 1 of 3 (33.33 %)');
  equal(text('ms', { avg: 12.34567, count: 1200 }), 'avg 12.35 ms, count 1,200');
  equal(text('count', { count: 1200, rate: 0.25 }), 'count 1,200, rate 0.25/s');
  equal(text('ratio', { rate: 0.5, passes: 1, fails: 1 }), 'rate 50.00 %, passes 1, fails 1');
  equal(text('count', {}), '–');
});
