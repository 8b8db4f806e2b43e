import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { nothingYet, type Segment } from '../../harness/executors/executor.ts';
import { execute, expectedMs, segmentsOf } from '../../harness/executors/registry.ts';
import { group, groups } from './groups.ts';

/** Numbers of the peers that are there after a segment. */
function apply(segment: Segment, present: Set<number>): void {
  for (const { kind, peer } of segment.changes) {
    if (kind === 'join') {
      ok(!present.has(peer), `peer ${peer} joins twice`);
      equal(peer, present.size, 'peers are numbered without gaps');
      present.add(peer);
    } else {
      equal(peer, present.size - 1, 'last in, first out');
      ok(present.delete(peer), `peer ${peer} leaves but is not there`);
    }
  }
}

function elapsedMs(segments: readonly Segment[]): number {
  return segments.reduce((sum, { until }) => sum + (until.kind === 'elapsed' ? until.ms : 0), 0);
}

function brief(segments: readonly Segment[]): unknown[] {
  return segments.map(({ phase, step, peers, changes, until, measure }) => [
    phase,
    step,
    peers,
    changes.map(({ kind, offsetMs }) => `${kind}@${Math.round(offsetMs)}`).join(' '),
    until.kind === 'elapsed' ? until.ms : until.kind,
    measure,
  ]);
}

test('every executor: joins and leaves balance, offsets are ordered, what is measured keeps still', () => {
  fc.assert(
    fc.property(groups, (group) => {
      const present = new Set<number>();
      let step = 0;
      for (const segment of segmentsOf(group)) {
        apply(segment, present);
        equal(present.size, segment.peers);
        ok(segment.peers >= 0 && segment.level >= 0);
        ok(segment.step === step || segment.step === step + 1);
        step = segment.step;
        const offsets = segment.changes.map(({ offsetMs }) => offsetMs);
        deepEqual(
          offsets,
          offsets.toSorted((a, b) => a - b),
        );
        ok(offsets.every((offset) => offset >= 0 && Number.isFinite(offset)));
        const last = offsets.at(-1) ?? 0;
        if (segment.until.kind === 'elapsed') ok(last <= segment.until.ms, 'nothing is due after the end');
        else if (segment.until.kind === 'joined') ok(segment.changes.some(({ kind }) => kind === 'join'));
        else equal(segment.peers, 0, 'whoever is left goes; those who went before are waited for');
        if (segment.measure)
          ok(segment.changes.length === 0 && segment.peers > 0 && segment.phase === 'hold');
      }
    }),
  );
});

test('the same group gives the same segments, whatever the outcomes', () => {
  fc.assert(
    fc.property(groups, fc.nat(), (group, connected) => {
      const unlucky: Segment[] = [];
      const executor = execute(group);
      for (
        let next = executor.next();
        !next.done;
        next = executor.next({ ...nothingYet, connected, failed: 3 })
      ) {
        unlucky.push(next.value);
      }
      deepEqual(unlucky, segmentsOf(group));
    }),
  );
});

test('times add up to what the scenario says', () => {
  fc.assert(
    fc.property(groups, (group) => {
      const { shape, settleMs } = group;
      const segments = segmentsOf(group);
      const measuredMs = elapsedMs(segments.filter(({ measure }) => measure));
      if (shape.executor === 'staircase') equal(measuredMs, shape.levels.length * shape.holdMs);
      if (shape.executor === 'constant-vus') equal(elapsedMs(segments), settleMs + (shape.durationMs ?? 0));
      if (shape.executor === 'ramping-vus') {
        equal(
          elapsedMs(segments),
          shape.stages.reduce((sum, { durationMs }) => sum + durationMs, 0),
        );
      }
    }),
  );
});

