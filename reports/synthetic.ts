/** How the synthetic bots of a run behaved, in words: what its figures hold for. Pure. */
import type { Scenario, Synthetic } from '../harness/scenario.ts';

const verification: Readonly<Record<Synthetic['verify'], string>> = {
  all: 'all packets opened',
  sampled: 'sampled (one packet in 16; identity not checked)',
  none: 'none (counted by sequence numbers; identity not checked)',
};
const waking: Readonly<Record<Synthetic['wake'], string>> = {
  batch: 'woken in batches',
  packet: 'woken per packet, as browsers are',
};

/** Null without synthetic bots, and for records of before. */
export function syntheticText({ groups, synthetic }: Partial<Scenario>): string | null {
  if (synthetic === undefined || !(groups ?? []).some(({ bot }) => bot === 'synthetic')) return null;
  const { verify, wake, feedback, payload } = synthetic;
  const isIdentified = verify === 'all' && payload === 'marked';
  return [
    `verification: ${verification[verify]}${isIdentified ? ', each identity checked' : ''}`,
    waking[wake],
    feedback === 'chrome' ? 'feedback as Chrome' : 'no feedback: cheaper for the SFU than a browser',
    payload === 'marked' ? 'marked random payload' : 'recorded media',
  ].join('; ');
}
