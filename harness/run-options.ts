/** What a run needs to know of its caller. */
import type { Ending } from './ending.ts';
import type { TrialRecord } from './record.ts';
import type { Scenario } from './scenario.ts';
import type { SearchRecord } from './search-record.ts';
import type { EarlierSearch } from './search-run.ts';
import type { Status } from './status.ts';

export interface RunOptions {
  readonly scenario: Scenario;
  readonly id: string;
  /** Must not exist yet. */
  readonly directory: string;
  readonly startedAt: Date;
  readonly coresSfu: readonly number[] | null;
  readonly coresGenerator: readonly number[] | null;
  readonly worker: { readonly path: string; readonly kind: 'prebuilt' | 'built' | 'given' } | null;
  readonly browserPath: string | null;
  /** Whether the readings of each bot are kept too. */
  readonly raw?: boolean;
  readonly ending: Ending;
  /** What a capacity search goes on from; null or absent: nothing. */
  readonly earlier?: EarlierSearch | null;
  /** After each step of a capacity search, with the trial that it was, if it was one. */
  readonly onSearch?: (search: SearchRecord, trial: TrialRecord | null) => void;
  /** What is being done now, before the load begins and after it ended. */
  readonly onStage: (stage: string) => void;
  readonly onStatus: (status: Status) => void;
}
