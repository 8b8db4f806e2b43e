import { deepEqual, equal, match, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { BenchError, explain } from '../../harness/errors.ts';
import type { Overrides } from '../../harness/load.ts';
import { resolved } from './scenario-file.ts';

const rooms = { size: 2 };
const stairs = { executor: 'staircase', rooms, levels: [2, 4], hold: '30s' };
const steady = { executor: 'constant-vus', rooms, vus: 2, duration: '30s' };
const ramp = { executor: 'ramping-vus', rooms, stages: [{ duration: '1m', target: 4 }] };
const probes = { executor: 'constant-vus', vus: 1, joins: 'stairs' };

function shape(scenarios: unknown, overrides: Overrides, at = 0): unknown {
  return resolved({ scenarios }, overrides).groups[at]?.shape;
}

test('the command line overrides the file', () => {
  const staircase = { executor: 'staircase', levels: [4, 8], levelUnit: 'peers', holdMs: 20_000 };
  deepEqual(shape({ stairs }, { levels: '4,8', hold: '20s' }), staircase);
  deepEqual(shape({ stairs }, { levels: [4, 8], hold: 20_000 }), staircase);
  deepEqual(shape({ steady }, { vus: '6', duration: '1m' }), {
    executor: 'constant-vus',
    vus: 6,
    durationMs: 60_000,
    gracefulStopMs: 0,
  });
  deepEqual(shape({ ramp }, { stages: '30s:10,1m:10' }), {
    executor: 'ramping-vus',
    startVus: 1,
    stages: [
      { durationMs: 30_000, target: 10 },
      { durationMs: 60_000, target: 10 },
    ],
    gracefulRampDownMs: 0,
    gracefulStopMs: 0,
  });
  // Peers that join others are meant only when nobody else can be.
  deepEqual(shape({ stairs, probes }, { vus: 3 }, 1), {
    executor: 'constant-vus',
    vus: 3,
    durationMs: null,
    gracefulStopMs: 0,
  });
  deepEqual(shape({ stairs, probes, steady }, { vus: 4 }, 1), {
    executor: 'constant-vus',
    vus: 1,
    durationMs: null,
    gracefulStopMs: 0,
  });
  deepEqual(shape({ stairs, probes, steady }, { vus: 4 }, 2), {
    executor: 'constant-vus',
    vus: 4,
    durationMs: 30_000,
    gracefulStopMs: 0,
  });
});

test('target, seed and tags', () => {
  const options = { target: 'janus', tags: { a: '1', b: '2' }, seed: 3, scenarios: { stairs } };
  const { target, seed, tags } = resolved(options, {
    target: 'mediasoup:workers=2',
    seed: '7',
    tags: { b: '3' },
    insecure: undefined,
  });
  deepEqual(target, { kind: 'mediasoup', settings: { workers: 2 } });
  equal(seed, 7);
  deepEqual(tags, { a: '1', b: '3' });
});

test('what cannot be overridden so', () => {
  const rows: readonly [Overrides, string, RegExp][] = [
    [{ vus: '3' }, '--vus', /for constant-vus, .*; stairs is staircase.*--levels, --hold/s],
    [{ stages: '1s:1' }, '--stages', /fits no scenario/],
    [{ levels: '1,4' }, 'scenarios.stairs.levels[0]', /is 1, below rooms.size.*given by --levels/],
    [{ levels: '2,x' }, 'scenarios.stairs.levels[1]', /not 'x' \(given by --levels\)/],
    [{ hold: 'x' }, 'scenarios.stairs.hold', /given by --hold/],
    [{ seed: '1.5' }, 'seed', /given by --seed/],
    [{ target: 'janus' }, '--target', /not supported yet/],
    [{ control: 'http://h' }, '--control', /runs already/],
  ];
  for (const [overrides, field, message] of rows) {
    throws(
      () => resolved({ scenarios: { stairs } }, overrides),
      (thrown) => {
        ok(thrown instanceof BenchError);
        equal(thrown.exitCode, 104);
        equal(thrown.detail.field, field);
        match(explain(thrown.message, thrown.detail), message);
        return true;
      },
    );
  }
});
