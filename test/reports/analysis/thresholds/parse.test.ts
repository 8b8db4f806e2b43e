import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { durationMs } from '../../../../harness/durations.ts';
import { metrics } from '../../../../harness/metrics.ts';
import { nearest } from '../../../../harness/scenario/problem.ts';
import { parseExpression } from '../../../../reports/analysis/thresholds/expression.ts';
import { parseThresholds, type Vocabulary } from '../../../../reports/analysis/thresholds/parse.ts';
import { parseSelector } from '../../../../reports/analysis/thresholds/selector.ts';
import { aggregations, operators } from '../../../../reports/analysis/thresholds/threshold.ts';

const vocabulary: Vocabulary = {
  metrics: { ...metrics, hands: { kind: 'gauge' } },
  tags: { scenario: ['crowd', 'probes'], kind: ['audio', 'video'], team: null },
  nearest,
  durationMs,
};

function read(value: unknown): ReturnType<typeof parseThresholds> {
  return parseThresholds(value, vocabulary);
}

/** Of the only problem. */
function problemOf(value: unknown): { path: string; message: string; hint: string } {
  const { problems, thresholds } = read(value);
  equal(problems.length, 1, JSON.stringify(problems));
  deepEqual(thresholds, []);
  const [problem] = problems;
  return {
    path: problem?.path.join('/') ?? '',
    message: problem?.message ?? '',
    hint: problem?.hint ?? '',
  };
}

function brief(metric: string, text: string): unknown {
  const [threshold] = read({ [metric]: [text] }).thresholds;
  return threshold && [threshold.aggregation, threshold.percentile, threshold.operator, threshold.bound];
}

function tags(text: string): unknown {
  const parsed = parseSelector(text);
  return parsed.ok && [parsed.value.name, parsed.value.tags];
}

