/** A few seconds of mutated packets over every parser; `npm run verify` runs ten million. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fuzz, Mutator } from './mutate.ts';
import { targets } from './targets.ts';

const mutations = 100_000;

describe('mutated packets', () => {
  for (const target of targets) {
    it(`${target.name}: nothing throws, nothing is read outside`, () =>
      fuzz(target, mutations * (target.weight ?? 1), 1));
  }

  it('are the same for the same seed, and differ', () => {
    const seeds = [new Uint8Array(40)];
    const texts = [7, 7, 8].map((seed) => {
      const mutator = new Mutator(seed);
      let text = '';
      for (let index = 0; index < 50; index += 1) {
        mutator.next(seeds);
        text += Buffer.from(mutator.arena.subarray(mutator.at, mutator.at + mutator.length)).toString('hex');
      }
      return text;
    });
    assert.equal(texts[0], texts[1]);
    assert.notEqual(texts[0], texts[2]);
  });

  it('a parser that reads outside is found', () => {
    const leaky = {
      name: 'leaky',
      seeds: [new Uint8Array(4)],
      run: (bytes: Uint8Array, at: number, length: number) => bytes[at + length] ?? 0,
    };
    assert.throws(() => fuzz(leaky, 100, 1), /leaky, seed 1, mutation 0/);
  });
});
