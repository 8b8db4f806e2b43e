/** The end of a load: publishers stop, two seconds, then the last reading of everything on both sides. */
import { accounting } from '../reports/analysis/sweep.ts';
import { aborted, sleepMs } from './clock.ts';
import type { Collector } from './collector.ts';
import type { Ending } from './ending.ts';
import type { Fleet } from './fleet.ts';
import type { Accounting } from './record.ts';

const drainMs = 2_000;

/** Null where there is nobody to read any more, or nobody who would wait for it. */
export async function drain(fleet: Fleet, collector: Collector, ending: Ending): Promise<Accounting | null> {
  if (ending.everything.aborted || fleet.hostsAlive === 0) return null;
  await Promise.race([fleet.stopPublishing(drainMs), aborted(ending.everything)]);
  await sleepMs(drainMs, ending.everything);
  if (ending.everything.aborted) return null;
  const last = await collector.sweep('closing');
  return last === null ? null : accounting(last);
}
