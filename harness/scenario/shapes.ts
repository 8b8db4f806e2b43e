/** Checks of how the load of one entry moves: what takes more than one of its fields. */
import { durationMs, longestMs } from '../durations.ts';
import type {
  ConstantArrivalRate,
  ExpandedEntry,
  RampingArrivalRate,
  SharedIterations,
  Stage,
  Staircase,
} from '../options.ts';
import { mostPerSecond } from './entries.ts';
import type { Problem } from './problem.ts';
import { mostPeers } from './schema.ts';
import { checkSearch, searchAsked } from './search.ts';

/** @param size peers of a full room; undefined where the entry lacks it, or joins another one */
export function checkShape(entry: ExpandedEntry, field: string, size: number | undefined): Problem[] {
  if (entry.executor === 'ramping-vus')
    return checkStages(entry.stages, `${field}.stages`, entry.startVUs ?? 1);
  if (entry.executor === 'constant-arrival-rate')
    return [...checkVus(entry, field, size), ...checkRates(entry, [['rate', entry.rate]], field)];
  if (entry.executor === 'ramping-arrival-rate')
    return [
      ...checkStages(entry.stages, `${field}.stages`, entry.startRate ?? 0),
      ...checkVus(entry, field, size),
      ...checkRates(entry, ratesOf(entry), field),
    ];
  if (entry.executor === 'capacity-search')
    return size === undefined ? [] : checkSearch(searchAsked(entry), size, (key) => `${field}.${key}`);
  if (entry.executor === 'staircase') return size === undefined ? [] : checkLevels(entry, field, size);
  const shares = entry.executor === 'shared-iterations' ? checkShares(entry, field) : [];
  return size === undefined ? shares : [...shares, ...tooFew(entry.vus ?? 1, size, `${field}.vus`)];
}

function checkLevels({ levels, levelUnit }: Staircase, field: string, size: number): Problem[] {
  if (levelUnit !== 'rooms')
    return levels.flatMap((level, at) => tooFew(level, size, `${field}.levels[${at}]`));
  return levels.flatMap((level, at) => {
    if (level * size <= mostPeers) return [];
    const message = `is ${level} rooms of ${size}: ${level * size} peers, more than ${mostPeers}`;
    return [{ field: `${field}.levels[${at}]`, value: level, message }];
  });
}

function tooFew(peers: number, size: number, field: string): Problem[] {
  if (peers >= size) return [];
  const message = `is ${peers}, below rooms.size, which is ${size}: not one room would be full`;
  return [{ field, value: peers, message, hint: `begin at ${size}, or make the rooms smaller` }];
}

function checkStages(stages: readonly Stage[], field: string, before: number): Problem[] {
  const totalMs = stages.reduce((sum, { duration }) => sum + (durationMs(duration) ?? 0), 0);
  if (totalMs === 0) return [{ field, message: 'last no time at all' }];
  if (totalMs > longestMs) return [{ field, message: 'last longer than 7 days together' }];
  if (before === 0 && stages.every(({ target }) => target === 0))
    return [{ field, message: 'never leave zero' }];
  return [];
}

type Arrivals = ConstantArrivalRate | RampingArrivalRate;

function checkVus({ preAllocatedVUs, maxVUs }: Arrivals, field: string, size: number | undefined): Problem[] {
  const most = maxVUs ?? preAllocatedVUs;
  if (most === 0) {
    const message = 'is 0, and there is no maxVUs: nobody could begin a session';
    return [{ field: `${field}.preAllocatedVUs`, value: preAllocatedVUs, message }];
  }
  if (most < preAllocatedVUs) {
    const message = `is ${most}, below preAllocatedVUs, which is ${preAllocatedVUs}`;
    return [{ field: `${field}.maxVUs`, value: maxVUs, message }];
  }
  const name = maxVUs === undefined ? 'preAllocatedVUs' : 'maxVUs';
  return size === undefined ? [] : tooFew(most, size, `${field}.${name}`);
}

type NamedRate = readonly [name: string, rate: number];

function ratesOf({ startRate = 0, stages }: RampingArrivalRate): NamedRate[] {
  const targets = stages.map(({ target }, at): NamedRate => [`stages[${at}].target`, target]);
  return [['startRate', startRate], ...targets];
}

function checkRates({ timeUnit = 1_000 }: Arrivals, rates: readonly NamedRate[], field: string): Problem[] {
  const perSecond = 1_000 / (durationMs(timeUnit) ?? 1_000);
  return rates.flatMap(([name, rate]) => {
    if (rate * perSecond <= mostPerSecond) return [];
    const message = `is ${Math.round(rate * perSecond)} sessions per second, more than ${mostPerSecond}`;
    return [{ field: `${field}.${name}`, value: rate, message, hint: 'is timeUnit what you meant?' }];
  });
}

function checkShares({ vus = 1, iterations = 1 }: SharedIterations, field: string): Problem[] {
  if (iterations >= vus) return [];
  const message = `is ${iterations}, below vus, which is ${vus}: some would have nothing to do`;
  return [{ field: `${field}.iterations`, value: iterations, message }];
}
