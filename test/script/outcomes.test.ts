import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import type { Sample } from '../../harness/record.ts';
import { Outcomes } from '../../harness/script/outcomes.ts';

test('the rate of an own counter is over all of the load, however seldom it grew', () => {
  const metric = { name: 'hits', kind: 'counter', unit: 'count', meaning: '' } as const;
  const outcomes = new Outcomes({ metrics: [metric], trendStats: ['avg'] });
  outcomes.see({ t: 21_000 });
  const own: Sample = { t: 25_000, e: 'script:0:a:chrome:', s: 0, v: Object.fromEntries([['hits', 3]]) };
  outcomes.take([own]);
  outcomes.see({ t: 120_000 });
  const [hits] = outcomes.ownMetrics;
  equal(hits?.name, 'hits');
  deepEqual(hits?.values, { count: 3, rate: 0.03 });
});
