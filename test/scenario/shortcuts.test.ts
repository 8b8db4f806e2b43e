import { deepEqual, equal, match } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Expanded, expandShortcuts, overlay } from '../../harness/scenario/shortcuts.ts';

const stages = [
  { duration: '30s', target: 20 },
  { duration: '1m', target: 0 },
];

function entryOf({ options }: Expanded): unknown {
  return (options['scenarios'] as Record<string, unknown>)['default'];
}

/** As k6's documentation of options and of each executor has them. */
const expansions: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>])[] = [
  ['vus and duration', { vus: 10, duration: '30s' }, { executor: 'constant-vus', vus: 10, duration: '30s' }],
  ['duration alone', { duration: '1m' }, { executor: 'constant-vus', duration: '1m' }],
  [
    'vus and iterations',
    { vus: 10, iterations: 200 },
    { executor: 'shared-iterations', vus: 10, iterations: 200 },
  ],
  ['iterations alone', { iterations: 10 }, { executor: 'shared-iterations', iterations: 10 }],
  [
    'vus, iterations and duration',
    { vus: 5, iterations: 100, duration: '10m' },
    { executor: 'shared-iterations', vus: 5, iterations: 100, maxDuration: '10m' },
  ],
  ['stages', { stages }, { executor: 'ramping-vus', stages }],
  ['vus and stages', { vus: 3, stages }, { executor: 'ramping-vus', startVUs: 3, stages }],
  [
    'null is absent',
    { vus: null, duration: '5s', stages: null },
    { executor: 'constant-vus', duration: '5s' },
  ],
  ['vus alone', { vus: 5 }, { executor: 'shared-iterations', vus: 5, iterations: 5 }],
  ['one alone', { vus: 1 }, { executor: 'shared-iterations', vus: 1, iterations: 1 }],
  ['vus and empty stages', { vus: 5, stages: [] }, { executor: 'shared-iterations', vus: 5, iterations: 5 }],
  ['no stages beside duration', { duration: '5s', stages: [] }, { executor: 'constant-vus', duration: '5s' }],
];

