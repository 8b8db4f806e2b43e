/** Own metrics and checks: what a scenario adds, and what its host tells of it. */
import { deepEqual, equal, match, ok, rejects, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nowMs } from '../../../bots/clock.ts';
import type { EncodedHistogram } from '../../../bots/readings.ts';
import { mostTagSets, ScriptBook, type ScriptReading, type ScriptValue } from '../../../bots/script/book.ts';
import { declaring } from '../../../bots/script/declarations.ts';
import { check, fail, test as run, ScenarioAbort, sleep } from '../../../bots/script/functions.ts';
import { Counter, Gauge, Rate, scriptBook, Trend } from '../../../bots/script/own-metrics.ts';
import { inScope } from '../../../bots/script/scope.ts';
import { samplesOf } from '../../../harness/script/values.ts';
import { indistinctFrom, merge } from '../../../reports/analysis/histogram.ts';
import { Measure } from '../../../reports/analysis/thresholds/measure.ts';

/** As a file's top level would. */
async function made<Value>(make: () => Value): Promise<Value> {
  return (await declaring(async () => make())).module;
}

function nothing(): void {
  return undefined;
}

function scopeOf(group: string, signal = new AbortController().signal) {
  return { group, bot: 'synthetic', signal, abort: nothing, threw: nothing, warn: nothing } as const;
}

function taken(): readonly ScriptReading[] {
  return scriptBook.take(1);
}

test('values belong to the scenario of the bot that adds them, also after an await', async () => {
  const [counter, gauge, rate, trend] = await made(
    () => [new Counter('hits'), new Gauge('depth'), new Rate('fine'), new Trend('took_ms', true)] as const,
  );
  const act = async (amount: number): Promise<void> => {
    counter.add(amount);
    await new Promise((resolve) => setTimeout(resolve, 5 * amount));
    counter.add(amount, { route: 'b' });
    gauge.add(amount);
    rate.add(amount > 1);
    trend.add(amount * 10);
  };
  await Promise.all([inScope(scopeOf('one'), () => act(1)), inScope(scopeOf('two'), () => act(2))]);
  const readings = taken();
  const of = (group: string, tags: string): Record<string, ScriptValue> =>
    Object.assign(
      {},
      ...readings
        .filter((reading) => reading.group === group && reading.tags === tags)
        .map(({ values }) => values),
    );
  deepEqual(of('one', 'route=b'), { hits: 1 });
  deepEqual(of('two', 'route=b'), { hits: 2 });
  const { took_ms: took, ...others } = of('two', '');
  deepEqual(others, { hits: 2, depth: 2, fine: [1, 1] });
  const [low, high] = indistinctFrom(20);
  const median = merge([took as EncodedHistogram])?.percentile(50) ?? 0;
  ok(low <= median && median <= high);
  deepEqual(taken(), [], 'nothing changed since');
});

test('sums over looks are what was added, however the looks fall', () => {
  const metric = { name: 'x', kind: 'trend', unit: 'count' } as const;
  const counter = { name: 'n', kind: 'counter', unit: 'count' } as const;
  const looks = fc.array(fc.array(fc.integer({ min: 0, max: 1e9 }), { maxLength: 20 }), { maxLength: 10 });
  fc.assert(
    fc.property(looks, (batches) => {
      const book = new ScriptBook();
      const parts: EncodedHistogram[] = [];
      let sum = 0;
      for (const batch of batches) {
        for (const value of batch) {
          book.add({ group: 'g', bot: '' }, metric, value);
          book.add({ group: 'g', bot: '' }, counter, value);
        }
        for (const { values } of book.take(0)) {
          if (values['x'] !== undefined) parts.push(values['x'] as EncodedHistogram);
          sum = values['n'] as number;
        }
      }
      const all = batches.flat();
      equal(
        sum,
        all.reduce((total, value) => total + value, 0),
      );
      equal(merge(parts)?.count ?? 0, all.length);
    }),
  );
});

test('ids as tags do not fill the disk: beyond a limit values are counted without', () => {
  const book = new ScriptBook();
  const metric = { name: 'n', kind: 'counter', unit: 'count' } as const;
  for (let id = 0; id < mostTagSets + 500; id += 1) book.add({ group: 'g', bot: '' }, metric, 1, { id });
  ok(book.isFull);
  const readings = book.take(0);
  equal(readings.length, mostTagSets + 1);
  equal(readings.find(({ tags }) => tags === '')?.values['n'], 500);
});

test('what cannot be a metric, or a value of one', async () => {
  throws(() => new Counter('late'), /top level of the file/);
  for (const name of ['', '1st', 'a-b', 'ä', 'x'.repeat(129)])
    await rejects(
      made(() => new Counter(name)),
      /is no name of a metric/,
    );
  await rejects(
    made(() => [new Counter('twice'), new Trend('twice')]),
    /'twice' is a counter already/,
  );
  await made(() => [new Counter('shared'), new Counter('shared')]);
  await rejects(
    made(() => new Counter('early').add(1)),
    /add to it in a function/,
  );
  await rejects(
    made(() => new Counter('earlier').add(Number.NaN)),
    /add to it in a function/,
  );
});

