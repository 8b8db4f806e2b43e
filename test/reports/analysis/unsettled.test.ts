import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Sample } from '../../../harness/record.ts';
import type { Classification } from '../../../reports/analysis/classify.ts';
import { classifySettled } from '../../../reports/analysis/unsettled.ts';

const limits = { violationRatio: 0.005 };
const moving = { settled: false, unsteady: ['worker CPU', 'packet rate'] };
const good: Classification = { state: 'good', reasons: [], isShort: false };
const bad: Classification = { state: 'bad', reasons: ['loss 3.0 %'], isShort: false };
const invalid: Classification = {
  state: 'invalid',
  reasons: ['generator at 90 % of its cores'],
  isShort: false,
};

/** Ten seconds of 100 windows each, of which so many violate. */
function windows(violating: (second: number) => number): Sample[] {
  let total = 0;
  return Array.from({ length: 11 }, (_, second): Sample => {
    if (second > 0) total += violating(second);
    return { t: second * 1_000, e: 'bots:a', s: 0, v: { violation_ratio: [total, second * 100] } };
  });
}

describe('a trial whose load had not settled', () => {
  it('is as it was where that was not waited for, or where it had', () => {
    for (const settled of [undefined, { settled: true, unsteady: [] }])
      for (const classified of [good, bad, invalid])
        assert.equal(classifySettled(classified, settled, [], limits), classified);
  });

  it('is bad when it was bad in both halves, and says that it never settled', () => {
    const found = classifySettled(
      bad,
      moving,
      windows(() => 5),
      limits,
    );
    assert.deepEqual(found, {
      state: 'bad',
      reasons: ['loss 3.0 %', 'never settled: worker CPU, packet rate'],
      isShort: false,
    });
  });

  it('is neither good nor bad when only one half was bad, whichever', () => {
    const halves = [(second: number) => (second > 5 ? 5 : 0), (second: number) => (second < 5 ? 5 : 0)];
    for (const violating of halves)
      assert.equal(classifySettled(bad, moving, windows(violating), limits).state, 'unsettled');
  });

  it('is bad where peers are not there, however clean the windows of the others are', () => {
    const refusing: Classification = { state: 'bad', reasons: ['joins: 40 failed'], isShort: true };
    const found = classifySettled(
      refusing,
      { settled: false, unsteady: ['peers'] },
      windows(() => 0),
      limits,
    );
    assert.equal(found.state, 'bad');
    assert.deepEqual(found.reasons, ['joins: 40 failed', 'never settled: peers']);
  });

  it('is never good', () => {
    assert.equal(
      classifySettled(
        good,
        moving,
        windows(() => 0),
        limits,
      ).state,
      'unsettled',
    );
  });

  it('stays invalid, and stays bad where no window could be judged', () => {
    assert.equal(classifySettled(invalid, moving, [], limits), invalid);
    assert.equal(classifySettled(bad, moving, [], limits).state, 'bad');
  });
});
