import { equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { resolveSynthetic } from '../../harness/scenario/resolve.ts';
import { syntheticText } from '../../reports/synthetic.ts';
import { group } from '../executors/groups.ts';

test('what synthetic bots did is said in words, and nothing where there were none', () => {
  const groups = [group({ bot: 'synthetic' })];
  const plain = syntheticText({ groups, synthetic: resolveSynthetic() }) ?? '';
  match(plain, /verification: sampled \(one packet in 16; identity not checked\); woken in batches;/);
  const asked = { verify: 'all', wake: 'packet', feedback: 'none', payload: 'marked' } as const;
  const other = syntheticText({ groups, synthetic: resolveSynthetic(asked) }) ?? '';
  match(other, /all packets opened, each identity checked; woken per packet.*no feedback.*marked/);
  equal(syntheticText({ groups: [group({ bot: 'chrome' })], synthetic: resolveSynthetic() }), null);
  equal(syntheticText({ groups }), null);
});
