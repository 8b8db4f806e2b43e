/** Scenario files whose own functions and metrics are wrong, and what is said about each. */
import { crowd, type Row } from './bad-files.ts';

export const functions: readonly Row[] = [
  ...['setup', 'teardown', 'handleSummary'].map(
    (name): Row => [
      `${crowd('')} export const ${name} = 3;`,
      'SCENARIO_INVALID',
      name,
      /must be a function, not 3/,
    ],
  ),
  [
    `import { Trend } from 'sfubench'; new Trend('join_ms'); ${crowd('')}`,
    'SCENARIO_INVALID',
    'join_ms',
    /is a metric of sfubench itself/,
  ],
  [
    "import { Trend } from 'sfubench'; new Trend('a-b');",
    'SCENARIO_THREW',
    undefined,
    /'a-b' is no name of a metric/,
  ],
  [
    "import { Rate, Gauge } from 'sfubench'; new Rate('x'); new Gauge('x');",
    'SCENARIO_THREW',
    undefined,
    /'x' is a rate already/,
  ],
  ["import { test } from 'sfubench'; test.abort('not today');", 'SCENARIO_ABORTED', undefined, /not today/],
  [
    `import { Trend } from 'sfubench'; new Trend('took_ms'); ${crowd('', "thresholds: { tok_ms: ['avg<1'] },")}`,
    'SCENARIO_INVALID',
    'thresholds.tok_ms',
    /names no metric.*did you mean 'took_ms'/s,
  ],
  [
    `import { Counter } from 'sfubench'; new Counter('hits'); ${crowd('', "thresholds: { hits: ['p(95)<1'] },")}`,
    'SCENARIO_INVALID',
    'thresholds.hits[0]',
    /an aggregation of a counter/,
  ],
  [crowd('', "setupTimeout: 'soon',"), 'SCENARIO_INVALID', 'setupTimeout', /must be a duration/],
  [crowd('', 'teardownTimeout: 0,'), 'SCENARIO_INVALID', 'teardownTimeout', /must be a duration from 1ms/],
  [crowd('', "summaryTrendStats: ['p95'],"), 'SCENARIO_INVALID', 'summaryTrendStats[0]', /such as 'p\(95\)'/],
  [
    `${crowd("exec: 'viewr',")} export function viewer() {}`,
    'SCENARIO_INVALID',
    'scenarios.crowd.exec',
    /names 'viewr', which the file does not export.*did you mean 'viewer'/s,
  ],
];
