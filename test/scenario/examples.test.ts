/** The scenarios that come along: each is in the table, can be read, and says what it will do. */
import { deepEqual, ok } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { forecast } from '../../harness/forecast.ts';
import { loadScenario } from '../../harness/load.ts';
import { root } from '../support/sources.ts';

const folder = join(root, 'scenarios');
const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));

test('every scenario is in the table of questions, and no other', () => {
  const rows = readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/^\| `([^`]+\.ts)` \|/gm);
  deepEqual([...rows].map(([, name]) => String(name)).toSorted(), files.toSorted());
});

for (const file of files) {
  test(`${file} is a scenario that measures something on two cores`, async () => {
    const scenario = await loadScenario(join(folder, file));
    const { groups, generatorCores } = forecast(scenario);
    ok(groups.some(({ steps }) => steps.some(({ measured }) => measured)));
    ok(generatorCores < 0.8, `the bots need ${generatorCores} cores`);
  });
}