describe('shortcuts', () => {
  for (const [what, given, entry] of expansions) {
    it(`${what}: ${String(entry['executor'])}`, () => {
      const expanded = expandShortcuts({ ...given, seed: 7 });
      deepEqual(expanded.options, { seed: 7, scenarios: { default: entry } });
      deepEqual([expanded.source, expanded.problems, expanded.warnings], ['shortcuts', [], []]);
    });
  }

  it('give their scenario what k6’s words do not speak of, and say where its fields came from', () => {
    const expanded = expandShortcuts({ vus: 3, stages }, { rooms: { size: 3 }, executor: 'staircase' });
    deepEqual(entryOf(expanded), { rooms: { size: 3 }, executor: 'ramping-vus', startVUs: 3, stages });
    deepEqual(
      [...expanded.origins],
      [
        ['scenarios.default.startVUs', 'vus'],
        ['scenarios.default.stages', 'stages'],
      ],
    );
  });

  for (const [what, given, warning] of [
    ['nothing at all', {}, null],
    ['empty stages', { stages: [] }, /stages is empty/],
    ['empty scenarios', { scenarios: {} }, /scenarios is empty/],
    ['vus beside empty scenarios', { vus: 5, scenarios: {} }, /scenarios is empty/],
  ] as const) {
    it(`${what}: one iteration of one VU, as in k6`, () => {
      const { source, warnings, ...expanded } = expandShortcuts(given);
      deepEqual(expanded.options, {
        scenarios: { default: { executor: 'per-vu-iterations', vus: 1, iterations: 1 } },
      });
      deepEqual([source, expanded.problems, warnings.length], ['none', [], warning === null ? 0 : 1]);
      match(warnings.join(), warning ?? /^$/);
    });
  }

  it('vus alone: both of its numbers are named as it was written', () => {
    deepEqual(
      [...expandShortcuts({ vus: 5 }).origins],
      [
        ['scenarios.default.vus', 'vus'],
        ['scenarios.default.iterations', 'vus'],
      ],
    );
  });

  it('without any, scenarios stay as they are', () => {
    const scenarios = { a: { executor: 'constant-vus' } };
    deepEqual(expandShortcuts({ scenarios, seed: 1 }), {
      options: { scenarios, seed: 1 },
      source: 'scenarios',
      origins: new Map(),
      problems: [],
      warnings: [],
    });
    const { options, problems, warnings } = expandShortcuts({ scenarios, vus: 4 });
    deepEqual([options, problems], [{ scenarios }, []], 'k6 ignores vus here');
    match(warnings.join(), /vus \(4\) has no effect beside scenarios/);
  });

  const scenarios = { a: { executor: 'constant-vus', vus: 1, duration: '1s' } };
  for (const [given, field, message] of [
    [{ duration: '1m', stages }, 'duration', /'stages' exclude/],
    [{ iterations: 5, stages }, 'iterations', /'stages' exclude/],
    [{ duration: '1m', scenarios }, 'duration', /'scenarios' exclude/],
    [{ iterations: 5, scenarios }, 'iterations', /'scenarios' exclude/],
    [{ stages, scenarios }, 'stages', /'scenarios' exclude/],
    [{ vus: 5, duration: '1m', scenarios }, 'duration', /'scenarios' exclude/],
    [{ duration: '1m', scenarios: {} }, 'duration', /'scenarios' exclude/],
    [{ duration: 0 }, 'duration', /more than 0/],
    [{ duration: '0s', vus: 2 }, 'duration', /more than 0/],
  ] as const) {
    it(`${JSON.stringify(given)} is refused, as k6 refuses it`, () => {
      const { problems } = expandShortcuts(given);
      equal(problems.length, 1);
      equal(problems[0]?.field, field);
      match(problems[0]?.message ?? '', message);
    });
  }

  it('all conflicts are named at once', () => {
    const { problems } = expandShortcuts({ iterations: 5, duration: '1m', stages, scenarios });
    deepEqual(
      problems.map(({ field }) => field),
      ['iterations', 'iterations'],
    );
  });

  it('leave nothing of themselves behind, change nothing of what they are given, and never throw', () => {
    const value = fc.oneof(
      fc.constant(undefined),
      fc.constant(null),
      fc.integer(),
      fc.constantFrom('30s', '0', 'soon', ''),
      fc.constant([]),
      fc.constant(stages),
      fc.constant({}),
      fc.anything(),
    );
    const options = fc.record(
      { vus: value, duration: value, iterations: value, stages: value, scenarios: value },
      { requiredKeys: [], noNullPrototype: true },
    );
    fc.assert(
      fc.property(options, (given) => {
        const before = { ...given };
        const expanded = expandShortcuts(Object.freeze(given));
        deepEqual(given, before);
        deepEqual(Object.keys(expanded.options), ['scenarios']);
        equal(expanded.source === 'shortcuts', expanded.origins.size > 0);
      }),
    );
  });
});

describe('shortcuts of several places', () => {
  it('the nearer one decides what to do, as a whole', () => {
    const file = { vus: 10, duration: '30s', thresholds: {} };
    deepEqual(overlay([file, { iterations: 5 }]), { vus: 10, iterations: 5, thresholds: {} });
    deepEqual(overlay([file, { vus: 20 }]), { ...file, vus: 20 });
    deepEqual(overlay([{ ...file, stages: [] }, { stages }]), { vus: 10, stages, thresholds: {} });
    deepEqual(overlay([{ scenarios: { a: {} } }, { duration: '5s', vus: null }]), { duration: '5s' });
    deepEqual(overlay([{ duration: '5s' }, {}, { scenarios: {} }]), { scenarios: {} });
  });

  it('so that no conflict comes of two places', () => {
    const deed = fc.constantFrom({ duration: '5s' }, { iterations: 3 }, { stages }, { scenarios: { a: {} } });
    fc.assert(
      fc.property(fc.array(deed, { minLength: 1, maxLength: 4 }), (layers) => {
        deepEqual(expandShortcuts(overlay(layers)).problems, []);
        deepEqual(overlay(layers), layers.at(-1));
      }),
    );
  });
});