describe('threshold expressions', () => {
  it('are what k6 takes, with any space', () => {
    deepEqual(brief('join_ms', 'p(95)<500'), ['p', 95, '<', 500]);
    deepEqual(brief('join_ms', ' p( 99.9 ) <= 1.5e3'), ['p', 99.9, '<=', 1500]);
    deepEqual(brief('join_ms', 'avg<200 '), ['avg', null, '<', 200]);
    deepEqual(brief('join_ms', 'med===.5'), ['med', null, '===', 0.5]);
    deepEqual(brief('join_ms', 'min != -3'), ['min', null, '!=', -3]);
    deepEqual(brief('join_ms', 'max\t>\t5.'), ['max', null, '>', 5]);
    deepEqual(brief('rtp_loss_ratio', 'rate>=0.99'), ['rate', null, '>=', 0.99]);
    deepEqual(brief('joins_failed_total', 'count==0'), ['count', null, '==', 0]);
    deepEqual(brief('joins_total', 'rate>10'), ['rate', null, '>', 10]);
    deepEqual(brief('hands', 'value<5'), ['value', null, '<', 5]);
  });

  it('are read the same however they are spaced, for every aggregation and operator', () => {
    const space = fc.constantFrom('', ' ', '  ', '\t');
    const expression = fc
      .constantFrom(...(Object.keys(aggregations) as (keyof typeof aggregations)[]))
      .chain((kind) =>
        fc.record({
          kind: fc.constant(kind),
          aggregation: fc.constantFrom(...aggregations[kind]),
          percentile: fc.double({ min: 0, max: 100, noNaN: true }),
          operator: fc.constantFrom(...operators),
          bound: fc.double({ noNaN: true, noDefaultInfinity: true }),
          spaces: fc.tuple(space, space, space, space),
        }),
      );
    fc.assert(
      fc.property(expression, ({ kind, aggregation, percentile, operator, bound, spaces }) => {
        const head = aggregation === 'p' ? `p(${percentile})` : aggregation;
        const text = `${spaces[0]}${head}${spaces[1]}${operator}${spaces[2]}${bound}${spaces[3]}`;
        deepEqual(parseExpression(text, { kind }, nearest), {
          ok: true,
          value: {
            aggregation,
            percentile: aggregation === 'p' ? Number(String(percentile)) : null,
            operator,
            bound: Number(String(bound)),
          },
        });
      }),
    );
  });

  for (const [metric, text, message, hint] of [
    ['join_ms', 'p95<500', /aggregation of a trend .* at character 1, where it has 'p95<500'/, /'p\(95\)'/],
    ['join_ms', 'mean<500', /at character 1/, /'avg'/],
    ['join_ms', 'mdx<500', /\(avg min max med p\(N\)\)/, /'med'|'max'/],
    ['join_ms', 'p<500', /'\(' at character 2/, /p\(95\)/],
    ['join_ms', 'p(101)<500', /number from 0 to 100 at character 3/, /p\(95\)/],
    ['join_ms', 'p(95<500', /'\)' at character 5/, /p\(95\)/],
    ['join_ms', 'rate<500', /aggregation of a trend/, /^$/],
    ['rtp_loss_ratio', 'p(95)<1', /aggregation of a rate \(rate\)/, /^$/],
    ['joins_total', 'avg<1', /aggregation of a counter \(count rate\)/, /^$/],
    ['joins_total', 'total<1', /counter/, /'count'/],
    ['hands', 'count<1', /aggregation of a gauge \(value\)/, /^$/],
    ['join_ms', 'avg=<500', /operator .* at character 4/, /'<='/],
    ['join_ms', 'avg=500', /operator/, /'=='/],
    ['join_ms', 'avg 500', /operator .* at character 5, where it has '500'/, /^$/],
    ['join_ms', 'avg<', /a number at character 5, where the text ends/, /^$/],
    ['join_ms', 'avg<many', /a number at character 5/, /^$/],
    ['join_ms', 'avg<1e999', /a number at character 5/, /^$/],
    ['join_ms', 'avg<500ms', /the end at character 8, where it has 'ms'/, /unit is ms/],
    ['rtp_loss_ratio', 'rate<1%', /the end at character 7/, /1 % is 0.01/],
    ['join_ms', 'avg<500 && max<900', /the end at character 9/, /a text of its own/],
    ['join_ms', 'avg<500 600', /the end/, /^$/],
    ['join_ms', '', /aggregation .* at character 1, where the text ends/, /^$/],
    ['join_ms', '<500', /aggregation .* at character 1/, /^$/],
  ] as const) {
    it(`'${text}' of ${metric} is refused with its place`, () => {
      const problem = problemOf({ [metric]: [text] });
      equal(problem.path, `thresholds/${metric}/0`);
      match(problem.message, message);
      match(problem.hint, hint);
    });
  }

  it('never throw, whatever the text, and a mistake lies within it', () => {
    const texts = fc.oneof(
      fc.string(),
      fc
        .array(fc.constantFrom('p', '(', ')', '95', 'avg', 'rate', '<', '=', ' ', '.', '-', 'e', '{', 'ms'))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(
        texts,
        fc.constantFrom('trend' as const, 'rate' as const, 'counter' as const, 'gauge' as const),
        (text, kind) => {
          const parsed = parseExpression(text, { kind }, nearest);
          if (parsed.ok) ok(Number.isFinite(parsed.value.bound));
          else ok(parsed.mistake.character >= 1 && parsed.mistake.character <= text.length + 1);
        },
      ),
    );
  });
});

describe('sub-metrics', () => {
  it('have a name and tags, in quotes or not, with any space', () => {
    deepEqual(tags('join_ms'), ['join_ms', {}]);
    deepEqual(tags('rtp_loss_ratio{kind:video}'), ['rtp_loss_ratio', { kind: 'video' }]);
    deepEqual(tags('a{ b : c , d:"e" } '), ['a', { b: 'c', d: 'e' }]);
    deepEqual(tags('group_duration{group:::api}'), ['group_duration', { group: '::api' }]);
    deepEqual(tags('a{__proto__:b}'), ['a', Object.fromEntries([['__proto__', 'b']])]);
  });

  for (const [text, message] of [
    ['', /name of a metric at character 1/],
    ['join ms', /name of a metric/],
    ['join_ms{kind:video', /'}' at character 19/],
    ['join_ms{}', /a tag at character 9/],
    ['join_ms{kind:video,}', /a tag at character 20/],
    ['join_ms{kind}', /a value for 'kind' at character 9/],
    ['join_ms{kind:}', /a value for 'kind' at character 14/],
    ['join_ms{:video}', /the key of a tag/],
    ['join_ms{kind:audio,kind:video}', /'kind' only once at character 20/],
  ] as const) {
    it(`'${text}' is refused with its place`, () => {
      match(problemOf({ [text]: ['avg<1'] }).message, message);
    });
  }

  it('name tags that readings can have', () => {
    match(problemOf({ 'join_ms{knd:video}': [] }).hint, /'kind'/);
    match(problemOf({ 'join_ms{kind:vdeo}': [] }).hint, /'video'/);
    match(problemOf({ 'join_ms{scenario:nobody}': [] }).hint, /crowd, probes/);
    deepEqual(read({ 'join_ms{team:whoever}': ['avg<1'] }).problems, []);
    deepEqual(parseThresholds({ 'join_ms{knd:v}': [] }, { ...vocabulary, tags: null }).problems, []);
  });
});

