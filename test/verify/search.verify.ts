/** The interval of a capacity search holds the capacity as often as it says, on thousands of simulated SFUs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  agreement,
  bisection,
  type Condition,
  conditions,
  ramp,
  search,
  survey,
  surveyLine,
} from '../reports/analysis/search/self-test.ts';

/** Fits with speeds count each trial by itself, and take four times as long. */
const searchesOf = ({ speedSpread, flipSeconds }: Condition): number =>
  speedSpread === undefined && flipSeconds === undefined ? 2_000 : 500;

describe('the interval of a capacity search', () => {
  for (const minutes of [15, 40]) {
    for (const condition of conditions) {
      it(`covers in ${minutes} minutes: ${condition.name}`, (test) => {
        const searches = searchesOf(condition);
        const asked = { searches, seed: 4_711 + minutes, budgetMs: minutes * 60_000 };
        const found = survey(search, condition, asked);
        test.diagnostic(surveyLine(`${condition.name}, ${minutes} minutes`, found));
        assert.ok(found.coverage >= 0.95, surveyLine(condition.name, found));
        assert.ok(found.answered >= 0.85, surveyLine(condition.name, found));
      });
    }
  }

  for (const condition of conditions) {
    it(`is wider than what two searches of one SFU differ by: ${condition.name}`, (test) => {
      const searches = searchesOf(condition) / 4;
      const agreed = agreement(condition, { searches, seed: 1_213, budgetMs: 900_000 });
      const line = `${(agreed * 100).toFixed(1)} % in ${searches} pairs`;
      test.diagnostic(line);
      // Were all noise alike, 99 in 100 were; where nothing tells that a core was slowed, it is not.
      assert.ok(agreed >= 0.9, line);
    });
  }

  for (const condition of conditions) {
    it(`does what plain ways do not: ${condition.name}`, (test) => {
      const asked = { searches: searchesOf(condition), seed: 815, budgetMs: 2_400_000 };
      const own = survey(search, condition, asked);
      for (const [name, way] of Object.entries({ bisection, ramp })) {
        const plain = survey(way, condition, asked);
        test.diagnostic(surveyLine(`${condition.name}, plain ${name}`, plain));
        assert.ok(plain.coverage < own.coverage, surveyLine(name, plain));
      }
    });
  }
});
