import { equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Sample } from '../../../harness/record.ts';
import { isBadAlready } from '../../../reports/analysis/curtail.ts';

const limits = { violationRatio: 0.005 };
/** 1,600 windows at most, of which 8 may break quality. */
const hold = { consumers: 100, holdMs: 30_000, isUnsettled: false };

function told(...totals: readonly (readonly [violating: number, windows: number])[]): Sample[] {
  return totals.map((total, second) => ({
    t: second * 1_000,
    e: 'bots:crowd:synthetic:video:0',
    s: 0,
    v: { violation_ratio: [...total] as [number, number] },
  }));
}

describe('a hold that need not go on', () => {
  it('has broken more windows than all that it will have may, whatever comes', () => {
    equal(isBadAlready(told([50, 4_000], [58, 4_500]), { ...hold, heldMs: 12_000 }, limits), false);
    equal(isBadAlready(told([50, 4_000], [59, 4_500]), { ...hold, heldMs: 12_000 }, limits), true);
  });

  it('shows for ten seconds what an overload looks like', () => {
    const broken = told([0, 0], [300, 500]);
    equal(isBadAlready(broken, { ...hold, heldMs: 9_900 }, limits), false);
    equal(isBadAlready(broken, { ...hold, heldMs: 10_000 }, limits), true);
  });

  it('goes on where the load had not settled: its second half decides, too', () => {
    const broken = told([0, 0], [300, 500]);
    equal(isBadAlready(broken, { ...hold, heldMs: 12_000, isUnsettled: true }, limits), false);
  });

  it('goes on where nothing was judged yet', () => {
    equal(isBadAlready([], { ...hold, heldMs: 20_000 }, limits), false);
    equal(isBadAlready(told([0, 0]), { ...hold, heldMs: 20_000 }, limits), false);
  });
});
