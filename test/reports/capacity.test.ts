import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { searchShape } from '../../harness/scenario/search.ts';
import type { SearchRecord } from '../../harness/search-record.ts';
import { SearchRun } from '../../harness/search-run.ts';
import type { StoredRun } from '../../harness/store.ts';
import type { SearchOutcome, SearchStep } from '../../reports/analysis/search/goal.ts';
import { capacityLines, capacitySentence, progressLine } from '../../reports/capacity.ts';
import { searchChart } from '../../reports/charts/search.ts';
import { runCharts } from '../../reports/charts.ts';
import { runPage } from '../../reports/page.ts';
import { plain, runText } from '../../reports/text.ts';
import { SimulatedSfu } from './analysis/search/simulated-sfu.ts';
import { changed, realRun } from './stored-runs.ts';

const shape = searchShape({ levelUnit: 'rooms', guess: 24, budgetMs: 2_400_000 }, 4);

function searchedBy(answer: (step: SearchStep) => SearchOutcome, budgetMs = 2_400_000): SearchRecord {
  const goal = { ...shape.goal, budgetMs };
  const search = new SearchRun('crowd', { ...shape, goal }, { outcomes: [], trials: [] }, () => undefined);
  for (;;) {
    const step = search.next();
    if (step.kind === 'done') return search.state;
    search.record(answer(step));
  }
}

function simulated(capacity: number, budgetMs?: number): SearchRecord {
  const sfu = new SimulatedSfu({ seed: 3, capacity, noise: 0.02 });
  return searchedBy((step) => sfu.answer(step), budgetMs);
}

const found = simulated(31);

/** A stored run with that search, whose lower bound is the level of its good trials. */
function runWith(search: SearchRecord): StoredRun {
  const lower = search.result.bounds.lower ?? 1;
  return changed((record) => {
    record.search = search;
    record.trials.splice(
      0,
      Number.POSITIVE_INFINITY,
      ...record.trials.map((trial) => ({ ...trial, level: lower, levelUnit: 'rooms' as const })),
    );
  });
}

function text(search: SearchRecord): string {
  const { record } = runWith(search);
  return runText(record, '/runs/one', plain);
}

