/** Whatever a file exports and whatever the command line says: a frozen scenario, or an expected error. */
import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { BenchError, explain } from '../../harness/errors.ts';
import { segmentsOf } from '../../harness/executors/registry.ts';
import { knownKeys } from '../../harness/scenario/entries.ts';
import { resolved } from './scenario-file.ts';

const keys = [
  ...new Set([...Object.values(knownKeys).flat(), 'thresholds', 'startTime', 'batch', '__proto__', 'crowd']),
];
const words = [
  'staircase',
  'constant-vus',
  'ramping-vus',
  'all',
  'none',
  'chrome',
  'audio',
  'video',
  'crowd',
  '30s',
  '0',
  'VP8',
];
const leaf = fc.oneof(
  fc.constantFrom<unknown>(...words, true, false, null, undefined, 0, 1, 2, 8, -1, 0.5, 1e9, Number.NaN),
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), tie('tree'), { maxKeys: 6 }),
  ),
}));

function survives(options: unknown, overrides = {}): boolean {
  try {
    const scenario = resolved(options, overrides);
    return Object.isFrozen(scenario) && Object.isFrozen(scenario.groups);
  } catch (thrown) {
    if (!(thrown instanceof BenchError)) throw thrown;
    return thrown.exitCode === 104 && explain(thrown.message, thrown.detail).length > 0;
  }
}

test('any value as options', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.jsonValue(), tree), (options) => survives(options)),
    { numRuns: 1_000 },
  );
});

test('a good scenario with one part replaced by anything', () => {
  const fields = [...knownKeys.staircase, ...knownKeys['ramping-vus'], 'startTime'];
  fc.assert(
    fc.property(
      fc.constantFrom(...fields),
      fc.constantFrom(...keys),
      tree,
      tree,
      (field, top, inner, outer) => {
        const crowd = { executor: 'staircase', rooms: { size: 2 }, levels: [2, 4], hold: '30s' };
        const probes = { executor: 'constant-vus', joins: 'crowd' };
        return (
          survives({ scenarios: { crowd: { ...crowd, [field]: inner } } }) &&
          survives({ scenarios: { crowd, probes: { ...probes, [field]: inner } } }) &&
          survives({ scenarios: { crowd }, [top]: outer })
        );
      },
    ),
    { numRuns: 1_000 },
  );
});

test('any text on the command line', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('1', '2,4', '30s:4', '0', '-1', '1e3', 'ws://h', 'mediasoup:a=b'),
  );
  const overrides = fc.record(
    {
      vus: text,
      duration: text,
      stages: text,
      levels: text,
      hold: text,
      target: text,
      seed: text,
      control: text,
    },
    { requiredKeys: [] },
  );
  const crowd = { executor: 'staircase', rooms: { size: 2 }, levels: [2, 4], hold: '30s' };
  fc.assert(fc.property(overrides, (given) => survives({ scenarios: { crowd } }, given)));
});

test('what is accepted can be executed', () => {
  const count = fc.integer({ min: 0, max: 30 });
  const duration = fc.integer({ min: 0, max: 100_000 });
  const entry = fc.oneof(
    fc.record({
      executor: fc.constant('staircase'),
      levels: fc.array(count, { maxLength: 5 }),
      hold: duration,
    }),
    fc.record({ executor: fc.constant('constant-vus'), vus: count, duration }),
    fc.record({
      executor: fc.constant('ramping-vus'),
      startVUs: count,
      stages: fc.array(fc.record({ duration, target: count }), { maxLength: 5 }),
    }),
  );
  let accepted = 0;
  fc.assert(
    fc.property(entry, fc.integer({ min: 1, max: 4 }), (fields, size) => {
      const options = { scenarios: { crowd: { ...fields, rooms: { size } } } };
      if (!survives(options)) return false;
      try {
        accepted += resolved(options).groups.flatMap(segmentsOf).length > 0 ? 1 : 0;
      } catch (thrown) {
        return thrown instanceof BenchError;
      }
      return true;
    }),
    { numRuns: 300 },
  );
  ok(accepted > 20, `${accepted}`);
});
