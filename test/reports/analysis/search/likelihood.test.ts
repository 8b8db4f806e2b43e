import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { searchDefaults } from '../../../../reports/analysis/search/goal.ts';
import { badProbability, fitCapacity, type Tally } from '../../../../reports/analysis/search/likelihood.ts';

const prior = searchDefaults.noise;

function fit(tallies: readonly Tally[]) {
  const found = fitCapacity(tallies, prior);
  assert.ok(found !== null);
  return found;
}

function close(actual: number, expected: number, by: number): void {
  assert.ok(Math.abs(Math.log(actual / expected)) < by, `${actual} is not ${expected}`);
}

const tallies = fc
  .uniqueArray(fc.integer({ min: 20, max: 60 }), { minLength: 2, maxLength: 10 })
  .chain((levels) =>
    fc
      .array(fc.record({ good: fc.nat(3), bad: fc.nat(3) }), {
        minLength: levels.length,
        maxLength: levels.length,
      })
      .map((counts) => levels.map((level, at) => ({ level, good: 1, bad: 1, ...counts[at] }))),
  )
  .filter((all) => all.some(({ good }) => good > 0) && all.some(({ bad }) => bad > 0));

describe('the fitted capacity', () => {
  it('is where good turns bad, however the trials are', () => {
    // As many good ones below as bad ones above, at equal ratios: the middle is the point, by symmetry. Only bad ones may
    // be bad for no reason of their level, so that the interval reaches further up.
    const even = [
      { level: 80, good: 4, bad: 0 },
      { level: 100, good: 2, bad: 2 },
      { level: 125, good: 0, bad: 4 },
    ];
    const found = fit(even);
    close(found.point, 100, 0.001);
    const [above, below] = [found.high.point / found.point, found.point / found.low.point];
    assert.ok(above >= below - 0.001 && above < below * 1.1, `${below} below, ${above} above`);
  });

  it('finds the curve that many trials were drawn from', () => {
    const truth = { point: 300, noise: 0.08, speedExponent: 0, lapseRate: 0 };
    const many = Array.from({ length: 41 }, (_, at) => {
      const level = Math.round(200 * 1.02 ** at);
      const bad = Math.round(badProbability(level, truth) * 400);
      return { level, good: 400 - bad, bad };
    });
    const found = fit(many);
    close(found.point, truth.point, 0.002);
    // Noises are tried on a grid.
    close(found.noise, truth.noise, 0.2);
  });

  it('needs both a good and a bad trial', () => {
    assert.equal(fitCapacity([], prior), null);
    assert.equal(fitCapacity([{ level: 10, good: 3, bad: 0 }], prior), null);
    assert.equal(fitCapacity([{ level: 10, good: 0, bad: 3 }], prior), null);
  });

  it('gives separated trials an interval that is open to neither side, and wider than their gap', () => {
    const found = fit([
      { level: 50, good: 2, bad: 0 },
      { level: 55, good: 0, bad: 2 },
    ]);
    assert.ok(found.low.point < 50 && found.low.point > 30, `${found.low.point}`);
    assert.ok(found.high.point > 55 && found.high.point < 90, `${found.high.point}`);
  });

  it('holds its point, and knows no unit', () => {
    fc.assert(
      fc.property(tallies, (all) => {
        const found = fit(all);
        assert.ok(found.low.point <= found.point && found.point <= found.high.point);
        const scaled = fit(all.map((tally) => ({ ...tally, level: tally.level * 7 })));
        for (const end of ['low', 'high'] as const) close(scaled[end].point, found[end].point * 7, 0.01);
      }),
      { numRuns: 50 },
    );
  });

  it('becomes narrower when every trial is repeated', () => {
    fc.assert(
      fc.property(tallies, (all) => {
        const once = fit(all);
        const often = fit(all.map((tally) => ({ ...tally, good: tally.good * 4, bad: tally.bad * 4 })));
        assert.ok(often.high.point / often.low.point < (once.high.point / once.low.point) * 1.001);
      }),
      { numRuns: 50 },
    );
  });

  it('is not made flat by bad trials far below', () => {
    const sharp = [44, 46, 48, 49, 50, 51, 52, 54, 56].map((level) =>
      level < 50
        ? { level, good: 4, bad: 0 }
        : { level, good: level === 50 ? 2 : 0, bad: level === 50 ? 2 : 4 },
    );
    const [clean, spoilt] = [fit(sharp), fit([...sharp, { level: 40, good: 4, bad: 2 }])];
    assert.equal(clean.lapseRate, 0);
    assert.ok(spoilt.lapseRate > 0);
    close(spoilt.point, clean.point, 0.01);
    const widthOf = ({ high, low }: typeof clean): number => high.point / low.point - 1;
    assert.ok(widthOf(spoilt) < 1.6 * widthOf(clean), `${widthOf(clean)}, ${widthOf(spoilt)}`);
    close(badProbability(10, spoilt), spoilt.lapseRate, 0.001);
  });

  it('takes what the speed of a core does out of the noise', () => {
    const found = fit(atSpeeds(1));
    const blind = fit(atSpeeds(1).map(({ speed: _, ...tally }) => tally));
    close(found.point, 100, 0.01);
    assert.ok(found.speedExponent >= 0.75);
    assert.equal(blind.speedExponent, 0);
    assert.ok(found.high.point / found.low.point - 1 < 0.7 * (blind.high.point / blind.low.point - 1));
    close(badProbability(90, { point: 100, noise: 0.03, speedExponent: 1, lapseRate: 0 }, 0.9), 0.5, 0.001);
  });

  it('believes in no effect of a speed that has none', () => {
    const found = fit(atSpeeds(0));
    close(found.point, 100, 0.01);
    assert.equal(found.speedExponent, 0);
  });
});

/** One trial a level and speed, good up to 100 times the speed's power. */
function atSpeeds(exponent: number): Tally[] {
  return [0.85, 0.92, 1, 1.08, 1.17].flatMap((speed) =>
    [72, 78, 84, 90, 97, 103, 110, 118, 126, 135].map((level) => {
      const isGood = level < 100 * speed ** exponent;
      return { level, speed, good: isGood ? 1 : 0, bad: isGood ? 0 : 1 };
    }),
  );
}
