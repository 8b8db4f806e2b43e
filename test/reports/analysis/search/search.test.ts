import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Course } from '../../../../reports/analysis/search/course.ts';
import type {
  SearchGoal,
  SearchOutcome,
  SearchStep,
  TrialOutcome,
  TrialPurpose,
} from '../../../../reports/analysis/search/goal.ts';
import { createSearch } from '../../../../reports/analysis/search/search.ts';
import { bearing, goal, outcomeOf, run, type State, trialsOf } from './conversation.ts';
import { SimulatedSfu } from './simulated-sfu.ts';

const isLast = (step: SearchStep): boolean => step.kind === 'trial' && step.purpose === 'drift';

/** Of a search in which everything is good but the repetition at its end. */
function driftAfter(state: State): string {
  return run(goal, (step) => outcomeOf(step, isLast(step) ? state : 'good')).result.drift.state;
}

describe('the capacity search', () => {
  it('warms up at a quarter, ramps by half with short trials, and brackets what it finds with full ones', () => {
    const { steps, result } = run(goal, bearing(118));
    assert.deepEqual(steps[0], { kind: 'warm-up', level: 24, durationMs: 10_000 });
    const ramp = trialsOf(steps).filter(({ purpose }) => purpose === 'ramp');
    assert.deepEqual(
      ramp.map(({ level, durationMs }) => [level, durationMs]),
      [40, 60, 92, 140].map((level) => [level, 10_000]),
    );
    const rest = trialsOf(steps).slice(ramp.length);
    assert.ok(rest.every(({ durationMs }) => durationMs === 30_000));
    // The highest level that the ramp saw to be good comes first.
    assert.equal(rest[0]?.level, 92);
    assert.equal(result.state, 'capacity');
    assert.deepEqual(result.bounds, { lower: 116, upper: 120 });
    assert.ok(result.interval !== null && result.interval.low <= 116 && result.interval.high >= 120);
    assert.ok((result.width ?? 1) <= goal.width || result.endedBy !== 'width');
    assert.equal(steps.at(-1)?.kind === 'trial' && steps.at(-1)?.level, 116);
    assert.equal(result.drift.state, 'steady');
    assert.deepEqual(result.limitedBy[0]?.reason, 'loss');
  });

  it('names the maximum that is still good, and the minimum that is already bad, and calls them no capacity', () => {
    const good = run(goal, bearing(1_000)).result;
    assert.equal(good.state, 'maximum-good');
    assert.deepEqual(good.bounds, { lower: 400, upper: null });
    const bad = run(goal, bearing(1)).result;
    assert.equal(bad.state, 'minimum-bad');
    assert.deepEqual(bad.bounds, { lower: null, upper: 4 });
    for (const { interval, pointLevel, width } of [good, bad])
      assert.deepEqual([interval, pointLevel, width], [null, null, null]);
  });

  it('repeats an invalid trial at most twice, and takes that level for the generator’s end', () => {
    const { steps, result } = run(goal, (step) =>
      outcomeOf(step, 'level' in step && step.level > 80 ? 'invalid' : 'good'),
    );
    assert.equal(result.state, 'generator-limited');
    assert.equal(result.bounds.upper, null);
    assert.equal(result.interval, null);
    const repeats = trialsOf(steps).map(({ repeat }) => repeat);
    assert.equal(Math.max(...repeats), 2);
    assert.ok(result.counts.invalid % 3 === 0);
  });

  it('does not take an invalid trial for a statement about the SFU', () => {
    // Every second trial stalls, whatever the level: the bounds are the same.
    let trial = 0;
    const { result } = run(goal, (step) => {
      if (step.kind !== 'trial') return outcomeOf(step, 'good');
      trial += 1;
      return trial % 2 === 0 ? outcomeOf(step, 'invalid') : bearing(118)(step);
    });
    assert.deepEqual(result.bounds, { lower: 116, upper: 120 });
    assert.ok(result.counts.invalid > 5);
  });

  it('comes back to levels at which the generator was disturbed for a while', () => {
    let trials = 0;
    const { result } = run(goal, (step) => {
      if (step.kind !== 'trial') return outcomeOf(step, 'good');
      trials += 1;
      return trials <= 8 ? outcomeOf(step, 'invalid') : bearing(118)(step);
    });
    assert.equal(result.state, 'capacity');
    assert.deepEqual(result.bounds, { lower: 116, upper: 120 });
  });

  it('comes back to them as well where a level above was already seen to be too much', () => {
    let [tooMuchMs, disturbed] = [0, 0];
    const { result } = run(goal, (step) => {
      const outcome = bearing(118)(step);
      if (outcome.kind !== 'trial') return outcome;
      if (tooMuchMs >= goal.durationSumMs && disturbed < 3) {
        disturbed += 1;
        return outcomeOf(step, 'invalid');
      }
      if (outcome.state === 'bad') tooMuchMs += outcome.durationMs;
      return outcome;
    });
    assert.deepEqual([disturbed, result.counts.invalid], [3, 3]);
    assert.deepEqual(result.bounds, { lower: 116, upper: 120 });
  });

  it('asks the levels above a lowest one that never settles', () => {
    const small = { ...goal, levels: [1, 2, 3, 4, 5, 6], guess: 2 };
    const { result } = run(small, (step) =>
      'level' in step && step.level === 1 ? outcomeOf(step, 'unsettled') : bearing(4)(step),
    );
    assert.deepEqual(result.bounds, { lower: 4, upper: 5 });
  });

  it('tries what never settled once more, and then leaves that level alone', () => {
    const { steps, result } = run(goal, (step) =>
      'level' in step && step.level === 120 ? outcomeOf(step, 'unsettled') : bearing(118)(step),
    );
    assert.ok(trialsOf(steps).filter(({ level }) => level === 120).length <= 2);
    assert.deepEqual(result.bounds, { lower: 116, upper: 124 });
  });

  it('says that it does not know where its time ends too early, and never asks for more than is left', () => {
    for (const seconds of [10, 60, 120, 200]) {
      const { result } = run({ ...goal, budgetMs: seconds * 1_000 }, bearing(118));
      assert.equal(result.state, 'unknown');
      assert.equal(result.endedBy, 'budget');
      assert.ok(result.minutes * 60 <= seconds);
    }
  });

  it('reports no violation at all beside it', () => {
    const { result } = run(goal, (step) => {
      const state = 'level' in step && step.level > 118 ? 'bad' : 'good';
      return outcomeOf(step, state, 'level' in step && step.level > 60 ? 0.003 : 0);
    });
    assert.equal(result.bounds.lower, 116);
    assert.ok(result.nqrLower === null || result.nqrLower <= 60);
  });

  it('suspects a drift where the lower bound no longer holds at the end', () => {
    const { result } = run({ ...goal, width: 0.3 }, (step) =>
      step.kind === 'trial' && step.purpose === 'drift' ? outcomeOf(step, 'bad') : bearing(118)(step),
    );
    assert.equal(result.drift.state, 'suspected');
    assert.equal(result.drift.repeated?.state, 'bad');
  });

  it('keeps its bounds whatever the repetition at the end says of them', () => {
    const course = new Course(goal);
    const trial = (level: number, state: State, purpose: TrialPurpose = 'narrow'): void =>
      course.add(
        outcomeOf({ kind: 'trial', level, durationMs: goal.fullTrialMs, purpose, repeat: 0 }, state),
      );
    for (const state of ['good', 'bad', 'good', 'bad'] as const) trial(100, state);
    for (const state of ['bad', 'bad', 'bad'] as const) trial(120, state);
    const [lower, upper] = [100, 120].map((level) => goal.levels.indexOf(level));
    assert.deepEqual(course.bounds(), { lower, upper });
    trial(100, 'bad', 'drift');
    assert.deepEqual(course.bounds(), { lower, upper });
    assert.equal(course.at(lower ?? -1).bad, 3);
    trial(100, 'bad');
    assert.deepEqual(course.bounds(), { lower: null, upper: lower });
  });

  it('forgives the repetition a core that is slower than before', () => {
    const [same = 1, slower = 0] = [1, 0.8].map((speedAtEnd) => {
      let trials = 0;
      const { result } = run({ ...goal, width: 0.1 }, (step) => {
        if (step.kind !== 'trial') return outcomeOf(step, 'good');
        trials += 1;
        const coreSpeed = step.purpose === 'drift' ? speedAtEnd : trials % 3 === 0 ? 0.85 : 1;
        const isBad = step.purpose === 'drift' || step.level > 118 * coreSpeed;
        return { ...outcomeOf(step, isBad ? 'bad' : 'good'), coreSpeed } as TrialOutcome;
      });
      assert.equal(result.drift.repeated?.state, 'bad');
      return result.drift.repeated.badProbability ?? Number.NaN;
    });
    assert.ok(same < 0.2, `${same}`);
    assert.ok(slower > 0.9, `${slower}`);
  });

  it('does not call steady what nobody could judge, nor a bad end after nothing but good', () => {
    assert.equal(driftAfter('good'), 'steady');
    assert.equal(driftAfter('invalid'), 'unknown');
    assert.equal(driftAfter('bad'), 'suspected');
  });

  it('refuses a goal that makes no sense, and an answer to another question', () => {
    const wrong: readonly [Partial<SearchGoal>, RegExp][] = [
      [{ levels: [4] }, /two levels/],
      [{ levels: [8, 4] }, /rise/],
      [{ exceedRatio: 1 }, /exceed ratio 1/],
      [{ rampFactor: 1 }, /ramp factor 1/],
      [{ width: 0 }, /width 0/],
    ];
    for (const [part, message] of wrong) assert.throws(() => createSearch({ ...goal, ...part }), message);
    const search = createSearch(goal);
    assert.throws(() => search.record({ kind: 'drain', elapsedMs: 1 }), /drain where a warm-up/);
    search.record({ kind: 'warm-up', elapsedMs: 1 });
    const step = search.next();
    assert.ok(step.kind === 'trial');
    const outcome = outcomeOf(step, 'good') as TrialOutcome;
    assert.throws(() => search.record({ ...outcome, level: 8 }), /ramp trial at 8/);
    assert.throws(() => search.record({ ...outcome, elapsedMs: Number.NaN }), /took NaN/);
  });
});

