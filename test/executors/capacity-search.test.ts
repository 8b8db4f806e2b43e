import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Executor, nothingYet, type Segment } from '../../harness/executors/executor.ts';
import { crowdOf, execute, levelUnitOf, segmentsOf } from '../../harness/executors/registry.ts';
import type { TrialRecord } from '../../harness/record.ts';
import { searchShape } from '../../harness/scenario/search.ts';
import type { Group } from '../../harness/scenario.ts';
import { createSearch, type Search } from '../../reports/analysis/search/search.ts';
import { group } from './groups.ts';

const shape = searchShape({ levelUnit: 'rooms', guess: 24, budgetMs: 2_400_000 }, 4);
const searching: Group = group({
  shape,
  rooms: { ...group().rooms, size: 4 },
  settles: true,
  settleAsked: false,
  settleMs: 60_000,
});

function trialAt(level: number, state: TrialRecord['state']): TrialRecord {
  const figures = {
    violationRatio: state === 'bad' ? 0.2 : 0,
    joinsFailed: 0,
    hottestWorkerCpuCores: Math.min(0.97, level / 25),
    workerCoreSpeedAtStart: 0.9,
    workerCoreSpeedMeasured: 0.7,
    workerCoreBestUs: 40,
  };
  return { level, state, reasons: [], figures } as unknown as TrialRecord;
}

/** Plays it against an SFU that bears so many rooms; each segment takes 10 s. */
function play(
  executor: Executor,
  stateAt: (level: number) => TrialRecord['state'],
  isDisturbed: (segment: Segment) => boolean = () => false,
): Segment[] {
  const segments: Segment[] = [];
  for (let next = executor.next(nothingYet); !next.done; ) {
    const segment = next.value;
    segments.push(segment);
    const trial = segment.measure ? trialAt(segment.level, stateAt(segment.level)) : null;
    const disturbed = isDisturbed(segment);
    next = executor.next({ connected: segment.peers, failed: 0, trial, elapsedMs: 10_000, disturbed });
  }
  return segments;
}

const bearing = (rooms: number) => (level: number) => (level > rooms ? 'bad' : 'good');

