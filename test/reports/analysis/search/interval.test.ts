/** What `test/verify/search.verify.ts` shows on thousands of simulated SFUs, on as many as fit into seconds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agreement, bisection, conditions, search, survey, surveyLine } from './self-test.ts';

describe('the interval of a capacity search', () => {
  const asked = { searches: 60, seed: 2_026, budgetMs: 2_400_000 };
  const steady = conditions.slice(0, 3);

  it('holds the capacity in 95 % of searches at 1, 3 and 5 % noise; plain bisection does not', (test) => {
    const found = steady.map((condition) => ({ condition, ...survey(search, condition, asked) }));
    for (const of of found) test.diagnostic(surveyLine(of.condition.name, of));
    const covered = found.reduce((sum, { coverage }) => sum + coverage, 0) / found.length;
    assert.ok(covered >= 0.95, `${covered}`);
    for (const condition of steady.slice(1)) {
      const plain = survey(bisection, condition, asked);
      assert.ok(plain.coverage < 0.8, surveyLine('plain bisection', plain));
    }
  });

  it('is wider than what two searches of one SFU differ by', (test) => {
    const agreed = agreement({ name: 'pairs', noise: 0.03 }, { ...asked, searches: 40, budgetMs: 900_000 });
    test.diagnostic(`${(agreed * 100).toFixed(1)} % in 40 pairs`);
    assert.ok(agreed >= 0.95, `${agreed}`);
  });

  it('suspects a drift of 30 % an hour often, and none seldom', () => {
    const [none = 1, much = 0] = [0, -0.3].map((driftPerHour) => {
      const of = { name: 'drift', noise: 0.03, driftPerHour };
      return survey(search, of, { ...asked, searches: 50 }).driftSuspected;
    });
    assert.ok(none < 0.1, `${none}`);
    assert.ok(much > 3 * none && much > 0.1, `${much}`);
  });

  it('becomes narrower with time', () => {
    const [short = 0, long = 1] = [15, 40].map((minutes) => {
      const of = { ...asked, searches: 50, budgetMs: minutes * 60_000 };
      return survey(search, { name: 'time', noise: 0.03 }, of).width;
    });
    assert.ok(short > 1.3 * long);
  });
});