describe('the capacity search, whatever comes', () => {
  const states = fc.infiniteStream(fc.constantFrom<State>('good', 'good', 'bad', 'unsettled', 'invalid'));

  it('ends within its budget, drains after everything but a good trial, and keeps its bounds in its interval', () => {
    fc.assert(
      fc.property(states, fc.integer({ min: 1, max: 60 }), (stream, minutes) => {
        const of = { ...goal, budgetMs: minutes * 60_000 };
        const { steps, outcomes, result } = run(of, (step) => outcomeOf(step, stream.next().value ?? 'good'));
        for (const [at, step] of steps.entries()) {
          const before = outcomes[at - 1];
          const overloaded = before?.kind === 'trial' && before.state !== 'good';
          if (step.kind === 'trial') assert.ok(!overloaded);
          if (step.kind === 'drain') assert.ok(overloaded);
          if (step.kind === 'trial') assert.ok(step.repeat <= 3 && of.levels.includes(step.level));
        }
        const { interval, bounds, pointLevel } = result;
        // What came last was expected to take as long as those before.
        assert.ok(result.minutes <= minutes + 1e-9);
        assert.equal(interval === null, result.state !== 'capacity');
        if (interval === null) return;
        assert.ok(interval.low <= (bounds.lower ?? 0) && interval.high >= (bounds.upper ?? Infinity));
        assert.ok(pointLevel !== null && interval.low <= pointLevel && pointLevel <= interval.high);
      }),
      { numRuns: 80 },
    );
  });

  it('goes on from any point as if it had not been interrupted, and from its end with more time', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(200), fc.integer({ min: 2, max: 30 }), (seed, cut, minutes) => {
        const sfu = (): SimulatedSfu => new SimulatedSfu({ seed, capacity: 130, noise: 0.04, stalls: 0.1 });
        const of = { ...goal, budgetMs: minutes * 60_000 };
        const one = sfu();
        const whole = run(of, (step) => one.answer(step));
        const [head, tail] = [whole.outcomes.slice(0, cut), whole.outcomes.slice(cut)];
        const resumed = run(of, (_, at) => tail[at] as SearchOutcome, createSearch(of, head));
        assert.deepEqual(resumed.result, whole.result);

        const more = createSearch({ ...of, budgetMs: of.budgetMs + 1_200_000 }, whole.outcomes);
        // All but the repetition that it ended with.
        const kept = more.progress().trials.length;
        assert.ok(kept >= whole.result.trials.filter(({ purpose }) => purpose !== 'drift').length);
        const two = sfu();
        const further = run(of, (step) => two.answer(step), more).result;
        // A last trial that settles late may take longer than those before let expect.
        assert.ok(further.trials.length >= kept && further.minutes <= minutes + 20 + 1.5);
      }),
      { numRuns: 20 },
    );
  });
});
