/** `capacity` as far as it gets without a load: what it makes of a scenario, and what it refuses. */
import { deepEqual, equal, match, throws } from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { wishesOf } from '../../harness/commands/capacity.ts';
import { BenchError, explain } from '../../harness/errors.ts';
import { forecast } from '../../harness/forecast.ts';
import { thisMachine } from '../../harness/manifest.ts';
import type { Manifest, RunRecord } from '../../harness/record.ts';
import type { Scenario } from '../../harness/scenario.ts';
import { SearchRun } from '../../harness/search-run.ts';
import { asSearch, earlierSearch, type SearchWishes } from '../../harness/search-scenario.ts';
import { resolved } from '../scenario/scenario-file.ts';
import { startCli, workspace } from '../support/cli.ts';

const place = workspace();
after(() => place.close());

const stairs = {
  executor: 'staircase',
  bot: 'synthetic',
  rooms: { size: 4 },
  levels: [8, 24],
  hold: '30s',
};

function searching(wishes: SearchWishes = {}, entry: object = stairs, more: object = {}): Scenario {
  return asSearch(resolved({ scenarios: { crowd: entry }, ...more }), wishes);
}

function shapeOf({ groups }: Scenario) {
  const shape = groups[0]?.shape;
  if (shape?.executor !== 'capacity-search') throw new Error('it searches nothing');
  return shape;
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof BenchError) return `${thrown.code} ${explain(thrown.message, thrown.detail)}`;
    throw thrown;
  }
  throw new Error('it was not refused');
}

