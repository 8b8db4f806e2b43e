/** Options of a k6 script as they are: what they mean here, and who has the last word. */
import { deepEqual, equal, match, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { BenchError } from '../../harness/errors.ts';
import { shortcutsOf } from '../../harness/scenario/overrides.ts';
import { resolved } from './scenario-file.ts';

const stages = [
  { duration: '30s', target: 20 },
  { duration: '1m30s', target: 20 },
  { duration: '20s', target: 0 },
];
const thresholds = { checks: ['rate>0.9'], iterations: [{ threshold: 'count>10', abortOnFail: true }] };

function words(entry: object, exports = {}): string {
  return resolved({ scenarios: { a: entry } }, {}, exports).warnings.join('\n');
}

test('a block of stages and thresholds is the scenario that it stands for', () => {
  const pasted = resolved({ stages, thresholds });
  const written = resolved({
    scenarios: { default: { executor: 'ramping-vus', stages, rooms: { size: 4 } } },
    thresholds,
  });
  deepEqual(pasted.groups, written.groups);
  deepEqual(pasted.thresholds, written.thresholds);
  match(pasted.warnings.join('\n'), /^options: peers are in rooms of 4, as k6's words say nothing of rooms/m);
});

test('a block of scenarios is, too: whoever is there is in rooms of four', () => {
  const { groups, warnings } = resolved({
    scenarios: {
      contacts: { executor: 'constant-vus', vus: 2, duration: '30s', tags: { part: 'a' } },
      ramp: { executor: 'ramping-vus', stages, startTime: '10s', gracefulRampDown: '5s' },
      storm: { executor: 'constant-arrival-rate', rate: 5, duration: '30s', preAllocatedVUs: 3, maxVUs: 20 },
      rise: { executor: 'ramping-arrival-rate', startRate: 1, stages, preAllocatedVUs: 3 },
      each: { executor: 'per-vu-iterations', vus: 10, iterations: 2, maxDuration: '1m' },
      all: { executor: 'shared-iterations', vus: 4, iterations: 8, env: { A: 'b' } },
    },
  });
  deepEqual(
    groups.map(({ name, rooms }) => [name, rooms.size]),
    Object.entries({ contacts: 2, ramp: 4, storm: 4, rise: 3, each: 4, all: 4 }),
  );
  match(warnings.join('\n'), /^scenarios\.storm: peers are in rooms of 4/m);
  throws(
    () => resolved({ scenarios: { ours: { executor: 'staircase', levels: [4], hold: '10s' } } }),
    /rooms.*is missing/,
  );
});

test('a ramp may go down only', () => {
  const down = [{ duration: '1m', target: 0 }];
  const [group] = resolved({ vus: 10, stages: down }).groups;
  ok(group?.shape.executor === 'ramping-vus' && group.shape.startVus === 10);
  const [alone] = resolved({ stages: down }).groups;
  ok(alone?.shape.executor === 'ramping-vus' && alone.shape.startVus === 1, 'startVUs is 1 when absent');
});

test('where a ramp ends at 0, those on their way out have the time that they are given', () => {
  const graces = (entry: object): unknown => {
    const [group] = resolved({ scenarios: { a: { executor: 'ramping-vus', stages, ...entry } } }).groups;
    ok(group?.shape.executor === 'ramping-vus');
    return [group.shape.gracefulRampDownMs, group.shape.gracefulStopMs];
  };
  deepEqual(graces({}), [0, 0]);
  deepEqual(graces({ gracefulRampDown: '20s' }), [20_000, 20_000]);
  deepEqual(graces({ gracefulRampDown: '20s', gracefulStop: '5s' }), [20_000, 5_000]);
  deepEqual(graces({ gracefulRampDown: '20s', gracefulStop: '0s' }), [20_000, 0]);
  deepEqual(graces({ gracefulRampDown: '20s', stages: stages.slice(0, 2) }), [20_000, 0]);
});

test('vus with duration or iterations', () => {
  const [constant] = resolved({ vus: 3, duration: '30s', bot: 'synthetic' }).groups;
  deepEqual([constant?.name, constant?.bot, constant?.rooms.size], ['default', 'synthetic', 3]);
  deepEqual(constant?.shape, { executor: 'constant-vus', vus: 3, durationMs: 30_000, gracefulStopMs: 0 });
  const [once] = resolved({ vus: 3, rooms: { size: 3 } }).groups;
  ok(once?.shape.executor === 'shared-iterations');
  deepEqual([once.shape.vus, once.shape.iterations], [3, 3]);
  const [shared] = resolved({ vus: 8, iterations: 20, duration: '5m', rooms: { size: 2 } }).groups;
  deepEqual(shared?.shape, {
    executor: 'shared-iterations',
    vus: 8,
    iterations: 20,
    maxDurationMs: 300_000,
    sessionMs: null,
    gracefulStopMs: 30_000,
  });
});

test('file < environment < command line; who says what to do replaces what was said of that', () => {
  const file = { vus: 3, duration: '30s', rooms: { size: 2 } };
  const shape = (...[environment, flags]: Record<string, string>[]): unknown =>
    resolved(file, { environment: environment ?? {}, ...flags }).groups[0]?.shape;
  const constant = { executor: 'constant-vus', gracefulStopMs: 0 };
  deepEqual(shape({ vus: '4' }), { ...constant, vus: 4, durationMs: 30_000 });
  deepEqual(shape({ vus: '4', duration: '1m' }, { vus: '5' }), { ...constant, vus: 5, durationMs: 60_000 });
  const ramp = shape({ duration: '1m' }, { stages: '10s:6' }) as { executor: string; startVus: number };
  deepEqual([ramp.executor, ramp.startVus], ['ramping-vus', 3]);
  equal((shape({}, { iterations: '9' }) as { executor: string }).executor, 'shared-iterations');
});

test('a file with scenarios has their fields set, by the environment too', () => {
  const scenarios = {
    storm: {
      executor: 'constant-arrival-rate',
      rate: 2,
      duration: '10s',
      preAllocatedVUs: 4,
      rooms: { size: 2 },
    },
    each: { executor: 'per-vu-iterations', vus: 2, rooms: { size: 2 } },
  };
  const { groups } = resolved(
    { scenarios },
    { environment: { iterations: '7', duration: '1m' }, duration: '20s' },
  );
  const [storm, each] = groups.map(({ shape }) => shape);
  ok(storm?.executor === 'constant-arrival-rate' && storm.durationMs === 20_000);
  ok(each?.executor === 'per-vu-iterations' && each.iterations === 7);
});

test('what is wrong is named as it was written, with the place that it came from', () => {
  const rows: readonly [Record<string, string>, Record<string, string>, string, RegExp][] = [
    [{ duration: 'x' }, {}, 'duration', /given by SFUBENCH_DURATION/],
    [{ vus: '9' }, { vus: 'many' }, 'vus', /not 'many' \(given by --vus\)/],
    [{}, { stages: '10s' }, 'stages[0]', /given by --stages/],
  ];
  for (const [environment, flags, field, message] of rows) {
    throws(
      () => resolved({ vus: 2, duration: '10s' }, { environment, ...flags }),
      (thrown) => {
        ok(thrown instanceof BenchError);
        deepEqual([thrown.exitCode, thrown.detail.field], [104, field]);
        match(thrown.message, message);
        return true;
      },
    );
  }
  throws(
    () => resolved({ scenarios: { a: {} } }, { environment: { vus: '3' } }),
    /SFUBENCH_VUS fits no scenario/,
  );
});

test('variables are read as k6 reads its own, and empty ones are none', () => {
  deepEqual(shortcutsOf({ SFUBENCH_VUS: '4', SFUBENCH_STAGES: '', K6_DURATION: '1m', PATH: '/' }), {
    vus: '4',
    duration: undefined,
    iterations: undefined,
    stages: undefined,
  });
});

test('deserves a word: sessions that nothing ends, and VUs that are too few', () => {
  const rate = {
    executor: 'constant-arrival-rate',
    rate: 10,
    duration: '10s',
    preAllocatedVUs: 4,
    rooms: { size: 2 },
  };
  match(words(rate), /end only with the scenario/);
  match(
    words({ executor: 'per-vu-iterations', vus: 2, rooms: { size: 2 } }),
    /end only with maxDuration \(10m\)/,
  );
  equal(/end only/.test(words(rate, { default: () => undefined })), false);
  match(words({ ...rate, sessionDuration: '2s' }), /20 peers would be in a session at once, and maxVUs is 4/);
  match(words({ ...rate, settle: '10s' }), /no longer than settle .*not measured/);
});
