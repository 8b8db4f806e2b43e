/** What the scenario's own functions checked and threw, in words that terminal and page share. Pure. */
import type { CheckRecord } from '../harness/record.ts';
import { percent, whole } from './format.ts';

export function checkText({ name, passes, fails }: CheckRecord): string {
  const all = passes + fails;
  if (fails === 0) return `✓ ${name}: ${whole(passes)} of ${whole(all)}`;
  return `✕ ${name}: ${whole(passes)} of ${whole(all)} (${percent(passes / all, 2)})`;
}
