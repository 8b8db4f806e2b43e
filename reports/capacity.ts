/** What a capacity search found, in words: for the terminal, while it goes on and at its end, and for the page. Pure. */
import type { TrialFigures, TrialRecord } from '../harness/record.ts';
import type { SearchRecord } from '../harness/search-record.ts';
import type { TimedTrial } from './analysis/search/course.ts';
import type { SearchResult, SearchState } from './analysis/search/result.ts';
import { fixed, percent, plural, whole, withUnit } from './format.ts';

/** A word, and what is said behind it. */
export type CapacityLine = readonly [word: string, text: string];

/** Of all that is asked of a record; the trials of earlier runs stand in `search.earlier`. */
export interface Searched {
  readonly search: SearchRecord;
  readonly trials: readonly TrialRecord[];
}

/** The first sentence, which is the result. */
export function capacitySentence(search: SearchRecord): string {
  const { result } = search;
  const { state, pointLevel, interval, width, bounds } = result;
  if (state === 'capacity' && interval !== null) {
    const range = `${levelText(interval.low)} to ${levelText(interval.high)}`;
    const narrow =
      (width ?? 1) <= search.goal.width + 1e-9
        ? ''
        : `, wider than the ${percent(search.goal.width, 0)} asked for: ${wideBy(result.endedBy)}`;
    return `${levelText(pointLevel)} ${unitOf(search)} (95 %: ${range}, width ${percent(width, 1)}${narrow})`;
  }
  return `none found: ${noCapacity[state](search, bounds)}`;
}

/** A search that had ended may be told something else by the repetition that follows. */
function wideBy(endedBy: SearchResult['endedBy']): string {
  return endedBy === 'width' ? 'the repetition at the end widened it' : endings[endedBy];
}

type Refusal = (search: SearchRecord, bounds: SearchResult['bounds']) => string;

const noCapacity: Readonly<Record<SearchState, Refusal>> = {
  capacity: () => '',
  'maximum-good': (search, { lower }) =>
    `${named(search, lower)}, the highest level that was permitted, is still good`,
  'minimum-bad': (search, { upper }) => `${named(search, upper)}, the lowest level, is already bad`,
  'generator-limited': (search, { lower }) =>
    lower === null
      ? 'the generator was the limit before anything could be said of the SFU'
      : `${named(search, lower)} are good, and above that the generator was the limit`,
  unknown: (search, bounds) => `${endings[search.result.endedBy]} before ${missingBound(search, bounds)}`,
};

function missingBound(search: SearchRecord, { lower, upper }: SearchResult['bounds']): string {
  if (lower !== null) return `a level was seen to be too much; ${named(search, lower)} are good`;
  if (upper !== null) return `a level was seen to be good; ${named(search, upper)} are too much`;
  return 'any level was seen to be good, or to be too much';
}

const endings: Readonly<Record<SearchResult['endedBy'], string>> = {
  width: 'it is as narrow as asked for',
  budget: 'the budget ended',
  grid: 'no further level could tell more',
  unfinished: 'the search was not finished',
};

/** Everything about it, in the order in which it matters. */
export function capacityLines(of: Searched): readonly CapacityLine[] {
  const { search } = of;
  return [
    ['capacity', capacitySentence(search)],
    ['bounds', boundsText(search)],
    ...thereLines(of),
    ...limitLines(search),
    ...coreLines(search),
    ...lapseLines(search),
    ['drift', driftText(search)],
    ['search', effortText(search)],
  ];
}

function boundsText(search: SearchRecord): string {
  const { bounds, nqrLower } = search.result;
  const lower =
    bounds.lower === null ? 'no level was seen to be good' : `${named(search, bounds.lower)} good`;
  const upper = bounds.upper === null ? 'none to be bad' : `${levelText(bounds.upper)} bad`;
  const clean =
    nqrLower === null
      ? 'none where no violation at all is allowed'
      : `where no violation at all is allowed, ${levelText(nqrLower)} good`;
  return `${lower}, ${upper}; ${clean}`;
}

