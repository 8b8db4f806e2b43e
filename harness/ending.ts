/**
 * How a run comes to its end. The first thing that ends it decides the state; every thing that went wrong counts
 * for the exit code. An abort is soft once (drain, summary) and hard the second time (at once).
 */
import type { SearchResult } from '../reports/analysis/search/result.ts';
import { BenchError, exitCodes, messageOf, worstExitCode } from './errors.ts';
import type { RunFailure, RunRecord, RunState, ThresholdRecord, TrialRecord, Verdict } from './record.ts';
import type { SearchRecord } from './search-record.ts';

export class Ending {
  readonly #load = new AbortController();
  readonly #everything = new AbortController();
  readonly #codes: number[] = [];
  #state: Exclude<RunState, 'running'> = 'completed';
  #failure: RunRecord['failure'] = null;
  #isCut = false;

  /** Whoever runs the load ended it before its time; that is no finding about what it met. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Aborts when no more load shall be made. */
  get load(): AbortSignal {
    return this.#load.signal;
  }

  /** Aborts when nothing shall be waited for any more. */
  get everything(): AbortSignal {
    return this.#everything.signal;
  }

  /** Ctrl-C: once drains, twice ends at once. */
  interrupt(): void {
    if (this.#load.signal.aborted) this.#everything.abort();
    if (this.#state === 'completed') this.#state = 'interrupted';
    this.#codes.push(exitCodes.interrupted);
    this.abort();
  }

  /** A threshold failed that was to end the run; the failure itself is counted with all thresholds. */
  abort(): void {
    this.#isCut = true;
    this.#load.abort();
  }

  /** Something that the run cannot go on without is gone; what was measured is kept. */
  fail(thrown: unknown): void {
    this.note(thrown);
    this.#load.abort();
  }

  /** The run has failed, and goes on for what can be measured all the same. */
  note(thrown: unknown): void {
    const expected = thrown instanceof BenchError;
    if (expected && thrown.code === 'SCENARIO_ABORTED') this.#isCut = true;
    if (this.#failure === null) {
      this.#failure = expected
        ? { code: thrown.code, message: thrown.message, ...placeOf(thrown) }
        : { code: 'BUG', message: messageOf(thrown), hint: 'please report this, with the run directory' };
    }
    this.#codes.push(expected ? thrown.exitCode : exitCodes.bug);
    if (this.#state === 'completed') this.#state = 'failed';
  }

  /** State, verdict and exit code, given what was finished, and what became of the thresholds and the search. */
  resolve(
    trials: readonly TrialRecord[],
    thresholds: readonly ThresholdRecord[] = [],
    search?: SearchRecord,
  ): {
    state: Exclude<RunState, 'running'>;
    /** Null: nothing was asked to be judged. */
    verdict: Verdict | null;
    exitCode: number;
    failure: RunRecord['failure'];
  } {
    // A search repeats invalid trials, and rests on none of them.
    const found = search === undefined ? null : verdictOfSearch(search.result);
    const invalid =
      search === undefined
        ? trials.some((trial) => trial.state === 'invalid' && trial.cut !== true)
        : found === 'invalid';
    const codes = [...this.#codes];
    if (invalid && this.#state !== 'interrupted') codes.push(exitCodes.invalidTrials);
    const judged = this.#state === 'interrupted' ? [] : thresholds.map(({ state }) => state);
    if (judged.includes('fail')) codes.push(exitCodes.thresholdFailed);
    if (judged.includes('inconclusive') || found === 'inconclusive') codes.push(exitCodes.inconclusive);
    const ended = this.#state === 'completed' ? (found ?? verdictOf(judged)) : 'inconclusive';
    const verdict = invalid ? 'invalid' : ended;
    return { state: this.#state, verdict, exitCode: worstExitCode(codes), failure: this.#failure };
  }
}

/** A capacity is what was asked for; a bound alone is none. */
function verdictOfSearch({ state, counts }: SearchResult): 'invalid' | 'inconclusive' | null {
  if (state === 'capacity') return null;
  const saidNothing = counts.good + counts.bad === 0 && counts.invalid > 0;
  return state === 'generator-limited' || saidNothing ? 'invalid' : 'inconclusive';
}

/** One that failed decides, then one on which nothing was measured. Null: nothing was asked. */
function verdictOf(judged: readonly ThresholdRecord['state'][]): Verdict | null {
  return (['fail', 'inconclusive', 'pass'] as const).find((state) => judged.includes(state)) ?? null;
}

function placeOf({ detail }: BenchError): Partial<RunFailure> {
  const { file, field, value, hint } = detail;
  return {
    ...(file === undefined ? {} : { file }),
    ...(field === undefined ? {} : { field }),
    ...(value === undefined ? {} : { value }),
    ...(hint === undefined ? {} : { hint }),
  };
}