describe('options.thresholds', () => {
  it('may be absent, empty, texts or objects', () => {
    for (const nothing of [undefined, null, {}, { join_ms: [] }]) {
      deepEqual(read(nothing), { thresholds: [], problems: [] });
    }
    const { thresholds, problems } = read({
      'rtp_loss_ratio{kind:video}': [
        'rate<0.01',
        { threshold: 'rate<0.1', abortOnFail: true, delayAbortEval: '10s' },
        { threshold: 'rate<0.2', delayAbortEval: null },
      ],
    });
    deepEqual(problems, []);
    deepEqual(
      thresholds.map((threshold) => [
        threshold.metric,
        threshold.kind,
        threshold.selector.tags,
        threshold.expression,
        threshold.abortOnFail,
        threshold.delayAbortEvalMs,
      ]),
      [
        ['rtp_loss_ratio{kind:video}', 'rate', { kind: 'video' }, 'rate<0.01', false, 0],
        ['rtp_loss_ratio{kind:video}', 'rate', { kind: 'video' }, 'rate<0.1', true, 10_000],
        ['rtp_loss_ratio{kind:video}', 'rate', { kind: 'video' }, 'rate<0.2', false, 0],
      ],
    );
    deepEqual(JSON.parse(JSON.stringify(thresholds)), thresholds);
  });

  for (const [value, path, message, hint] of [
    [[], 'thresholds', /object of lists/, /join_ms/],
    [{ join_ms: 'avg<1' }, 'thresholds/join_ms', /must be a list/, /\['avg<1'\]/],
    [{ join_ms: [5] }, 'thresholds/join_ms/0', /a text or an object/, /abortOnFail/],
    [{ join_ms: [{}] }, 'thresholds/join_ms/0/threshold', /is missing/, /^$/],
    [{ join_ms: [{ threshold: 5 }] }, 'thresholds/join_ms/0/threshold', /must be a text/, /^$/],
    [{ join_ms: [{ threshold: 'avg<x' }] }, 'thresholds/join_ms/0/threshold', /a number/, /^$/],
    [
      { join_ms: [{ threshold: 'avg<1', abortOnFail: 'yes' }] },
      'thresholds/join_ms/0/abortOnFail',
      /true or false/,
      /^$/,
    ],
    [
      { join_ms: [{ threshold: 'avg<1', delayAbortEval: '10 s' }] },
      'thresholds/join_ms/0/delayAbortEval',
      /a duration/,
      /^$/,
    ],
    [
      { join_ms: [{ threshold: 'avg<1', AbortonFail: true }] },
      'thresholds/join_ms/0/AbortonFail',
      /not known/,
      /'abortOnFail'/,
    ],
    [{ join_mss: ['avg<1'] }, 'thresholds/join_mss', /names no metric/, /'join_ms'/],
    [{ http_req_duration: ['avg<1'] }, 'thresholds/http_req_duration', /names no metric/, /join_ms/],
    [{ constructor: ['avg<1'] }, 'thresholds/constructor', /names no metric/, /run\.json/],
  ] as const) {
    it(`${JSON.stringify(value)} is refused`, () => {
      const problem = problemOf(value);
      equal(problem.path, path);
      match(problem.message, message);
      match(problem.hint, hint);
    });
  }

  it('are all looked at: one mistake hides no other', () => {
    const { thresholds, problems } = read({
      join_ms: ['avg<1', 'avg<', 'p(95)<1'],
      nothing: ['avg<1'],
      rtp_loss_ratio: ['avg<1'],
    });
    equal(problems.length, 3);
    deepEqual(
      thresholds.map(({ expression }) => expression),
      ['avg<1', 'p(95)<1'],
    );
  });
});
