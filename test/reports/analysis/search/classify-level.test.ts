import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { classifyLevel, noEvidence, withTrial } from '../../../../reports/analysis/search/classify-level.ts';
import { searchDefaults } from '../../../../reports/analysis/search/goal.ts';

/** `g` and `b`: full trials, good and bad; `s` and `x`: short ones. */
function classOf(trials: string): string {
  let evidence = noEvidence;
  for (const letter of trials) {
    const durationMs =
      letter === 'g' || letter === 'b' ? searchDefaults.fullTrialMs : searchDefaults.shortTrialMs;
    const good = letter === 'g' || letter === 's';
    evidence = withTrial(evidence, { durationMs, good }, searchDefaults.fullTrialMs);
  }
  return classifyLevel(evidence, searchDefaults);
}

const trials = fc.string({ unit: fc.constantFrom('g', 'b', 's', 'x'), maxLength: 9 });

describe('the class of a level', () => {
  it('takes two of three full trials, at 90 s in all and half of them that may be bad', () => {
    const expected = {
      '': 'undecided',
      g: 'undecided',
      b: 'undecided',
      gg: 'lower',
      bb: 'upper',
      gb: 'undecided',
      gbg: 'lower',
      bgb: 'upper',
      gbgb: 'lower',
      gbgbb: 'upper',
    };
    for (const [seen, state] of Object.entries(expected)) assert.equal(classOf(seen), state, seen);
  });

  it('lets short trials speak against a level, and good ones only against bad ones', () => {
    const expected = {
      ssssssssss: 'undecided',
      xxxxx: 'upper',
      xxxxxs: 'undecided',
      bx: 'undecided',
      bxx: 'upper',
      bxxss: 'undecided',
      ggxxxx: 'lower',
    };
    for (const [seen, state] of Object.entries(expected)) assert.equal(classOf(seen), state, seen);
  });

  it('knows no order', () => {
    fc.assert(fc.property(trials, (seen) => classOf(seen) === classOf(seen.split('').toReversed().join(''))));
  });

  it('never turns worse by a good trial, or better by a bad one', () => {
    const rank = { upper: 0, undecided: 1, lower: 2 } as const;
    const worth = (seen: string): number => rank[classOf(seen) as keyof typeof rank];
    fc.assert(
      fc.property(trials, (seen) => {
        for (const good of 'gs') assert.ok(worth(seen + good) >= worth(seen));
        for (const bad of 'bx') assert.ok(worth(seen + bad) <= worth(seen));
      }),
    );
  });
});