test('of a value a number is made, as in k6; what is none is not counted, and said once', async () => {
  const [counter, rate, trend] = await made(
    () => [new Counter('converted'), new Rate('converted_rate'), new Trend('converted_trend')] as const,
  );
  const told: string[] = [];
  const scope = { ...scopeOf('conversions'), warn: (message: string) => void told.push(message) };
  inScope(scope, () => {
    for (const value of ['5', true, 1.5, new Date(2), 3n]) equal(counter.add(value as number), true);
    const broken = { valueOf: fail };
    const none = [Number.NaN, Number.POSITIVE_INFINITY, 'x', null, undefined, {}, Symbol('s'), broken];
    for (const value of none) equal(counter.add(value as number), false);
    equal(rate.add('1' as unknown as number), true);
    equal(trend.add(-1), false);
    equal(trend.add(2 ** 43), false);
    equal(trend.add(0), true);
    equal(counter.add(1, null as unknown as undefined), true, 'null is no tags');
  });
  const { converted, converted_rate: share } =
    taken().find(({ group }) => group === 'conversions')?.values ?? {};
  deepEqual([converted, share], [13.5, [1, 1]]);
  equal(told.length, 2);
  match(told[0] ?? '', /^'NaN' is no value for metric 'converted', which takes numbers and booleans:/);
  match(told[1] ?? '', /^'-1' is no value for metric 'converted_trend', .* from 0 to 2\^42/);
});

test('a gauge has the value that was added last, in whichever row', () => {
  const book = new ScriptBook();
  const depth = { name: 'depth', kind: 'gauge', unit: 'count' } as const;
  const hits = { name: 'hits', kind: 'counter', unit: 'count' } as const;
  const where = { group: 'g', bot: '' } as const;
  const measure = new Measure({ name: 'depth', tags: {} }, 'gauge');
  const last = (atMs: number): unknown => {
    for (const reading of samplesOf(book.take(atMs), '0', 0, 0)) measure.take(reading);
    return measure.observe({ aggregation: 'value', percentile: null })?.value;
  };
  book.add(where, depth, 1, {}, 10);
  book.add(where, depth, 2, { part: 'b' }, 20.1);
  book.add(where, depth, 3, {}, 20.2);
  equal(last(1_000), 3, 'the first row has it');
  book.add(where, depth, 4, { part: 'b' }, 1_010);
  equal(last(2_000), 4);
  book.add(where, hits, 1, {}, 2_010);
  deepEqual(
    book.take(3_000).map(({ values }) => values),
    [{ hits: 1 }],
    'a row that changed elsewhere says nothing of it again',
  );
});

test('checks count what holds, each by its name, and say whether all did', () => {
  const held = inScope(scopeOf('crowd'), () => [
    check(3, { 'is three': (value) => value === 3, 'is small': (value) => value < 2, given: true }),
    check(1, { 'is small': (value) => value < 2 }, { part: 'x' }),
  ]);
  deepEqual(held, [false, true]);
  throws(
    () =>
      check(null, {
        'has a length': (value) => (value as unknown as string).length > 0,
      }),
    TypeError,
  );
  throws(() => check(1, { late: async () => true }), /returned a promise/);
  const rows = taken().map(({ tags, values }) => [tags, values['checks']]);
  deepEqual(rows, [
    ['check=is+three', [1, 1]],
    ['check=is+small', [0, 1]],
    ['check=given', [1, 1]],
    ['check=is+small&part=x', [1, 1]],
    ['check=has+a+length', [0, 1]],
    ['check=late', [0, 1]],
  ]);
});

test('sleep ends when the bot is taken out, and takes seconds only', async () => {
  const out = new AbortController();
  const startMs = nowMs();
  const slept = inScope(scopeOf('crowd', out.signal), () => sleep(60));
  setTimeout(() => out.abort(), 20);
  await rejects(slept, { name: 'SessionOver' });
  ok(nowMs() - startMs < 30_000);
  await rejects(
    inScope(scopeOf('crowd', out.signal), () => sleep(1)),
    { name: 'SessionOver' },
  );
  await sleep(0.005);
  await sleep(-3);
  for (const seconds of [Number.NaN, Number.POSITIVE_INFINITY, undefined, '1'])
    await rejects(sleep(seconds as number), /takes seconds/);
});

test('a sleep that nobody awaits ends nothing', async (context) => {
  const unhandled = context.mock.fn();
  process.once('unhandledRejection', unhandled);
  void sleep(Number.NaN);
  await new Promise((resolve) => setTimeout(resolve, 10));
  process.off('unhandledRejection', unhandled);
  equal(unhandled.mock.callCount(), 0);
});

test('fail and abort go no further', () => {
  throws(() => fail('enough'), /enough/);
  const told: string[] = [];
  const scope = { ...scopeOf('crowd'), abort: (reason: string) => void told.push(reason) };
  throws(() => inScope(scope, () => run.abort('seen enough')), ScenarioAbort);
  deepEqual(told, ['seen enough']);
  match(String(new ScenarioAbort('x')), /ScenarioAbort: x/);
});
