/** The capacity search of a run: what its executor asks, and what is kept of it after each step. */
import type { SearchOutcome } from '../reports/analysis/search/goal.ts';
import { createSearch, type Search } from '../reports/analysis/search/search.ts';
import type { CapacitySearchShape } from './executors/capacity-search.ts';
import type { Journal } from './journal.ts';
import type { TrialRecord } from './record.ts';
import type { RunOptions } from './run-options.ts';
import type { Group } from './scenario.ts';
import type { SearchRecord } from './search-record.ts';

/** What a search goes on from. */
export interface EarlierSearch {
  readonly outcomes: readonly SearchOutcome[];
  readonly trials: readonly TrialRecord[];
}

export const nothingSearched: EarlierSearch = { outcomes: [], trials: [] };

export class SearchRun implements Search {
  readonly #group: string;
  readonly #shape: CapacitySearchShape;
  readonly #earlier: EarlierSearch;
  readonly #search: Search;
  readonly #onRecord: (record: SearchRecord) => void;

  /** @throws RangeError when the earlier outcomes are not of a search with this goal */
  constructor(
    group: string,
    shape: CapacitySearchShape,
    earlier: EarlierSearch,
    onRecord: (record: SearchRecord) => void,
  ) {
    this.#group = group;
    this.#shape = shape;
    this.#earlier = earlier;
    this.#search = createSearch(shape.goal, earlier.outcomes);
    this.#onRecord = onRecord;
  }

  get kept(): readonly SearchOutcome[] {
    return this.#search.kept;
  }

  next(): ReturnType<Search['next']> {
    return this.#search.next();
  }

  record(outcome: SearchOutcome): void {
    this.#search.record(outcome);
    this.#onRecord(this.state);
  }

  progress(): ReturnType<Search['progress']> {
    return this.#search.progress();
  }

  get state(): SearchRecord {
    const { levelUnit, goal } = this.#shape;
    return {
      group: this.#group,
      levelUnit,
      goal,
      outcomes: [...this.#search.kept],
      earlier: this.#earlier.trials,
      result: this.#search.progress(),
    };
  }
}

export function hasSearch({ groups }: { readonly groups: readonly Pick<Group, 'shape'>[] }): boolean {
  return groups.some(({ shape }) => shape.executor === 'capacity-search');
}

/** What the executor of a group asks; undefined for one that searches nothing. */
export function searchOf(
  { name, shape }: Group,
  { earlier, onSearch }: Pick<RunOptions, 'earlier' | 'onSearch'>,
  journal: Journal,
): Search | undefined {
  if (shape.executor !== 'capacity-search') return undefined;
  let told = 0;
  const search = new SearchRun(name, shape, earlier ?? nothingSearched, (state) => {
    journal.search(state);
    const { trials } = journal.record;
    // One that was disturbed while its load settled was never measured.
    onSearch?.(state, trials.length > told ? (trials.at(-1) ?? null) : null);
    told = trials.length;
  });
  journal.search(search.state);
  return search;
}
