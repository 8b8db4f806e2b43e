/** What the scenario's own functions checked and threw, in words that terminal and page share. Pure. */
import type { CheckRecord, OwnMetricRecord } from '../harness/record.ts';
import { missing, percent, significant, whole } from './format.ts';

export function checkText({ name, passes, fails }: CheckRecord): string {
  const all = passes + fails;
  if (fails === 0) return `✓ ${name}: ${whole(passes)} of ${whole(all)}`;
  return `✕ ${name}: ${whole(passes)} of ${whole(all)} (${percent(passes / all, 2)})`;
}

/** `avg 183 ms, p(95) 191 ms`; a dash where nothing was added. */
export function ownMetricText({ unit, values }: OwnMetricRecord): string {
  const texts = Object.entries(values).map(([name, value]) => `${name} ${valueText(name, value, unit)}`);
  return texts.length === 0 ? missing : texts.join(', ');
}

function valueText(name: string, value: number, unit: OwnMetricRecord['unit']): string {
  if (name === 'count' && unit !== 'ms') return whole(value);
  if (name === 'passes' || name === 'fails') return whole(value);
  const digits = significant(value).toLocaleString('en-US', { maximumFractionDigits: 6 });
  if (name === 'rate') return unit === 'ratio' ? percent(value, 2) : `${digits}/s`;
  return unit === 'ms' && name !== 'count' ? `${digits} ms` : digits;
}
