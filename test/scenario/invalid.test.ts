/** Every way to get a scenario file wrong that we know of, and what is said about it. */
import { equal, match, ok, rejects } from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { BenchError, explain } from '../../harness/errors.ts';
import { loadScenario } from '../../harness/load.ts';
import { crowd, files, notYet, thresholds, words } from './bad-files.ts';
import { functions } from './bad-functions.ts';
import { searches, sessions, shortcutRows } from './bad-shapes.ts';
import { joining, media, values } from './bad-values.ts';
import { folder, scenarioFile } from './scenario-file.ts';

for (const [name, rows] of Object.entries({
  files,
  words,
  functions,
  notYet,
  thresholds,
  values,
  media,
  joining,
  sessions,
  searches,
  shortcutRows,
})) {
  test(`refused: ${name}`, async () => {
    for (const [text, code, field, fragment] of rows) {
      await rejects(loadScenario(scenarioFile(text)), (thrown) => {
        ok(thrown instanceof BenchError, `${text}\n${String(thrown)}`);
        equal(thrown.code, code, text);
        if (field !== undefined)
          ok(thrown.detail.field?.startsWith(field), `${thrown.detail.field} for ${text}`);
        ok(thrown.detail.file !== undefined, text);
        match(explain(thrown.message, thrown.detail), fragment, text);
        return true;
      });
    }
  });
}

test('files that are none', async () => {
  await rejects(loadScenario(join(folder, 'absent.ts')), { code: 'SCENARIO_NOT_FOUND', exitCode: 104 });
  await rejects(loadScenario(folder), { code: 'SCENARIO_NOT_FOUND', message: /is a folder/ });
  await rejects(loadScenario(scenarioFile('{}', '.json')), {
    code: 'SCENARIO_INVALID',
    message: /ends in .ts/,
  });
});

test('all problems are reported at once, the first one in the fields', async () => {
  const text = crowd("levels: [0], hold: '', bots: 1,", 'thresholds: 1, media: { video: { fps: 0 } },');
  await rejects(loadScenario(scenarioFile(text)), (thrown) => {
    ok(thrown instanceof BenchError);
    match(thrown.message, /^5 problems/);
    for (const field of ['media.video.fps', 'thresholds', 'levels[0]', 'hold', 'bots'])
      ok(thrown.message.includes(field));
    equal(thrown.detail.field, 'media.video.fps');
    equal(thrown.detail.value, 0);
    return true;
  });
});