describe('the executor of a capacity search', () => {
  it('moves to each level that is asked for, waits until it has settled, and measures it', () => {
    const search = createSearch(shape.goal);
    const segments = play(execute(searching, search), bearing(30));
    deepEqual(
      segments
        .slice(0, 5)
        .map(({ phase, level, peers, until, measure }) => [phase, level, peers, until, measure]),
      [
        ['join', 6, 24, { kind: 'joined' }, false],
        ['hold', 6, 24, { kind: 'elapsed', ms: 10_000 }, false],
        ['join', 9, 36, { kind: 'joined' }, false],
        ['settle', 9, 36, { kind: 'settled', limitMs: 60_000 }, false],
        ['hold', 9, 36, { kind: 'decided', ms: 10_000 }, true],
      ],
    );
    const step = search.next();
    ok(step.kind === 'done');
    deepEqual(step.result.bounds, { lower: 30, upper: 31 });
    equal(step.result.limitedBy[0]?.reason, 'worker CPU');
  });

  it('goes up by less once the worker would be full', () => {
    const search = createSearch(shape.goal);
    play(execute(searching, search), bearing(30));
    deepEqual(
      search.kept.flatMap((outcome) =>
        outcome.kind === 'trial' && outcome.purpose === 'ramp' ? [outcome.level] : [],
      ),
      [9, 14, 21, 29, 35],
    );
  });

  it('lets everybody leave after what was not good, and waits for an idle SFU', () => {
    const segments = play(execute(searching), bearing(30));
    for (const [at, segment] of segments.entries()) {
      const before = segments[at - 1];
      if (before?.measure !== true || before.level <= 30) continue;
      equal(segment.phase, 'drain');
      deepEqual([segment.peers, segment.until], [0, { kind: 'idle', limitMs: 30_000 }]);
      equal(segment.changes.length, before.peers);
      ok(segment.changes.every(({ kind, offsetMs }) => kind === 'leave' && offsetMs === 0));
    }
    ok(segments.some(({ phase }) => phase === 'drain'));
  });

  it('asks each peer in once, and out only who is in', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.constantFrom('good', 'bad', 'invalid', 'unsettled')), (states) => {
        const inside = new Set<number>();
        for (const { changes, peers } of play(execute(searching), () => states.next().value ?? 'good')) {
          for (const { kind, peer } of changes) {
            equal(inside.has(peer), kind === 'leave');
            if (kind === 'join') inside.add(peer);
            else inside.delete(peer);
          }
          equal(inside.size, peers);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('tells the search what each step took, and a trial that was not measured as invalid', () => {
    const search = createSearch(shape.goal);
    const executor = execute(searching, search);
    const taken = [3_000, 11_000, 4_000, 17_000, 12_000];
    let next = executor.next(nothingYet);
    for (const elapsedMs of taken) next = executor.next({ ...nothingYet, elapsedMs });
    deepEqual(
      search.kept.map(({ kind, elapsedMs }) => [kind, elapsedMs]),
      [
        ['warm-up', 14_000],
        ['trial', 33_000],
      ],
    );
    const [, trial] = search.kept;
    equal(trial?.kind === 'trial' && trial.state, 'invalid');
    ok(!next.done && next.value.phase === 'drain');
  });

  it('does a step again that was disturbed while its load settled, without measuring it', () => {
    const search = createSearch(shape.goal);
    let left = 7;
    const segments = play(execute(searching, search), bearing(30), ({ phase, level }) => {
      if (phase !== 'settle' || level <= 30 || left === 0) return false;
      left -= 1;
      return true;
    });
    equal(left, 0);
    const first = segments.findIndex(({ phase, level }) => phase === 'settle' && level > 30);
    deepEqual(
      segments.slice(first, first + 4).map(({ phase, level }) => [phase, level > 30]),
      [
        ['settle', true],
        ['drain', false],
        ['join', true],
        ['settle', true],
      ],
    );
    const step = search.next();
    ok(step.kind === 'done');
    // Seven times in a row, which of the generator's own doing would have been its end.
    equal(step.result.counts.invalid, 7);
    deepEqual(step.result.bounds, { lower: 30, upper: 31 });
  });

  it('takes steps as they come where too much was disturbed, at the speed of the core while they were measured', () => {
    const search = createSearch(shape.goal);
    const hurried = new Set<number>();
    play(execute(searching, search), bearing(30), ({ phase, step, asItComes }) => {
      if (phase === 'join' && asItComes === true) hurried.add(step);
      return phase === 'settle' && !hurried.has(step);
    });
    const step = search.next();
    ok(step.kind === 'done');
    deepEqual(step.result.bounds, { lower: 30, upper: 31 });
    const trials = step.result.trials.filter(({ disturbed }) => disturbed !== true);
    ok(trials.length > 5 && trials.every(({ asItComes }) => asItComes === true));
    deepEqual(new Set(trials.map(({ coreSpeed }) => coreSpeed)), new Set([0.7]));
    const unhurried = createSearch(shape.goal);
    play(execute(searching, unhurried), bearing(30));
    deepEqual(
      new Set(unhurried.kept.flatMap((outcome) => (outcome.kind === 'trial' ? [outcome.coreSpeed] : []))),
      new Set([0.9]),
    );
  });

  it('warms up again before it goes on with a search', () => {
    const first = createSearch(shape.goal);
    play(execute(searching, first), bearing(30));
    const half = first.kept.slice(0, 6);
    const search: Search = createSearch(shape.goal, half);
    const segments = play(execute(searching, search), bearing(30));
    deepEqual(
      segments.slice(0, 2).map(({ phase, level, measure }) => [phase, level, measure]),
      [
        ['join', 6, false],
        ['hold', 6, false],
      ],
    );
    deepEqual(
      search.kept.map((outcome) => (outcome.kind === 'trial' ? outcome.level : outcome.kind)),
      first.kept.map((outcome) => (outcome.kind === 'trial' ? outcome.level : outcome.kind)),
    );
  });

  it('has bots ready for the highest level, and forecasts the way up', () => {
    const segments = segmentsOf(searching);
    deepEqual(
      segments.filter(({ measure }) => measure).map(({ level }) => level),
      [9, 14, 21, 32, 48, 72],
    );
    deepEqual(crowdOf(searching), { most: 288, ready: 288 });
    equal(levelUnitOf(searching), 'rooms');
  });
});
