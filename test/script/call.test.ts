/** The scenario's own functions in a child: whatever they do, the run goes on and nothing of them is left. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type CallOptions, type CallOutcome, callScript } from '../../harness/script/call.ts';
import { goneWithin, marked, newMark } from '../support/processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'sfubench-script-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

async function call(
  text: string,
  changes: Partial<CallOptions> = {},
): Promise<CallOutcome & { readonly left: number }> {
  const path = join(folder, `scenario-${files++}.ts`);
  writeFileSync(path, text);
  const mark = newMark();
  // Inherited by the child, and by what that starts.
  Object.assign(process.env, mark);
  const called = callScript({
    url: pathToFileURL(path).href,
    name: 'setup',
    argument: null,
    env: { WHO: 'me' },
    timeoutMs: 30_000,
    signal: new AbortController().signal,
    ...changes,
  });
  const begun = marked(mark).length;
  const outcome = await called;
  equal(begun, changes.signal?.reason === 'before' ? 0 : 1, 'the mark finds the child');
  const left = await goneWithin(mark, 2_000);
  return { ...outcome, left: left.length };
}

describe('a function of the scenario, called by itself', () => {
  it('returns data, and what it measured', async () => {
    const outcome = await call(`
      import { Counter, check } from 'sfubench';
      const made = new Counter('rooms_made');
      export async function setup() {
        await new Promise((resolve) => setTimeout(resolve, 10));
        made.add(3, { by: 'setup' });
        check(1, { 'is one': (value) => value === 1 });
        return { who: __ENV.WHO, rooms: [1, 2] };
      }`);
    ok(outcome.kind === 'returned');
    deepEqual(JSON.parse(outcome.json ?? ''), { who: 'me', rooms: [1, 2] });
    deepEqual(
      outcome.readings.map(({ group, bot, tags, values }) => [group, bot, tags, values]),
      [
        ['', '', 'by=setup', { rooms_made: 3 }],
        ['', '', 'check=is+one', { checks: [1, 1] }],
      ],
    );
  });

  it('is handed its argument, and may return nothing', async () => {
    const file = join(folder, 'seen');
    const outcome = await call(
      `import { writeFileSync } from 'node:fs';
       export function teardown(data: { a: number }) { writeFileSync('${file}', String(data.a + 1)); }`,
      { name: 'teardown', argument: '{"a":1}' },
    );
    deepEqual([outcome.kind, 'json' in outcome ? outcome.json : 1], ['returned', null]);
    equal(readFileSync(file, 'utf8'), '2');
  });

  const thrown: readonly (readonly [string, RegExp])[] = [
    ["export function setup() { throw new Error('mine'); }", /mine[^]*scenario-\d+\.ts/],
    ["export async function setup() { return Promise.reject('a text'); }", /a text/],
    ['export function setup() { return 1n; }', /setup\(\) returned what JSON cannot hold/],
    ['export function setup() { return () => 1; }', /returned a function/],
    ['export function setup() { process.exit(3); }', /ended \(3\)/],
    [
      "export async function setup() { setTimeout(() => { throw new Error('later'); }, 5); await new Promise(() => undefined); }",
      /later/,
    ],
    ['export const setup = 3;', /exports no function "setup"/],
  ];
  it('may throw, or be none', async () => {
    const outcomes = await Promise.all(thrown.map(([text]) => call(text)));
    for (const [index, outcome] of outcomes.entries()) {
      ok(outcome.kind === 'threw', thrown[index]?.[0]);
      match(outcome.message, thrown[index]?.[1] ?? /^$/);
      equal(outcome.left, 0);
    }
  });

  it('may end the run', async () => {
    const outcome = await call(
      "import { test } from 'sfubench'; export function setup() { test.abort('no'); }",
    );
    deepEqual([outcome.kind, 'message' in outcome && outcome.message], ['aborted', 'no']);
  });

  const hanging: readonly string[] = [
    'export async function setup() { await new Promise(() => setInterval(() => undefined, 1000)); }',
    'export function setup() { for (;;); }',
    "import { execSync } from 'node:child_process'; export function setup() { execSync('sleep 600'); }",
  ];
  it('is ended when it does not come to an end, with all it started, however it hangs', async () => {
    const outcomes = await Promise.all(hanging.map((text) => call(text, { timeoutMs: 500 })));
    for (const { kind, left } of outcomes) deepEqual([kind, left], ['late', 0]);
  });

  it('is called off', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    const outcome = await call('export function setup() { for (;;); }', { signal: stop.signal });
    deepEqual([outcome.kind, outcome.left], ['called-off', 0]);
    const never = await call('export function setup() {}', { signal: AbortSignal.abort('before') });
    equal(never.kind, 'called-off');
  });
});
