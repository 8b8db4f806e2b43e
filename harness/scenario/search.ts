/** From what is asked of a capacity search to its goal: the levels it may ask for, and what it may spend. */
import { leastBudgetMs, type SearchGoal, searchDefaults } from '../../reports/analysis/search/goal.ts';
import { levelGrid } from '../../reports/analysis/search/levels.ts';
import { durationMs, formatDuration } from '../durations.ts';
import type { CapacitySearchShape } from '../executors/capacity-search.ts';
import type { CapacitySearch, Duration } from '../options.ts';
import type { Problem } from './problem.ts';
import { mostPeers } from './schema.ts';

export interface SearchAsked {
  readonly levelUnit: 'peers' | 'rooms';
  /** In the level unit, as the two below. */
  readonly guess: number;
  /** One room when undefined. */
  readonly lowest?: number | undefined;
  /** Three times the guess when undefined. */
  readonly highest?: number | undefined;
  readonly budgetMs: number;
  readonly width?: number | undefined;
  readonly shortTrialMs?: number | undefined;
  readonly fullTrialMs?: number | undefined;
}

/** Of an entry that was found good. */
export function searchAsked(entry: CapacitySearch): SearchAsked {
  const { levelUnit = 'peers', guess, lowest, highest, budget, width, shortTrial, fullTrial } = entry;
  return {
    levelUnit,
    guess,
    lowest,
    highest,
    budgetMs: ms(budget) ?? defaultBudgetMs,
    width,
    shortTrialMs: ms(shortTrial),
    fullTrialMs: ms(fullTrial),
  };
}

function ms(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : (durationMs(duration) ?? 0);
}

/** What a search may spend where nothing says so. */
export const defaultBudgetMs = 900_000;
const highestOfGuess = 3;
/** Levels per width that is asked for. */
const stepsPerWidth = 2;

/** @param size peers of a full room */
export function searchShape(asked: SearchAsked, size: number): CapacitySearchShape {
  const { levelUnit, guess, budgetMs } = asked;
  const unit = levelUnit === 'rooms' ? 1 : size;
  const width = asked.width ?? searchDefaults.width;
  const lengths = lengthsOf(asked);
  const levels = levelGrid({
    min: asked.lowest ?? unit,
    max: asked.highest ?? Math.max(2 * unit, highestOfGuess * guess),
    unit,
    step: width / stepsPerWidth,
  });
  const goal = {
    ...searchDefaults,
    levels,
    guess,
    budgetMs,
    width,
    ...lengths,
    // Three full trials decide a level, however long they are.
    durationSumMs: (searchDefaults.durationSumMs / searchDefaults.fullTrialMs) * lengths.fullTrialMs,
  };
  return { executor: 'capacity-search', levelUnit, goal };
}

/** The warm-up is as long as a trial on the way up. */
function lengthsOf(asked: SearchAsked): Pick<SearchGoal, 'warmUpMs' | 'shortTrialMs' | 'fullTrialMs'> {
  const { shortTrialMs = searchDefaults.shortTrialMs, fullTrialMs = searchDefaults.fullTrialMs } = asked;
  return { warmUpMs: shortTrialMs, shortTrialMs, fullTrialMs };
}

/** @param field of the entry, or of the flags where its name is empty */
export function checkSearch(asked: SearchAsked, size: number, field: (key: string) => string): Problem[] {
  const unit = asked.levelUnit === 'rooms' ? 1 : size;
  const { lowest = unit, guess, budgetMs } = asked;
  const highest = asked.highest ?? Math.max(2 * unit, highestOfGuess * guess);
  const problems: Problem[] = [];
  const peers = asked.levelUnit === 'rooms' ? highest * size : highest;
  if (peers > mostPeers) {
    const message = `is ${highest}: ${peers} peers, more than ${mostPeers}`;
    problems.push({
      field: field('highest'),
      value: highest,
      message,
      hint: 'it is three times the guess when absent',
    });
  } else if (Math.floor(highest / unit) <= Math.max(1, Math.ceil(lowest / unit))) {
    const message = `is ${highest}: from ${lowest} on there are not two levels of whole rooms`;
    problems.push({ field: field('highest'), value: highest, message, hint: `a room has ${size} peers` });
  } else if (guess < lowest || guess > highest) {
    const message = `is ${guess}, outside of the levels from ${lowest} to ${highest}`;
    problems.push({ field: field('guess'), value: guess, message });
  }
  const least = leastBudgetMs({
    ...searchDefaults,
    ...lengthsOf(asked),
  });
  if (budgetMs < least) {
    const message = `is ${formatDuration(budgetMs)}, too little for one trial: at least ${formatDuration(least)}`;
    problems.push({ field: field('budget'), value: formatDuration(budgetMs), message });
  }
  return problems;
}
