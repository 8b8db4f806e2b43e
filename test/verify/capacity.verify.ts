/** Capacity searches against a real worker: one on a grid so low that all of it is good, and two that find the same. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { RunRecord } from '../../harness/record.ts';
import { readRun } from '../../harness/store.ts';
import type { SearchResult } from '../../reports/analysis/search/result.ts';
import { isNear } from '../reports/analysis/search/self-test.ts';
import { startCli, workspace } from '../support/cli.ts';
import { goneWithin } from '../support/processes.ts';
import { root } from '../support/sources.ts';

const place = workspace();
after(() => place.close());

const file = place.scenario(`export const options = {
  media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
  thresholds: { join_ms: ['max<1'] },
  scenarios: { crowd: { executor: 'capacity-search', bot: 'synthetic', rooms: { size: 2 }, levelUnit: 'rooms',
    guess: 1, highest: 2, settle: '2s', shortTrial: '3s', fullTrial: '4s', budget: '2m' } } };`);

const meeting = join(root, 'scenarios', 'meeting.ts');

/** What was asked and came of it, without what says nothing of the SFU. */
function levels({ search }: RunRecord): string[] {
  return (search?.outcomes ?? []).flatMap((outcome) =>
    outcome.kind === 'trial' && outcome.state !== 'invalid'
      ? [`${outcome.level} ${outcome.purpose} ${outcome.state}`]
      : [],
  );
}

describe('sfubench capacity on a real worker', () => {
  it('finds everything good, says so, stores each trial, ends with 120; and goes on from there', async () => {
    const directory = place.run();
    const command = startCli(['capacity', file, '--dir', directory]);
    const { code, stdout, stderr } = await command.finished;
    assert.deepEqual(await goneWithin(command.mark, 2000), []);
    assert.equal(code, 120, stderr);
    const { record } = readRun(directory);
    assert.equal(record.state, 'completed');
    assert.equal(record.search?.result.state, 'maximum-good', JSON.stringify(record.search?.result));
    assert.deepEqual(record.search.result.bounds, { lower: 2, upper: null });
    assert.equal(record.search.outcomes[0]?.kind, 'warm-up');
    assert.equal(levels(record)[0], '1 ramp good');
    assert.equal(levels(record).at(-1), '2 drift good');
    const trials = record.search.outcomes.filter(({ kind }) => kind === 'trial');
    assert.equal(record.trials.length, trials.length);
    assert.ok(record.trials.every(({ settled, levelUnit }) => settled === null && levelUnit === 'rooms'));
    // What each step took adds up to no more than the run.
    const minutes = record.search.result.minutes;
    assert.ok(minutes * 60_000 <= (record.durationMs ?? 0) && minutes > 0.1, String(minutes));
    assert.match(
      stdout,
      /^capacity none found: 2 rooms, the highest level that was permitted, is still good$/m,
    );
    assert.match(stderr, /trial +\d+ · +1 room · ramp +· good/);
    assert.ok(existsSync(join(directory, 'charts', 'capacity.png')));
    assert.deepEqual(record.thresholds ?? [], []);

    const again = startCli(['capacity', file, '--resume', directory, '--dir', place.run(), '--json']);
    const resumed = await again.finished;
    assert.equal(resumed.code, 120, resumed.stderr);
    const later = JSON.parse(resumed.stdout) as RunRecord;
    assert.deepEqual(levels(later), levels(record));
    assert.equal(later.search?.earlier.length, record.trials.length);
    assert.equal(later.trials.length, 0);
  });

  it('comes to the same again: two searches of ten minutes differ by less than their intervals are wide', async (test) => {
    const once = async (): Promise<SearchResult> => {
      const directory = place.run();
      const searched = startCli(['capacity', meeting, '--budget', '10m', '--dir', directory]);
      const { code, stderr } = await searched.finished;
      const result = readRun(directory).record.search?.result;
      assert.ok(code === 0 && result?.state === 'capacity', stderr);
      const { pointLevel, interval, limitedBy } = result;
      test.diagnostic(JSON.stringify({ pointLevel, interval, limitedBy }));
      return result;
    };
    const [first, second] = [await once(), await once()];
    assert.ok(isNear(first, second) && isNear(second, first));
    for (const { limitedBy } of [first, second]) assert.ok(limitedBy.length > 0);
  });
});
