/** A scenario of steps as a search: the same bots in the same rooms, at the levels that the search asks for. */
import { createHash } from 'node:crypto';
import { searchDefaults } from '../reports/analysis/search/goal.ts';
import { formatDuration } from './durations.ts';
import type { CapacitySearchShape } from './executors/capacity-search.ts';
import { thisMachine } from './manifest.ts';
import type { RunRecord } from './record.ts';
import { deepFreeze } from './scenario/plain-copy.ts';
import { type Problem, problemError } from './scenario/problem.ts';
import { steadySettling } from './scenario/resolve.ts';
import { checkSearch, defaultBudgetMs, type SearchAsked, searchShape } from './scenario/search.ts';
import type { Group, Scenario, Shape } from './scenario.ts';
import { type EarlierSearch, nothingSearched } from './search-run.ts';

/** What the command line may say of a search; what it leaves out the scenario says. */
export interface SearchWishes {
  readonly budgetMs?: number | undefined;
  readonly width?: number | undefined;
  readonly levelUnit?: 'peers' | 'rooms' | undefined;
  readonly guess?: number | undefined;
  readonly highest?: number | undefined;
}

/**
 * The leading group's highest level is the guess. Thresholds speak of a whole run, which here goes beyond what the SFU
 * bears on purpose: they are left out, and said to be.
 * @throws BenchError OPTION_INVALID where that group has no levels, or another one would run beside it
 */
export function asSearch(scenario: Scenario, wishes: SearchWishes): Scenario {
  const { file, groups, thresholds } = scenario;
  const [group, ...others] = groups.filter(({ joins }) => joins === null);
  const problems: Problem[] = others.map(({ name }) => ({
    field: `scenarios.${name}`,
    message: 'would run beside the search, and end before it',
    hint: 'keep one scenario with rooms of its own, and those that join it',
  }));
  const asked = group === undefined ? null : askedOf(group, wishes);
  if (group !== undefined && asked === null) {
    const message = `is of '${group.shape.executor}', which has no levels that could be searched`;
    const hint = 'use staircase, constant-vus, ramping-vus or capacity-search';
    problems.push({ field: `scenarios.${group.name}`, message, hint });
  }
  if (group !== undefined && asked !== null)
    problems.push(...checkSearch(asked, group.rooms.size, (key) => `--${key}`));
  if (group === undefined || asked === null || problems.length > 0)
    throw problemError('OPTION_INVALID', problems, file);
  const shape = searchShape(asked, group.rooms.size);
  const warnings =
    thresholds.length === 0
      ? scenario.warnings
      : [...scenario.warnings, 'thresholds are not judged in a search: it goes beyond what the SFU bears'];
  const searched = { ...group, shape, ...(group.settleAsked ? {} : steadySettling) };
  return deepFreeze({
    ...scenario,
    hash: hashOf(scenario.hash, shape),
    thresholds: [],
    warnings,
    groups: groups.map((one) => (one === group ? searched : one)),
  });
}

function askedOf({ shape, rooms }: Group, wishes: SearchWishes): SearchAsked | null {
  const known = levelsOf(shape);
  if (known === null) return null;
  const levelUnit = wishes.levelUnit ?? known.levelUnit;
  const factor = levelUnit === known.levelUnit ? 1 : levelUnit === 'rooms' ? 1 / rooms.size : rooms.size;
  const scaled = (level: number | undefined): number | undefined =>
    level === undefined ? undefined : Math.max(1, Math.round(level * factor));
  const stays = shape.executor === 'capacity-search' ? shape.goal : null;
  return {
    levelUnit,
    guess: wishes.guess ?? scaled(known.guess) ?? 1,
    lowest: scaled(stays?.levels[0]),
    highest: wishes.highest ?? scaled(stays?.levels.at(-1)),
    budgetMs: wishes.budgetMs ?? stays?.budgetMs ?? defaultBudgetMs,
    width: wishes.width ?? stays?.width,
    shortTrialMs: stays?.shortTrialMs,
    fullTrialMs: stays?.fullTrialMs ?? (shape.executor === 'staircase' ? trialOf(shape.holdMs) : undefined),
  };
}

/** As long as the steps that the scenario measures: no shorter than a trial on the way up, and no longer than usual. */
function trialOf(holdMs: number): number {
  const { shortTrialMs, fullTrialMs } = searchDefaults;
  return Math.min(fullTrialMs, Math.max(shortTrialMs, holdMs));
}

function levelsOf(shape: Shape): { readonly guess: number; readonly levelUnit: 'peers' | 'rooms' } | null {
  const { executor } = shape;
  if (executor === 'capacity-search') return { guess: shape.goal.guess, levelUnit: shape.levelUnit };
  if (executor === 'staircase') return { guess: Math.max(...shape.levels), levelUnit: shape.levelUnit };
  if (executor === 'constant-vus') return { guess: shape.vus, levelUnit: 'peers' };
  if (executor !== 'ramping-vus') return null;
  const targets = shape.stages.map(({ target }) => target);
  return { guess: Math.max(shape.startVus, ...targets), levelUnit: 'peers' };
}

/** The same search with more budget is the same search. */
function hashOf(scenarioHash: string, shape: CapacitySearchShape): string {
  const { budgetMs: _, ...goal } = shape.goal;
  return createHash('sha256')
    .update(scenarioHash)
    .update('\0')
    .update(JSON.stringify([shape.levelUnit, goal]))
    .digest('hex');
}

/**
 * What a stored run lets a search go on from.
 * @throws BenchError OPTION_INVALID where it is of another search
 */
export function earlierSearch(record: RunRecord, scenario: Scenario, directory: string): EarlierSearch {
  const { search } = record;
  const refuse = (message: string, hint: string): never => {
    throw problemError('OPTION_INVALID', [{ field: '--resume', value: directory, message, hint }]);
  };
  if (search === undefined) return refuse('holds no capacity search', 'name the directory of a capacity run');
  if (record.scenarioHash !== scenario.hash) {
    const hint = 'use the same file, variables, guess, width and levels; only the budget may differ';
    return refuse(`is of another search than this one of ${scenario.name}`, hint);
  }
  const [asked] = scenario.groups.flatMap(({ shape }) =>
    shape.executor === 'capacity-search' ? [shape.goal.budgetMs] : [],
  );
  const begunMs = search.goal.budgetMs;
  if (asked !== undefined && asked < begunMs) {
    const value = formatDuration(asked);
    const message = `is ${value}, less than the ${formatDuration(begunMs)} that the search was begun with`;
    const hint = 'leave it out, or give more; Ctrl-C ends a search as well';
    throw problemError('OPTION_INVALID', [{ field: '--budget', value, message, hint }]);
  }
  if (JSON.stringify(record.scenario.target) !== JSON.stringify(scenario.target))
    return refuse('is of another target', 'name the target that it was begun with');
  const [there, here] = [record.manifest.machine, thisMachine()].map(
    ({ cpuModel, cores }) => `${cpuModel}, ${cores} cores`,
  );
  if (there !== here)
    return refuse(
      `was begun on another machine (${there}) than this one (${here})`,
      'begin a search of its own here',
    );
  if (search.outcomes.length === 0) return nothingSearched;
  return { outcomes: search.outcomes, trials: [...search.earlier, ...record.trials] };
}