test('a staircase goes up at the join rate, down last in first out, and waits for joins only', () => {
  const shape = { executor: 'staircase', levels: [2, 3, 1, 1], levelUnit: 'peers', holdMs: 30_000 } as const;
  deepEqual(brief(segmentsOf(group({ shape }))), [
    ['join', 0, 2, 'join@0 join@500', 'joined', false],
    ['settle', 0, 2, '', 12_000, false],
    ['hold', 0, 2, '', 30_000, true],
    ['join', 1, 3, 'join@0', 'joined', false],
    ['settle', 1, 3, '', 12_000, false],
    ['hold', 1, 3, '', 30_000, true],
    ['join', 2, 1, 'leave@0 leave@500', 500, false],
    ['settle', 2, 1, '', 12_000, false],
    ['hold', 2, 1, '', 30_000, true],
    ['join', 3, 1, '', 0, false],
    ['settle', 3, 1, '', 12_000, false],
    ['hold', 3, 1, '', 30_000, true],
  ]);
  const inRooms = segmentsOf(group({ shape: { ...shape, levels: [3], levelUnit: 'rooms' } }));
  deepEqual(
    inRooms.map(({ level, peers }) => [level, peers]),
    [
      [3, 6],
      [3, 6],
      [3, 6],
    ],
  );
});

test('constant VUs are measured for their duration, from the end of settling', () => {
  const shape = { executor: 'constant-vus', vus: 2, durationMs: 60_000, gracefulStopMs: 0 } as const;
  deepEqual(brief(segmentsOf(group({ shape }))), [
    ['join', 0, 2, 'join@0 join@500', 'joined', false],
    ['settle', 0, 2, '', 12_000, false],
    ['hold', 0, 2, '', 60_000, true],
  ]);
});

test('a group that joins another one is not measured and has no end of its own', () => {
  const shape = { executor: 'constant-vus', vus: 1, durationMs: null, gracefulStopMs: 0 } as const;
  const segments = segmentsOf(group({ shape, joins: 'other' }));
  deepEqual(
    segments.map(({ phase, measure }) => [phase, measure]),
    [
      ['join', false],
      ['hold', false],
    ],
  );
  const [, hold] = segments;
  ok(hold?.until.kind === 'elapsed' && hold.until.ms < 2 ** 31, 'a timer can wait for it');
  equal(expectedMs(hold, 'chrome'), 0);
});

test('ramping VUs move as k6 moves them; plateaus are measured once they have settled', () => {
  const shape = {
    executor: 'ramping-vus',
    startVus: 1,
    stages: [
      { durationMs: 4_000, target: 5 },
      { durationMs: 20_000, target: 5 },
      { durationMs: 10_000, target: 5 },
      { durationMs: 2_000, target: 3 },
      { durationMs: 0, target: 0 },
      { durationMs: 5_000, target: 0 },
    ],
    gracefulRampDownMs: 0,
    gracefulStopMs: 0,
  } as const;
  deepEqual(brief(segmentsOf(group({ shape }))), [
    ['join', 0, 1, 'join@0', 'joined', false],
    ['ramp', 0, 5, 'join@1000 join@2000 join@3000 join@4000', 4_000, false],
    ['settle', 1, 5, '', 12_000, false],
    ['hold', 1, 5, '', 8_000, true],
    ['settle', 2, 5, '', 10_000, false],
    ['ramp', 3, 3, 'leave@1000 leave@2000', 2_000, false],
    ['ramp', 4, 0, 'leave@0 leave@0 leave@0', 0, false],
    ['idle', 5, 0, '', 5_000, false],
  ]);
});

test('a ramp that ends at 0 waits for those on their way out, within gracefulStop', () => {
  const shape = {
    executor: 'ramping-vus',
    startVus: 2,
    stages: [{ durationMs: 4_000, target: 0 }],
    gracefulRampDownMs: 20_000,
    gracefulStopMs: 30_000,
  } as const;
  const segments = segmentsOf(group({ shape }));
  deepEqual(brief(segments), [
    ['join', 0, 2, 'join@0 join@500', 'joined', false],
    ['ramp', 0, 0, 'leave@2000 leave@4000', 4_000, false],
    ['idle', 0, 0, '', 'ended', false],
  ]);
  deepEqual(segments.at(-1)?.until, { kind: 'ended', afterMs: 0, graceMs: 30_000 });
  equal(segmentsOf(group({ shape: { ...shape, gracefulStopMs: 0 } })).length, 2);
});
