/** The scenario's own functions in whole runs: what they measure is judged, and what they do wrong has its verdict. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readRun } from '../../harness/store.ts';
import type { SummaryData } from '../../reports/summary.ts';
import { type Finished, runScenario, workspace } from '../support/cli.ts';

const place = workspace();
after(() => place.close());

const media = 'media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } }';

function crowd(fields: string, top = ''): string {
  return `${media}, ${top} scenarios: {
    crowd: { executor: 'staircase', bot: 'synthetic', rooms: { size: 2 }, settle: '1s', hold: '1s', ${fields} } }`;
}

async function run(text: string): Promise<Finished & { directory: string }> {
  const { directory, finished } = await runScenario(place, text);
  return { directory, ...finished };
}

describe('functions of a scenario', () => {
  it('set up, drive bots with that data, check, measure, tear down and sum up', async () => {
    const file = join(place.folder, 'summary.json');
    const { code, directory, stdout, stderr } = await run(
      `import { type Bot, check, Counter, sleep, Trend } from 'sfubench';
      export const options = { ${crowd(
        'levels: [2]',
        `summaryTrendStats: ['med', 'count'], thresholds: {
        hits: ['count==13'], 'hits{by:bot}': ['count==2'], took_ms: ['p(95)<10000'],
        checks: ['rate<1'], 'checks{check:is here}': ['rate==1'], exceptions_total: ['count==0'] },`,
      )} };
      const hits = new Counter('hits');
      const took = new Trend('took_ms', true);
      export async function setup() { hits.add(1); return { amount: 10 }; }
      export default async function (bot: Bot, data: { amount: number }) {
        const startMs = performance.now();
        await bot.join();
        await bot.publish();
        took.add(performance.now() - startMs);
        hits.add(1, { by: 'bot' });
        check(bot, {
          'is here': ({ scenario, iteration }) => scenario === 'crowd' && iteration === 0,
          'is first': ({ vu }) => vu === 1,
        });
        await bot.consume('none');
        await sleep(0.2);
        await bot.consume('all');
        await sleep(600);
      }
      export function teardown(data: { amount: number }) { hits.add(data.amount); }
      export function handleSummary(data: { text: string }) {
        return { stdout: 'mine\\n' + data.text, ${JSON.stringify(file)}: JSON.stringify(data) };
      }`,
    );
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^mine\n[^]*check {3}✓ is here: 2 of 2\n[^]*check {3}✕ is first: 1 of 2 \(50.00 %\)/,
    );
    const { record } = readRun(directory);
    assert.equal(record.verdict, 'pass', JSON.stringify(record.thresholds));
    assert.deepEqual(record.checks, [
      { name: 'is here', passes: 2, fails: 0 },
      { name: 'is first', passes: 1, fails: 1 },
    ]);
    // A hold of a second is judged by its few packets in flight; that nearly all came is what counts here.
    const { deliveryRatio } = record.trials[0]?.figures ?? {};
    assert.ok((deliveryRatio ?? 0) > 0.8, JSON.stringify(record.trials[0]?.reasons));
    const data = JSON.parse(readFileSync(file, 'utf8')) as SummaryData;
    assert.deepEqual(data.metrics['checks']?.values, { rate: 0.75, passes: 3, fails: 1 });
    assert.deepEqual(data.metrics['hits{by:bot}']?.thresholds, { 'count==2': { ok: true } });
    const values = data.metrics['took_ms']?.values ?? {};
    assert.deepEqual([Object.keys(values), values['count']], [['med', 'count'], 2]);
    assert.deepEqual([data.setup_data, data.run.id], [{ amount: 10 }, record.id]);
    assert.deepEqual(
      record.ownMetrics?.map(({ name, unit, values }) => [name, unit, Object.keys(values)]),
      [
        ['hits', 'count', ['count', 'rate']],
        ['took_ms', 'ms', ['med', 'count']],
      ],
    );
    assert.match(
      stdout,
      /metric {2}hits: count 13, rate [\d.]+\/s\nmetric {2}took_ms: med [\d.,]+ ms, count 2\n/,
    );
    assert.match(readFileSync(join(directory, 'report.html'), 'utf8'), /Checks and metrics of the scenario/);
  });

  it('may throw, return, hang and end the run: each is told, and what was measured is kept', async () => {
    const { code, directory, stdout } = await run(
      `import { type Bot, fail, sleep, test } from 'sfubench';
      export const options = { ${crowd("levels: [6], hold: '60s'", "teardownTimeout: '300ms',")} };
      export function teardown() { for (;;); }
      export default async function (bot: Bot) {
        if (bot.vu === 1) fail('not me');
        await bot.join();
        await bot.publish();
        if (bot.vu === 2) throw new Error('after all');
        if (bot.vu === 3) await new Promise((resolve) => setTimeout(resolve, 600_000));
        if (bot.vu === 4) { await sleep(2); test.abort('seen enough'); }
        await bot.stay();
      }`,
    );
    // 101 goes before 108.
    assert.equal(code, 101);
    const { record, events, samples } = readRun(directory);
    assert.deepEqual(
      [record.failure?.code, record.failure?.message],
      ['SCENARIO_ABORTED', 'the scenario ended the run (test.abort): seen enough'],
    );
    const thrown = record.exceptions?.map(({ message, count }) => [message.replace(/\/.*\//, ''), count]);
    assert.deepEqual(
      thrown?.map(([, count]) => count),
      [1, 1],
      JSON.stringify(thrown),
    );
    assert.match(String(thrown?.[0]?.[0]), /^Error: not me \(scenario-\d+\.ts:6:\d+\)$/);
    assert.match(stdout, /threw {3}1 × Error: after all/);
    assert.ok(events.some((line) => line.event === 'join-failed' && line.reason === 'threw'));
    assert.ok(
      events.some((line) => line.event === 'warning' && /still ran when the run ended/.test(line.message)),
    );
    assert.ok(samples.some(({ e, v }) => e === 'sessions:crowd:synthetic' && v.exceptions_total === 2));
  });

  it('may leave what fails unawaited: exceptions of it, which end nothing', async () => {
    const { code, directory, stdout, stderr } = await run(
      `import { AsyncLocalStorage } from 'node:async_hooks';
      import { type Bot, Counter, sleep } from 'sfubench';
      const outside = AsyncLocalStorage.snapshot();
      void Promise.reject(new Error('at the top'));
      export const options = { ${crowd(
        'levels: [2]',
        "thresholds: { exceptions_total: ['count==6'], iterations: ['count==2'], hits: ['count==2'] },",
      )} };
      const hits = new Counter('hits');
      export default async function (bot: Bot) {
        await bot.join();
        await bot.publish();
        void fetch('http://127.0.0.1:1/');
        void Promise.reject(new Error('nobody awaits me'));
        setTimeout(() => { throw new Error('in a timer'); }, 1);
        outside(() => setTimeout(() => { throw new Error('whose am I'); }, 1));
        hits.add('nothing' as unknown as number);
        void sleep(Number.NaN);
        await sleep(-1);
        await sleep(0.5);
        hits.add('1' as unknown as number);
      }`,
    );
    const { record, events } = readRun(directory);
    assert.equal(code, 0, stderr);
    assert.ok(
      record.thresholds?.every(({ state }) => state === 'pass'),
      JSON.stringify(record.thresholds),
    );
    assert.deepEqual(
      record.exceptions?.map(({ message, count }) => [message.split(/ \(/)[0], count]).toSorted(),
      [
        ['Error: in a timer', 2],
        ['Error: nobody awaits me', 2],
        ['TypeError: fetch failed', 2],
      ],
      stdout,
    );
    const warnings = events.flatMap((line) => (line.event === 'warning' ? [line.message] : []));
    assert.ok(warnings.some((message) => /'nothing' is no value/.test(message)));
    const unknown = warnings.filter((message) => /not known for which bot: whose am I/.test(message));
    assert.equal(unknown.length, 1, 'said once');
    // The file is run in the command line and in the host of the bots.
    assert.ok(warnings.some((message) => /not known for which bot: at the top/.test(message)));
    assert.match(stderr, /^warning: the scenario threw where nobody awaits it: at the top$/m);
  });

  it('that hangs in setup ends the run before it began, with 100', async () => {
    const { code, stderr } = await run(
      `export const options = { ${crowd('levels: [2]', "setupTimeout: '300ms',")} };
       export function setup() { for (;;); }`,
    );
    assert.equal(code, 100, stderr);
    assert.match(stderr, /setup\(\) did not end within 300ms[^]*field: setupTimeout/);
  });
});
