/** Samples as lines over time: drift, gaps, restarts, several entities, long runs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Sample } from '../../harness/record.ts';
import { type Moment, meanOverTime, rateOverTime, timeGrid } from '../../reports/charts/series.ts';

function every(seconds: number, count: number, value: (index: number) => number | null): Moment[] {
  return Array.from({ length: count }, (_, index) => ({ atMs: index * seconds * 1000, value: value(index) }));
}

const tenSeconds = { startMs: 0, stepMs: 1000, steps: 10 };

function values(line: readonly Moment[]): readonly (number | null)[] {
  return line.map(({ value }) => (value === null ? null : Math.round(value * 1000) / 1000));
}

describe('rateOverTime', () => {
  it('gives the growth per second, whatever the readings’ instants', () => {
    const drifting = every(1.07, 11, (index) => index * 107);
    const line = values(rateOverTime(new Map([['bots:a', drifting]]), tenSeconds));
    assert.deepEqual(
      line,
      Array.from({ length: 10 }, () => 100),
    );
  });

  it('sums entities, and has a gap where one of them is missing', () => {
    const steady = every(1, 11, (index) => index * 10);
    const holed = every(1, 11, (index) => index * 5).filter(({ atMs }) => atMs < 2000 || atMs > 7000);
    const line = values(
      rateOverTime(
        new Map([
          ['bots:a', steady],
          ['bots:b', holed],
        ]),
        tenSeconds,
      ),
    );
    assert.deepEqual(line, [15, null, null, null, null, null, null, null, 15, 15]);
  });

  it('lets an entity come later and end earlier', () => {
    const steady = every(1, 11, (index) => index * 10);
    const late = steady.filter(({ atMs }) => atMs >= 4000 && atMs <= 6000);
    const line = values(
      rateOverTime(
        new Map([
          ['bots:a', steady],
          ['bots:b', late],
        ]),
        tenSeconds,
      ),
    );
    assert.deepEqual(line, [10, 10, 10, 10, 20, 20, 10, 10, 10, 10]);
  });

  it('has a gap where a counter went back, never a negative rate', () => {
    const restarted = every(1, 11, (index) => (index < 5 ? index * 10 : (index - 5) * 10));
    const line = values(rateOverTime(new Map([['bots:a', restarted]]), tenSeconds));
    assert.deepEqual(line, [10, 10, 10, 10, null, 10, 10, 10, 10, 10]);
  });

  it('is nothing without readings', () => {
    assert.ok(rateOverTime(new Map(), tenSeconds).every(({ value }) => value === null));
    assert.ok(
      rateOverTime(new Map([['bots:a', every(1, 1, () => 7)]]), tenSeconds).every(
        ({ value }) => value === null,
      ),
    );
  });
});

describe('meanOverTime', () => {
  it('takes a reading for the time since the one before it', () => {
    const slow = every(2, 6, (index) => index);
    const line = values(meanOverTime(new Map([['generator', slow]]), { ...tenSeconds, steps: 11 }, 'sum'));
    assert.deepEqual(line, [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
  });

  it('has a gap where nothing was read for long, and where the reading was null', () => {
    const holed = every(1, 10, (index) => (index === 2 ? null : 1)).filter(
      ({ atMs }) => atMs < 4000 || atMs > 8000,
    );
    const line = values(meanOverTime(new Map([['generator', holed]]), tenSeconds, 'sum'));
    assert.deepEqual(line, [1, 1, null, 1, null, null, null, null, null, 1]);
  });

  it('takes the highest of several workers', () => {
    const workers = new Map([
      ['worker:0', every(1, 10, () => 0.2)],
      ['worker:1', every(1, 10, (index) => index / 10)],
    ]);
    const line = values(meanOverTime(workers, tenSeconds, 'highest'));
    assert.deepEqual(line, [0.2, 0.2, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
  });
});

describe('timeGrid', () => {
  it('has at most 600 steps, also for a day', () => {
    const samples = every(60, 24 * 60, () => 0).map(
      ({ atMs }): Sample => ({ t: atMs, e: 'host', s: null, v: {} }),
    );
    const grid = timeGrid(samples);
    assert.ok(grid.steps <= 600 && grid.steps * grid.stepMs >= (samples.at(-1)?.t ?? 0));
  });

  it('is empty without samples', () => {
    assert.equal(timeGrid([]).steps, 0);
  });
});
