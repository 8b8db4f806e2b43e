import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bearing, goal, run, trialsOf } from './conversation.ts';

/** Levels of the ramp where the worker of an SFU that bears 118 tells so at each of them. */
function rampOf(busyAt: (level: number) => number | null): readonly number[] {
  const { steps } = run(goal, (step) => {
    const outcome = bearing(118)(step);
    if (outcome.kind !== 'trial' || outcome.state !== 'good') return outcome;
    return { ...outcome, workerCpuCores: busyAt(outcome.level) };
  });
  return trialsOf(steps).flatMap(({ level, purpose }) => (purpose === 'ramp' ? [level] : []));
}

describe('the ramp of a capacity search', () => {
  it('goes up by half where nobody tells of the worker, or it is idle', () => {
    for (const busy of [null, 0])
      assert.deepEqual(
        rampOf(() => busy),
        [40, 60, 92, 140],
      );
  });

  it('goes up to a little more than the worker seems to bear where that is less', () => {
    // Full at 115, and 115 % of it are 132.25; the grid has fours.
    assert.deepEqual(
      rampOf((level) => level / 115),
      [40, 60, 92, 136],
    );
    assert.deepEqual(
      rampOf(() => 0.97),
      [40, 48, 60, 72, 88, 108, 132],
    );
    assert.deepEqual(
      rampOf(() => 1.1),
      [40, 48, 56, 68, 80, 92, 108, 128],
    );
  });

  it('goes down where the first level is already too much', () => {
    const { result } = run(goal, bearing(14));
    assert.equal(result.state, 'capacity');
    assert.deepEqual(result.bounds, { lower: 12, upper: 16 });
  });

  it('does not end what a ramp began where its trials are as long as full ones', () => {
    const { steps, result } = run({ ...goal, fullTrialMs: 10_000, durationSumMs: 30_000 }, bearing(118));
    const levels = trialsOf(steps).map(({ level }) => level);
    assert.deepEqual(levels.slice(0, 5), [40, 60, 92, 140, 92]);
    assert.deepEqual(result.bounds, { lower: 116, upper: 120 });
  });
});
