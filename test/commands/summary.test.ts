/** What `handleSummary` returns, in place of our summary or not. */
import { equal, match } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { ownSummary } from '../../harness/commands/summary.ts';
import { resolveScript } from '../../harness/scenario/script.ts';
import { changed, folder } from '../reports/stored-runs.ts';

const place = folder();
after(() => place.close());

/** Whether it took the place of ours, and what was said on stdout and stderr. */
async function summed(
  context: TestContext,
  returned: string,
  captured: (text: string) => void,
): Promise<boolean> {
  const run = changed((record) => {
    const file = join(place.path, 'scenario.ts');
    writeFileSync(file, `export function handleSummary() { return ${returned}; }`);
    const script = resolveScript({ handleSummary: summed }, [], {});
    Object.assign(record, { scenario: { ...record.scenario, file, script, thresholds: [] } });
  });
  const finished = { directory: place.store(run), record: run.record, setupData: null };
  // The test runner writes bytes to stdout, too.
  const pass = process.stdout.write.bind(process.stdout) as (data: unknown) => boolean;
  const take = (data: unknown): boolean => {
    if (typeof data !== 'string') return pass(data);
    captured(data);
    return true;
  };
  const mocks = [
    context.mock.method(process.stdout, 'write', take),
    context.mock.method(process.stderr, 'write', take),
  ];
  try {
    const signal = new AbortController().signal;
    return await ownSummary(finished, {
      text: 'the table',
      noColor: true,
      toStderr: false,
      signal,
    });
  } finally {
    for (const { mock } of mocks) mock.restore();
  }
}

for (const [returned, isSummed, said] of [
  ["{ stdout: 'mine' }", true, /^mine$/],
  ['{}', true, /^$/],
  ['undefined', false, /^$/],
  ['null', false, /^$/],
  ["'a text'", false, /must return an object/],
] as const) {
  test(`handleSummary returns ${returned}: ${isSummed ? 'that' : 'ours'} is printed`, async (context) => {
    const texts: string[] = [];
    equal(await summed(context, returned, (text) => texts.push(text)), isSummed);
    match(texts.join(''), said);
  });
}
