/** Own metrics and checks: what a scenario adds, and what its host tells of it. */
import { deepEqual, equal, match, ok, rejects, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nowMs } from '../../../bots/clock.ts';
import type { EncodedHistogram } from '../../../bots/readings.ts';
import { mostTagSets, ScriptBook, type ScriptReading } from '../../../bots/script/book.ts';
import { declaring } from '../../../bots/script/declarations.ts';
import { check, fail, test as run, ScenarioAbort, sleep } from '../../../bots/script/functions.ts';
import { Counter, Gauge, Rate, scriptBook, Trend } from '../../../bots/script/own-metrics.ts';
import { inScope } from '../../../bots/script/scope.ts';
import { indistinctFrom, merge } from '../../../reports/analysis/histogram.ts';

/** As a file's top level would. */
async function made<Value>(make: () => Value): Promise<Value> {
  return (await declaring(async () => make())).module;
}

function scopeOf(group: string, signal = new AbortController().signal) {
  return { group, bot: 'synthetic', signal, abort: () => undefined } as const;
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
  const of = (group: string, tags: string) =>
    readings.find((reading) => reading.group === group && reading.tags === tags)?.values;
  deepEqual(of('one', 'route=b'), { hits: 1 });
  deepEqual(of('two', 'route=b'), { hits: 2 });
  const { took_ms: took, ...others } = of('two', '') ?? {};
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
  const [counter, trend] = await made(() => [new Counter('c'), new Trend('t')] as const);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, '3', null, undefined])
    throws(() => counter.add(value as number), /is no value for metric 'c'/);
  throws(() => trend.add(-1), /holds 0 to/);
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
  await rejects(sleep(Number.NaN), /takes seconds/);
});

test('fail and abort go no further', () => {
  throws(() => fail('enough'), /enough/);
  const told: string[] = [];
  const scope = { ...scopeOf('crowd'), abort: (reason: string) => void told.push(reason) };
  throws(() => inScope(scope, () => run.abort('seen enough')), ScenarioAbort);
  deepEqual(told, ['seen enough']);
  match(String(new ScenarioAbort('x')), /ScenarioAbort: x/);
});
