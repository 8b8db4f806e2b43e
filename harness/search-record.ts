/** What a run directory holds of a capacity search: `search` in `run.json`. */
import type { SearchGoal, SearchOutcome } from '../reports/analysis/search/goal.ts';
import type { SearchResult } from '../reports/analysis/search/result.ts';
import type { TrialRecord } from './record.ts';

export interface SearchRecord {
  readonly group: string;
  readonly levelUnit: 'peers' | 'rooms';
  readonly goal: SearchGoal;
  /** In their order: with the goal, all that the search knows, so that another run can go on with it. */
  readonly outcomes: readonly SearchOutcome[];
  /** Trials of the runs that this one goes on from. */
  readonly earlier: readonly TrialRecord[];
  /** As it stands after the last outcome. */
  readonly result: SearchResult;
}