describe('a scenario of steps as a search', () => {
  it('has the highest level for a guess, whole rooms for levels, and 15 minutes', () => {
    const { goal, levelUnit } = shapeOf(searching());
    deepEqual([goal.guess, goal.budgetMs, goal.width, levelUnit], [24, 900_000, 0.05, 'peers']);
    deepEqual(goal.levels.slice(0, 3), [4, 8, 12]);
    equal(goal.levels.at(-1), 72);
    equal(forecast(searching()).durationMs, 900_000);
  });

  it('counts rooms where that is asked for, and does what else it is told', () => {
    const wishes = { levelUnit: 'rooms', budgetMs: 300_000, width: 0.1, highest: 9 } as const;
    const { goal, levelUnit } = shapeOf(searching(wishes));
    deepEqual([goal.guess, goal.budgetMs, goal.width, levelUnit], [6, 300_000, 0.1, 'rooms']);
    deepEqual(goal.levels, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    equal(shapeOf(searching({ guess: 40 })).goal.guess, 40);
  });

  it('keeps what a search in the file says, and only the budget leaves the hash alone', () => {
    const entry = {
      executor: 'capacity-search',
      bot: 'synthetic',
      rooms: { size: 4 },
      guess: 40,
      highest: 80,
      width: 0.08,
      fullTrial: '20s',
    };
    const { goal } = shapeOf(searching({}, entry));
    deepEqual([goal.guess, goal.levels.at(-1), goal.width, goal.fullTrialMs], [40, 80, 0.08, 20_000]);
    equal(goal.durationSumMs, 60_000);
    equal(searching({ budgetMs: 2_400_000 }, entry).hash, searching({}, entry).hash);
    for (const wishes of [{ guess: 36 }, { width: 0.1 }, { highest: 100 }, { levelUnit: 'rooms' }] as const)
      equal(searching(wishes, entry).hash === searching({}, entry).hash, false, JSON.stringify(wishes));
  });

  it('begins from VUs as well, leaves thresholds out and says so', () => {
    const vus = { executor: 'constant-vus', rooms: { size: 2 }, vus: 10, duration: '30s' };
    equal(shapeOf(searching({}, vus)).goal.guess, 10);
    const stages = [{ duration: '10s', target: 16 }];
    equal(shapeOf(searching({}, { executor: 'ramping-vus', rooms: { size: 2 }, stages })).goal.guess, 16);
    const judged = searching({}, stairs, { thresholds: { join_ms: ['p(95)<2000'] } });
    deepEqual(judged.thresholds, []);
    match(judged.warnings.join(), /thresholds are not judged in a search/);
  });

  it('waits for a steady load, unless the scenario gives the time', () => {
    const vus = { executor: 'constant-vus', rooms: { size: 2 }, vus: 10, duration: '30s' };
    const [steady, timed] = [vus, { ...vus, settle: '12s' }].map((entry) => searching({}, entry).groups[0]);
    deepEqual([steady?.settles, steady?.settleMs], [true, 60_000]);
    deepEqual([timed?.settles, timed?.settleMs], [false, 12_000]);
  });

  it('refuses what has no levels, what would run beside it, and a budget too small for one trial', () => {
    const arrivals = {
      executor: 'constant-arrival-rate',
      rooms: { size: 2 },
      rate: 1,
      duration: '30s',
      preAllocatedVUs: 4,
    };
    match(
      refusal(() => searching({}, arrivals)),
      /OPTION_INVALID .*scenarios.crowd is of 'constant-arrival-rate'/,
    );
    const two = resolved({ scenarios: { crowd: stairs, other: stairs } });
    match(
      refusal(() => asSearch(two, {})),
      /scenarios.other would run beside the search/,
    );
    match(
      refusal(() => searching({ budgetMs: 60_000 })),
      /--budget is 1m, .* at least 2m5s/,
    );
    match(
      refusal(() => searching({ guess: 100, highest: 50 })),
      /--guess is 100, outside of the levels from 4 to 50/,
    );
  });
});

describe('the flags of capacity', () => {
  it('are read as people write them', () => {
    deepEqual(wishesOf({ budget: '40m', width: '2.5%', level: 'rooms', guess: '30', highest: '60' }), {
      budgetMs: 2_400_000,
      width: 0.025,
      levelUnit: 'rooms',
      guess: 30,
      highest: 60,
    });
    equal(wishesOf({ width: '0.05' }).width, 0.05);
    equal(wishesOf({}).budgetMs, undefined);
  });

  it('are refused all at once, with what was meant', () => {
    const said = refusal(() => wishesOf({ budget: 'long', width: '5', level: 'room', guess: '-1' }));
    match(said, /^OPTION_INVALID error: 4 problems/);
    match(said, /--budget must be a duration such as '15m', not 'long'/);
    match(said, /--width must be a share .*5%, not '5'/);
    match(said, /--level must be peers or rooms, not 'room'/);
    match(said, /--guess must be a whole number from 1, not '-1'/);
  });
});

describe('what a search goes on from', () => {
  const scenario = searching();

  function record(change: Partial<RunRecord> = {}): RunRecord {
    const search = new SearchRun('crowd', shapeOf(scenario), { outcomes: [], trials: [] }, () => undefined);
    search.record({ kind: 'warm-up', elapsedMs: 12_000 });
    const stored = {
      scenario,
      scenarioHash: scenario.hash,
      trials: [{ level: 4 }],
      search: search.state,
      manifest: { machine: thisMachine() },
    };
    return { ...stored, ...change } as unknown as RunRecord;
  }

  it('are the outcomes and trials of the same search, also with another budget', () => {
    const longer = searching({ budgetMs: 2_400_000 });
    const earlier = earlierSearch(record(), longer, 'runs/a');
    deepEqual(earlier.outcomes, [{ kind: 'warm-up', elapsedMs: 12_000 }]);
    equal(earlier.trials.length, 1);
    const search = new SearchRun('crowd', shapeOf(longer), earlier, () => undefined);
    equal(search.next().kind, 'trial');
    equal(search.state.earlier.length, 1);
  });

  it('is nothing of another search, another target, or none', () => {
    const { search: _, ...none } = record();
    match(
      refusal(() => earlierSearch(none, scenario, 'runs/a')),
      /--resume holds no capacity search[^]*runs\/a/,
    );
    match(
      refusal(() => earlierSearch(record(), searching({ guess: 36 }), 'runs/a')),
      /--resume is of another search/,
    );
    match(
      refusal(() => earlierSearch(record(), searching({ budgetMs: 600_000 }), 'runs/a')),
      /--budget is 10m, less than the 15m that the search was begun with/,
    );
    const machine = { ...thisMachine(), cores: 1000 };
    match(
      refusal(() => earlierSearch(record({ manifest: { machine } as Manifest }), scenario, 'runs/a')),
      /--resume was begun on another machine \(.*, 1000 cores\) than this one/,
    );
    const elsewhere = { ...scenario, target: { kind: 'mediasoup', settings: { workers: 2 } } } as Scenario;
    match(
      refusal(() => earlierSearch(record(), elsewhere, 'runs/a')),
      /--resume is of another target/,
    );
    throws(
      () =>
        new SearchRun(
          'crowd',
          shapeOf(scenario),
          { outcomes: [{ kind: 'drain', elapsedMs: 1 }], trials: [] },
          () => undefined,
        ),
      RangeError,
    );
  });
});

describe('sfubench capacity', () => {
  it('ends with 104 and the least budget, before anything is started', async () => {
    const file = place.scenario(
      `export const options = { scenarios: { crowd: ${JSON.stringify(stairs)} } };`,
    );
    const { code, stderr } = await startCli(['capacity', file, '--budget', '90s']).finished;
    equal(code, 104, stderr);
    match(stderr, /--budget is 1m30s, too little for one trial: at least 2m5s/);
  });
});
