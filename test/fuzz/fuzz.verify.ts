/** Ten million mutated packets in total over every parser; SFUBENCH_FUZZ_SEED chooses others. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fuzz } from './mutate.ts';
import { targets } from './targets.ts';

const total = 10_000_000;
const seed = Number(process.env.SFUBENCH_FUZZ_SEED ?? 1000);
const shares = targets.reduce((sum, { weight = 1 }) => sum + weight, 0);
const maxGrowthMb = 32;

describe(`${total} mutations, seed ${seed}`, () => {
  for (const target of targets) {
    it(target.name, () => {
      const each = Math.ceil((total / shares) * (target.weight ?? 1));
      fuzz(target, Math.ceil(each / 10), seed);
      const before = process.memoryUsage();
      fuzz(target, each, seed + 1);
      const after = process.memoryUsage();
      const growthMb = (after.rss - before.rss) / 2 ** 20;
      assert.ok(growthMb < maxGrowthMb, `${growthMb.toFixed(1)} MB more after ${each} packets`);
    });
  }
});
