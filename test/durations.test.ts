import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { durationMs, formatDuration } from '../harness/durations.ts';

test('durations are read as k6 reads them', () => {
  const rows: readonly [unknown, number][] = [
    ['1m30s', 90_000],
    ['500ms', 500],
    ['1.5h', 5_400_000],
    ['1d2h', 93_600_000],
    ['1d', 86_400_000],
    ['.5s', 500],
    ['1s500ms', 1_500],
    ['250us', 0.25],
    ['250µs', 0.25],
    ['1000000ns', 1],
    [250, 250],
    ['250', 250],
    ['0', 0],
    [' 10s ', 10_000],
  ];
  for (const [text, ms] of rows) equal(durationMs(text), ms, String(text));
});

test('what is no duration is null', () => {
  const rows: readonly unknown[] = [
    '',
    ' ',
    's',
    '30x',
    '30 s',
    '-5s',
    -1,
    'forever',
    '1s1',
    '1s1d',
    '1.5d',
    '1..5s',
    '1e3',
    '0x10',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    null,
    undefined,
    true,
    [],
    {},
    '1m30',
  ];
  for (const value of rows) equal(durationMs(value), null, String(value));
});

test('any text is a duration or null, never an exception', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.anything()), (value) => {
      const ms = durationMs(value);
      return ms === null || (Number.isFinite(ms) && ms >= 0);
    }),
  );
});

test('whole seconds survive being written for a person', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600_000 }), (seconds) => {
      equal(durationMs(formatDuration(seconds * 1_000)), seconds * 1_000);
    }),
  );
});
