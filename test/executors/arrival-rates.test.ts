import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { arrivalInstants } from '../../harness/executors/arrivals.ts';
import {
  type ConstantArrivalRateShape,
  constantArrivalRate,
} from '../../harness/executors/constant-arrival-rate.ts';
import type { Segment } from '../../harness/executors/executor.ts';
import {
  type RampingArrivalRateShape,
  rampingArrivalRate,
} from '../../harness/executors/ramping-arrival-rate.ts';
import type { ArrivalPlan } from '../../harness/executors/sessions.ts';
import { segmentsOf } from './play-sessions.ts';

const vus = { preAllocatedVus: 5, maxVus: 5, sessionMs: null } as const;

function sum(all: readonly number[]): number {
  return all.reduce((total, ms) => total + ms, 0);
}

function planOf(segments: readonly Segment[]): ArrivalPlan {
  const plan = segments[0]?.sessions;
  ok(plan?.kind === 'arrivals');
  return plan;
}

function brief(segments: readonly Segment[]): unknown[] {
  return segments.map(({ phase, step, level, peers, until, measure }) => [
    phase,
    step,
    level,
    peers,
    until.kind === 'elapsed' ? until.ms : until.kind,
    measure,
  ]);
}

describe('segments of arrival rates', () => {
  const shared = {
    timeUnitMs: 1_000,
    preAllocatedVus: 10,
    maxVus: 40,
    sessionMs: 1_500,
    gracefulStopMs: 30_000,
  };
  const constant: ConstantArrivalRateShape = {
    executor: 'constant-arrival-rate',
    rate: 4,
    durationMs: 20_000,
    ...shared,
  };

  it('a constant rate: peers come in, then it is measured, then the last sessions may end', () => {
    const segments = segmentsOf(constantArrivalRate({ settleMs: 5_000 }, constant));
    deepEqual(brief(segments), [
      ['ramp', 0, 4, 7, 5_000, false],
      ['hold', 0, 4, 7, 15_000, true],
      ['idle', 0, 4, 7, 'ended', false],
    ]);
    deepEqual(
      segments.map(({ sessions }) => sessions !== null),
      [true, false, false],
    );
    const long = segmentsOf(constantArrivalRate({ settleMs: 50_000 }, { ...constant, sessionMs: null }));
    deepEqual(brief(long), [
      ['ramp', 0, 4, 40, 20_000, false],
      ['idle', 0, 4, 40, 'ended', false],
    ]);
  });

  it('stages: ramps are not measured, plateaus settle first; zero is idle', () => {
    const shape: RampingArrivalRateShape = {
      executor: 'ramping-arrival-rate',
      startRate: 0,
      stages: [
        { durationMs: 10_000, target: 10 },
        { durationMs: 20_000, target: 10 },
        { durationMs: 2_000, target: 10 },
        { durationMs: 0, target: 0 },
        { durationMs: 5_000, target: 0 },
      ],
      ...shared,
    };
    const segments = segmentsOf(rampingArrivalRate({ settleMs: 5_000 }, shape));
    deepEqual(brief(segments), [
      ['ramp', 0, 10, 16, 10_000, false],
      ['settle', 1, 10, 16, 5_000, false],
      ['hold', 1, 10, 16, 15_000, true],
      ['settle', 2, 10, 16, 2_000, false],
      ['ramp', 3, 0, 16, 0, false],
      ['idle', 4, 0, 1, 5_000, false],
      ['idle', 4, 0, 1, 'ended', false],
    ]);
  });

  it('last as long as the arrivals, and only the first one carries the plan', () => {
    const stages = fc.array(
      fc.record({ durationMs: fc.nat({ max: 60_000 }), target: fc.constantFrom(0, 5, 20) }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(stages, fc.nat({ max: 20_000 }), fc.constantFrom(0, 5), (list, settleMs, startRate) => {
        const shape: RampingArrivalRateShape = {
          executor: 'ramping-arrival-rate',
          startRate,
          stages: list,
          ...shared,
        };
        const segments = segmentsOf(rampingArrivalRate({ settleMs }, shape));
        const elapsed = segments.flatMap(({ until }) => (until.kind === 'elapsed' ? [until.ms] : []));
        equal(sum(elapsed), sum(list.map(({ durationMs }) => durationMs)));
        equal(sum(planOf(segments).pieces.map(({ durationMs }) => durationMs)), sum(elapsed));
        ok(segments.slice(1).every(({ sessions }) => sessions === null));
        equal(segments.at(-1)?.until.kind, 'ended');
        ok(segments.every(({ changes, peers }) => changes.length === 0 && peers <= shared.maxVus));
      }),
    );
  });

  it('are evenly apart at a constant rate, the first at once and none at the end, as in k6', () => {
    const plan = planOf(
      segmentsOf(
        constantArrivalRate(
          { settleMs: 0 },
          {
            executor: 'constant-arrival-rate',
            rate: 10,
            timeUnitMs: 1_000,
            durationMs: 1_000,
            gracefulStopMs: 0,
            ...vus,
          },
        ),
      ),
    );
    deepEqual(
      [...arrivalInstants(plan)].map((ms) => Math.round(ms * 1e6) / 1e6),
      [0, 100, 200, 300, 400, 500, 600, 700, 800, 900],
    );
  });

  it('k6’s example of a ramp: 4,260 sessions in nine minutes', () => {
    const shape: RampingArrivalRateShape = {
      executor: 'ramping-arrival-rate',
      startRate: 300,
      timeUnitMs: 60_000,
      stages: [
        { target: 300, durationMs: 60_000 },
        { target: 600, durationMs: 120_000 },
        { target: 600, durationMs: 240_000 },
        { target: 60, durationMs: 120_000 },
      ],
      gracefulStopMs: 30_000,
      ...vus,
    };
    const plan = planOf(segmentsOf(rampingArrivalRate({ settleMs: 5_000 }, shape)));
    const instants = [...arrivalInstants(plan)];
    equal(instants.length, 4_260);
    const until = (ms: number): number => instants.filter((instant) => instant <= ms + 1e-6).length;
    deepEqual([until(60_000), until(180_000), until(420_000)], [300, 1_200, 3_600]);
  });
});