describe('what a capacity search found, in words', () => {
  it('is a point with its interval and width, bounds, and what it is like there', () => {
    const lines = text(found);
    assert.equal(found.result.state, 'capacity');
    assert.match(lines, /^capacity 3\d(\.\d)? rooms \(95 %: [\d.]+ to [\d.]+, width \d+\.\d %.*\)$/m);
    assert.match(
      lines,
      /^bounds {2}\d+ rooms good, \d+ bad; where no violation at all is allowed, \d+ good$/m,
    );
    assert.match(lines, /^there {3}at \d+ rooms: \d+ peers, .* packets\/s, worker \d+ % of a core, /m);
    assert.match(lines, /^limit {3}loss in \d+ of the \d+ bad trials near it \(\d+ in all\)$/m);
    assert.match(
      lines,
      /^drift {3}no sign of drift \(\d+ rooms again at the end: \w+; . ?\d+ % an hour as fitted\)$/m,
    );
    assert.match(lines, /^search {2}\d+ trials in \d+\.\d minutes: \d+ good, \d+ bad; /m);
  });

  it('never says that an interval is as narrow as asked for where it is wider', () => {
    const result = { ...found.result, endedBy: 'width' as const, width: found.goal.width + 0.001 };
    assert.match(
      capacitySentence({ ...found, result }),
      /asked for: the repetition at the end widened it\)$/,
    );
  });

  it('says that a repetition which is neither good nor bad is no sign of anything', () => {
    const { result } = found;
    const { repeated } = result.drift;
    assert.ok(repeated !== null);
    const drift = { ...result.drift, repeated: { ...repeated, state: 'invalid' as const } };
    assert.match(
      text({ ...found, result: { ...result, drift } }),
      /again at the end: invalid, which says nothing/,
    );
    assert.doesNotMatch(text(found), /, which says nothing/);
  });

  it('says when it is wider than asked for, and why', () => {
    const short = simulated(31, 900_000);
    assert.match(
      capacitySentence(short),
      /width \d+\.\d %, wider than the 5 % asked for: the budget ended\)$/,
    );
  });

  it('calls a bound alone no capacity, and names it', () => {
    assert.match(
      capacitySentence(simulated(1_000)),
      /^none found: 72 rooms, the highest level that was permitted, is still good$/,
    );
    assert.match(capacitySentence(simulated(0.2)), /^none found: 1 room, the lowest level, is already bad$/);
    assert.match(
      capacitySentence(simulated(31, 130_000)),
      /^none found: the budget ended before any level was seen to be good, or to be too much$/,
    );
    const sfu = new SimulatedSfu({ seed: 1, capacity: 31, noise: 0.01, ceiling: 20 });
    assert.match(
      capacitySentence(searchedBy((step) => sfu.answer(step))),
      /^none found: 20 rooms are good, and above that the generator was the limit$/,
    );
    const starved = new SimulatedSfu({ seed: 1, capacity: 31, noise: 0.01, ceiling: 0 });
    assert.match(
      capacitySentence(searchedBy((step) => starved.answer(step))),
      /^none found: the generator was the limit before anything could be said of the SFU$/,
    );
  });

  it('says after each trial what it came to, and what is known', () => {
    const line = progressLine(found, null);
    assert.match(line, /^trial \d\d · +\d+ rooms · again {3}· \w+ .* · bounds \d+ good, \d+ bad · 95 %: /);
  });

  it('counts what was begun again, and what was taken as it came', () => {
    const sfu = new SimulatedSfu({ seed: 5, capacity: 31, noise: 0.02, flipSeconds: 4, speedExponent: 1 });
    const lines: string[] = [];
    const search = searchedBy((step) => sfu.answer(step));
    assert.match(text(search), / \d+ of them begun again, .* \d\d taken at whatever speed the core had, /);
    const { result } = search;
    for (let end = 1; end <= result.trials.length; end += 1) {
      const trials = result.trials.slice(0, end);
      lines.push(progressLine({ ...search, result: { ...result, trials } }, null));
    }
    assert.ok(lines.some((line) => / · (good|bad) +its core at 71 % of its speed, /.test(line)));
    assert.ok(
      lines.some((line) => / · invalid +the worker’s core was slowed from outside: again · /.test(line)),
    );
  });

  it('says what share of the trials is taken to be bad for no reason of their level', () => {
    // Not every search meets such trials where they show.
    const searches = Array.from({ length: 20 }, (_, seed) => {
      const sfu = new SimulatedSfu({ seed, capacity: 31, noise: 0.01, unseen: 0.15 });
      return searchedBy((step) => sfu.answer(step));
    });
    const lapsing = searches.filter(({ result }) => (result.lapseRate ?? 0) > 0);
    assert.ok(lapsing.length > 0);
    for (const search of lapsing) {
      const share = `${((search.result.lapseRate ?? 0) * 100).toFixed(0)} %`;
      const words = `some ${share} of the trials seem bad for no reason of their level, `;
      assert.ok(
        text(search)
          .split('\n')
          .some((line) => line.startsWith('lapses') && line.includes(words)),
      );
    }
    assert.doesNotMatch(text(found), /^lapses/m);
  });

  it('is the headline of the page, and a section of its own; a page of another run has neither', () => {
    const page = runPage(runWith(found), '');
    assert.match(page, /<p class="headline">Capacity: 3\d/);
    assert.match(page, /<h2 id="capacity-found">/);
    assert.match(page, /good: a lower bound/);
    assert.match(page, /<canvas id="capacity"/);
    assert.doesNotMatch(runPage(realRun(), ''), /capacity-found|canvas id="capacity"/);
  });

  it('keeps what it is told of earlier runs among the figures', () => {
    const run = runWith(found);
    const { trials } = run.record;
    const { search: _, ...rest } = run.record;
    assert.equal(rest.trials, trials);
    const resumed = { search: { ...found, earlier: trials }, trials: [] };
    assert.ok(capacityLines(resumed).some(([word]) => word === 'there'));
    assert.ok(!capacityLines({ search: found, trials: [] }).some(([word]) => word === 'there'));
  });
});

describe('the chart of a capacity search', () => {
  it('has every trial, the curve through one half at the capacity, and the ends of the interval', () => {
    const chart = searchChart(found);
    const datasets = chart.config?.data.datasets ?? [];
    assert.deepEqual(
      datasets.map(({ label }) => label),
      ['good trial', 'bad trial', 'fit', '95 % interval'],
    );
    const { counts, pointLevel, interval } = found.result;
    assert.equal(datasets[0]?.data.length, counts.good);
    assert.equal(datasets[1]?.data.length, counts.bad);
    const nearest = datasets[2]?.data.toSorted(
      (a, b) => Math.abs((a.y ?? 9) - 0.5) - Math.abs((b.y ?? 9) - 0.5),
    )[0];
    assert.ok(Math.abs((nearest?.x ?? 0) / (pointLevel ?? 1) - 1) < 0.02);
    assert.deepEqual([datasets[3]?.data[0]?.x, datasets[3]?.data.at(-1)?.x], [interval?.low, interval?.high]);
    assert.match(chart.description, /Capacity: 3\d/);
  });

  it('names its marks as what they are, and lines as lines', () => {
    const { data, options } = searchChart(found).config ?? {};
    assert.equal(options?.plugins?.legend?.labels?.usePointStyle, true);
    const styles = data?.datasets.map((dataset) => ('pointStyle' in dataset ? dataset.pointStyle : null));
    assert.deepEqual(styles, ['circle', 'crossRot', 'line', 'line']);
  });

  it('comes first, and only where there was a search', () => {
    assert.equal(runCharts(runWith(found))[0]?.id, 'capacity');
    assert.ok(runCharts(realRun()).every(({ id }) => id !== 'capacity'));
    assert.equal(searchChart(searchedBy(() => ({ kind: 'warm-up', elapsedMs: 10_000_000 }))).config, null);
  });
});