/** Medians over the good trials at the lower bound. */
export function atLowerBound({
  search,
  trials,
}: Searched): ReadonlyMap<keyof TrialFigures, number | null> | null {
  const { lower } = search.result.bounds;
  const there = [...search.earlier, ...trials].filter(
    ({ group, level, state }) => group === search.group && level === lower && state === 'good',
  );
  const [first] = there;
  if (first === undefined) return null;
  const names = Object.keys(first.figures) as (keyof TrialFigures)[];
  return new Map(names.map((name) => [name, median(there.map(({ figures }) => figures[name]))]));
}

function median(values: readonly (number | null | undefined)[]): number | null {
  const known = values
    .filter((value): value is number => typeof value === 'number')
    .toSorted((a, b) => a - b);
  const [low, high] = [known[(known.length - 1) >> 1], known[known.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

function thereLines(of: Searched): CapacityLine[] {
  const figures = atLowerBound(of);
  if (figures === null) return [];
  const get = (name: keyof TrialFigures): number | null => figures.get(name) ?? null;
  const parts = [
    `${whole(get('peers'))} peers`,
    `${whole(get('consumers'))} consumers`,
    `${whole(get('transports'))} transports`,
    `${whole(get('packetsOutPerSecond'))} packets/s`,
    `worker ${percent(get('hottestWorkerCpuCores'), 0)} of a core`,
    `${withUnit(get('workerUsPerPacket'), 1, 'µs')} per packet`,
    `generator ${percent(get('generatorCpuCores'), 0)} of a core`,
  ];
  return [['there', `at ${named(of.search, of.search.result.bounds.lower)}: ${parts.join(', ')}`]];
}

function limitLines(search: SearchRecord): CapacityLine[] {
  const { limitedBy, counts } = search.result;
  if (limitedBy.length === 0) return [];
  const bad = limitedBy.reduce((most, { trials }) => Math.max(most, trials), 0);
  const words = limitedBy.map(({ reason, trials }) => `${reason} in ${trials}`);
  return [
    [
      'limit',
      `${words.join(', ')} of the ${Math.max(bad, nearBad(search))} bad trials near it (${counts.bad} in all)`,
    ],
  ];
}

/** Bad trials that `limitedBy` was counted over. */
function nearBad({ result: { trials, interval } }: SearchRecord): number {
  const bad = trials.filter(({ state }) => state === 'bad');
  const near = bad.filter(
    ({ level }) => interval !== null && level >= interval.low && level <= interval.high,
  );
  return near.length > 0 ? near.length : bad.length;
}

/** What speed of the worker's core the capacity is of. */
function coreLines({ result: { coreSpeed, speedExponent } }: SearchRecord): CapacityLine[] {
  if (typeof coreSpeed !== 'number' || typeof speedExponent !== 'number') return [];
  const effect =
    speedExponent === 0
      ? 'where trials differed in it, that changed nothing'
      : `trials at another speed count by its power of ${speedExponent}`;
  return [
    [
      'core',
      `the worker’s at ${percent(coreSpeed, 0)} of its best speed, as in the middle of the trials; ${effect}`,
    ],
  ];
}

/** What the fit takes for no matter of the level. */
function lapseLines({ result: { lapseRate = null } }: SearchRecord): CapacityLine[] {
  if (lapseRate === null || lapseRate === 0) return [];
  return [
    [
      'lapses',
      `some ${percent(lapseRate, 0)} of the trials seem bad for no reason of their level, as if a neighbour that nothing shows took the core: the capacity leaves them out`,
    ],
  ];
}

const trendMinutes = 20;

function driftText(search: SearchRecord): string {
  const { drift, minutes } = search.result;
  const { state, repeated, perHour } = drift;
  const isDecided = repeated?.state === 'good' || repeated?.state === 'bad';
  const again =
    repeated === null
      ? 'the lower bound was not repeated'
      : `${named(search, repeated.level)} again at the end: ${repeated.state}${isDecided ? '' : ', which says nothing'}`;
  // Of a few minutes an hour's trend would be a guess.
  const trend =
    perHour === null || minutes < trendMinutes
      ? ''
      : `; ${perHour < 0 ? '−' : '+'}${percent(Math.abs(perHour), 0)} an hour as fitted`;
  const verdict = {
    steady: 'no sign of drift',
    suspected: 'DRIFT SUSPECTED: the level above may be of another state',
    unknown: 'not known',
  };
  return `${verdict[state]} (${again}${trend})`;
}

function effortText({ result }: SearchRecord): string {
  const { counts, minutes, trials, endedBy } = result;
  const disturbed = trials.filter((trial) => trial.disturbed === true).length;
  const hurried = trials.filter((trial) => trial.asItComes === true).length;
  const states = (['good', 'bad', 'unsettled', 'invalid'] as const)
    .filter((state) => counts[state] > 0)
    .map((state) => `${counts[state]} ${state}`);
  if (disturbed > 0)
    states.push(`${disturbed} of them begun again, as others took the worker’s core or the machine’s time`);
  if (hurried > 0)
    states.push(
      `${hurried} taken at whatever speed the core had, as too much time went into beginning again`,
    );
  return `${plural(trials.length, 'trial')} in ${fixed(minutes, 1)} minutes: ${states.join(', ')}; ${endings[endedBy]}`;
}

/** One line for the trial that ended last. */
export function progressLine(search: SearchRecord, trial: TrialRecord | null): string {
  const { trials, bounds, interval } = search.result;
  const last = trials.at(-1);
  if (last === undefined) return '';
  const known = [
    bounds.lower === null ? null : `${levelText(bounds.lower)} good`,
    bounds.upper === null ? null : `${levelText(bounds.upper)} bad`,
  ].filter((bound) => bound !== null);
  const range = interval === null ? [] : [`95 %: ${levelText(interval.low)}–${levelText(interval.high)}`];
  return [
    `trial ${String(trials.length).padStart(2)}`,
    named(search, last.level).padStart(9),
    purposes[last.purpose].padEnd(7),
    `${last.state.padEnd(9)} ${lastText(last, trial)}`,
    ...(known.length === 0 ? [] : [`bounds ${known.join(', ')}`]),
    ...range,
    `${fixed(search.result.minutes, 1)} of ${fixed(search.goal.budgetMs / 60_000, 0)} min`,
  ].join(' · ');
}

const purposes: Readonly<Record<TimedTrial['purpose'], string>> = {
  ramp: 'ramp',
  bracket: 'bracket',
  narrow: 'narrow',
  drift: 'again',
};

function lastText(last: TimedTrial, trial: TrialRecord | null): string {
  const { state, violationRatio, disturbed, asItComes, coreSpeed = null } = last;
  if (disturbed === true) return `${trial?.reasons[0] ?? 'the worker’s core was slowed from outside'}: again`;
  const why =
    state === 'bad' ? last.reasons.slice(0, 3) : state === 'good' ? [] : (trial?.reasons.slice(0, 1) ?? []);
  return [
    ...(trial === null ? [] : [`worker ${percent(trial.figures.hottestWorkerCpuCores, 0)}`]),
    ...(asItComes === true && coreSpeed !== null
      ? [`its core at ${percent(coreSpeed, 0)} of its speed`]
      : []),
    ...(violationRatio === null ? [] : [`violations ${percent(violationRatio, 2)}`]),
    ...why,
  ].join(', ');
}

function unitOf({ levelUnit }: SearchRecord): string {
  return levelUnit;
}

function named({ levelUnit }: SearchRecord, level: number | null): string {
  return plural(level ?? 0, levelUnit === 'rooms' ? 'room' : 'peer');
}

/** Levels between those of the grid, too. */
export function levelText(level: number | null): string {
  return fixed(level, level !== null && !Number.isInteger(level) && level < 1_000 ? 1 : 0);
}
