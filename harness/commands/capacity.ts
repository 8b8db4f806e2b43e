/** The verb `capacity`: searches the level that the SFU bears with a scenario's bots and rooms. */
import { durationMs } from '../durations.ts';
import { BenchError } from '../errors.ts';
import { loadScenario } from '../load.ts';
import { type Problem, problemError } from '../scenario/problem.ts';
import { asSearch, earlierSearch, type SearchWishes } from '../search-scenario.ts';
import { readRecord } from '../store.ts';
import { checkCeiling } from './ceiling.ts';
import { overridesOf } from './flags.ts';
import { type RunFlags, runLoaded } from './run.ts';

export interface CapacityFlags extends RunFlags {
  readonly budget?: string;
  readonly width?: string;
  readonly level?: string;
  readonly guess?: string;
  readonly highest?: string;
  readonly resume?: string;
}

/** @returns the exit code; @throws BenchError where there is nothing to store */
export async function capacityCommand(file: string, flags: CapacityFlags): Promise<number> {
  const loaded = await loadScenario(file, overridesOf(flags));
  const wishes = wishesOf(flags);
  const { resume } = flags;
  const stored = resume === undefined ? null : readRecord(resume);
  const scenario = asSearch(loaded, {
    ...wishes,
    budgetMs: wishes.budgetMs ?? stored?.search?.goal.budgetMs,
  });
  checkSearched(scenario, flags);
  const earlier = resume === undefined || stored === null ? null : earlierSearch(stored, scenario, resume);
  return await runLoaded(scenario, flags, earlier);
}

/** A search that may go too high is told how high it may. */
function checkSearched(scenario: ReturnType<typeof asSearch>, flags: CapacityFlags): void {
  try {
    checkCeiling(scenario, flags);
  } catch (error) {
    if (!(error instanceof BenchError) || error.code !== 'CEILING') throw error;
    throw new BenchError('CEILING', `at the highest level ${error.message}`, {
      ...error.detail,
      hint: `lower it with --highest, ${error.detail.hint ?? ''}`,
    });
  }
}

/** @throws BenchError OPTION_INVALID, with all that is wrong */
export function wishesOf(flags: Omit<CapacityFlags, 'color'>): SearchWishes {
  const problems: Problem[] = [];
  const read = <Value>(name: string, text: string | undefined, value: Value | null, words: string) => {
    if (text === undefined) return undefined;
    if (value !== null) return value;
    problems.push({ field: `--${name}`, value: text, message: `must be ${words}, not '${text}'` });
    return undefined;
  };
  const { budget, width, level, guess, highest } = flags;
  const wishes = {
    budgetMs: read('budget', budget, durationMs(budget ?? ''), "a duration such as '15m'"),
    width: read('width', width, shareOf(width ?? ''), 'a share from 0.5% to 50%, such as 5%'),
    levelUnit: read('level', level, level === 'peers' || level === 'rooms' ? level : null, 'peers or rooms'),
    guess: read('guess', guess, wholeOf(guess ?? ''), 'a whole number from 1'),
    highest: read('highest', highest, wholeOf(highest ?? ''), 'a whole number from 1'),
  };
  if (problems.length > 0) throw problemError('OPTION_INVALID', problems);
  return wishes;
}

/** `5%`, `5 %` or `0.05`. */
function shareOf(text: string): number | null {
  const read = /^\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(text);
  if (read === null) return null;
  const share = Number(read[1]) / (read[2] === '%' ? 100 : 1);
  return share >= 0.005 && share <= 0.5 ? share : null;
}

function wholeOf(text: string): number | null {
  return /^\d{1,6}$/.test(text) && Number(text) > 0 ? Number(text) : null;
}
