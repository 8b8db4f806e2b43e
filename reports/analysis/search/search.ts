/**
 * The search for a capacity, as a conversation: it says what to measure next and is told what came of it. It has no
 * clock, no randomness and no I/O, so the list of outcomes is all of its state, and a stored one resumes it.
 */
import { bracketLevel, narrowingLevel, pinningLevel } from './choose.ts';
import { Course } from './course.ts';
import type { SearchGoal, SearchOutcome, SearchStep, TrialPurpose, TrialStep } from './goal.ts';
import { indexAtLeast, indexAtMost } from './levels.ts';
import { intervalOf, type SearchResult, searchResult } from './result.ts';

export interface SearchEnd {
  readonly kind: 'done';
  readonly result: SearchResult;
}

export interface Search {
  /** The same step until its outcome is recorded. */
  next(): SearchStep | SearchEnd;
  record(outcome: SearchOutcome): void;
  /** Outcomes so far; of stored ones, those that it goes on from. */
  readonly kept: readonly SearchOutcome[];
  /** Of what is known so far, for a line of progress. */
  progress(): SearchResult;
}

/**
 * @param stored outcomes of a search for the same goal, or one with less budget, which goes on where it was left
 * @throws RangeError when an outcome does not answer the step that was asked for, or the goal makes no sense
 */
export function createSearch(goal: SearchGoal, stored: readonly SearchOutcome[] = []): Search {
  checkGoal(goal);
  const course = new Course(goal);
  const steps = procedure(course);
  const kept: SearchOutcome[] = [];
  let current = steps.next();
  const record = (outcome: SearchOutcome): void => {
    if (current.done === true) throw new RangeError('an outcome after the end of the search');
    checkAnswer(current.value, outcome);
    current = steps.next(outcome);
    kept.push(outcome);
  };
  for (const outcome of stored) {
    // The repetition that a search ended with: with more budget there is something better to do before it.
    if (outcome.kind === 'trial' && outcome.purpose === 'drift' && !isDrift(current.value)) break;
    record(outcome);
  }
  return {
    next: () => (current.done === true ? { kind: 'done', result: current.value } : current.value),
    record,
    kept,
    progress: () => (current.done === true ? current.value : searchResult(course, 'unfinished', false)),
  };
}

function isDrift(step: SearchStep | SearchResult): boolean {
  return 'purpose' in step && step.purpose === 'drift';
}

function checkGoal(goal: SearchGoal): void {
  const { levels, exceedRatio, rampFactor, width } = goal;
  if (levels.length < 2) throw new RangeError('a search needs at least two levels');
  if (levels.some((level, index) => !(level > (levels[index - 1] ?? 0)))) {
    throw new RangeError('levels have to be positive and rise');
  }
  if (!(exceedRatio >= 0 && exceedRatio < 1))
    throw new RangeError(`exceed ratio ${exceedRatio} is not in [0, 1)`);
  if (!(rampFactor > 1)) throw new RangeError(`ramp factor ${rampFactor} is not above 1`);
  if (!(width > 0)) throw new RangeError(`width ${width} is not positive`);
}

function checkAnswer(step: SearchStep, outcome: SearchOutcome): void {
  const [asked, told] = [describe(step), describe(outcome)];
  if (asked !== told) throw new RangeError(`told of a ${told} where a ${asked} was asked for`);
  if (!(outcome.elapsedMs >= 0)) throw new RangeError(`${outcome.kind} took ${outcome.elapsedMs} ms`);
}

function describe(of: SearchStep | SearchOutcome): string {
  return of.kind === 'trial' ? `${of.purpose} trial at ${of.level} for ${of.durationMs} ms` : of.kind;
}

type Steps<Returned> = Generator<SearchStep, Returned, SearchOutcome>;

function* procedure(course: Course): Steps<SearchResult> {
  yield* warmUp(course);
  yield* ramp(course);
  const endedBy = yield* refine(course);
  const repeated = yield* repeatLower(course);
  return searchResult(course, endedBy, repeated);
}

function* warmUp(course: Course): Steps<void> {
  const { levels, guess, warmUpMs } = course.goal;
  if (!course.affords(warmUpMs, 'ramp')) return;
  const level = course.level(indexAtMost(levels, guess / 4));
  course.add(yield { kind: 'warm-up', level, durationMs: warmUpMs });
}

/** One short trial a level, upwards until one is not good; downwards where the first one already is not. */
function* ramp(course: Course): Steps<void> {
  const { levels, guess, rampFactor, shortTrialMs } = course.goal;
  const below = (from: number): number => indexAtMost(levels, course.level(from) / rampFactor);
  let index = indexAtLeast(levels, (guess / 4) * rampFactor);
  let direction = 0;
  for (;;) {
    const came = yield* measure(course, index, shortTrialMs, 'ramp');
    if (came === 'no time') return;
    const towards = came === 'good' ? 1 : -1;
    if (direction !== 0 && towards !== direction) return;
    direction = towards;
    const next = direction > 0 ? course.above(index) : below(index);
    // At the ends of the grid there is no further to go.
    if (next === index) return;
    index = next;
  }
}

/** Full trials until the interval is as narrow as asked for. */
function* refine(course: Course): Steps<SearchResult['endedBy']> {
  const { fullTrialMs, width } = course.goal;
  for (;;) {
    const bracket = bracketLevel(course);
    let index = bracket;
    if (index === null) {
      const { lower, upper } = course.bounds();
      const fit = course.fit();
      const interval = intervalOf(course);
      if (course.isClosedTo(interval) && course.reopen()) continue;
      if (lower === null || upper === null || fit === null || interval === null) return 'grid';
      const ratio = interval.high / interval.low;
      if (ratio <= 1 + width) return 'width';
      // Never narrower than the bounds, which the grid keeps apart.
      if (ratio <= course.level(upper) / course.level(lower)) return 'grid';
      index = pinningLevel(course, fit) ?? narrowingLevel(course, fit);
      if (index === null) return 'grid';
    }
    const came = yield* measure(course, index, fullTrialMs, bracket === null ? 'narrow' : 'bracket');
    if (came === 'no time') return 'budget';
  }
}

/** @returns whether the last trial is that repetition */
function* repeatLower(course: Course): Steps<boolean> {
  const { lower } = course.bounds();
  if (lower === null || !course.open(lower)) return false;
  const before = course.trials.length;
  yield* measure(course, lower, course.goal.fullTrialMs, 'drift');
  return course.trials.length > before;
}

function pace({ isHurried }: Course): Pick<TrialStep, 'asItComes'> {
  return isHurried ? { asItComes: true } : {};
}

type Came = 'good' | 'bad' | 'no answer' | 'no time';

/** Where a trial that is taken as it comes is disturbed all the same, in succession: nothing else is to be had there. */
const disturbedAtMost = 10;

/** One trial, again at most twice where the generator was the limit, and once where it did not settle. */
function* measure(course: Course, index: number, durationMs: number, purpose: TrialPurpose): Steps<Came> {
  let [invalid, unsettled, disturbed] = [0, 0, 0];
  for (;;) {
    if (!course.affords(durationMs, purpose)) return 'no time';
    if (course.overloaded) {
      const drain = { kind: 'drain', level: 0, durationMs: course.goal.drainMs } as const;
      course.add(yield { ...drain, ...pace(course) });
      if (!course.affords(durationMs, purpose)) return 'no time';
    }
    const level = course.level(index);
    const trial = { kind: 'trial', level, durationMs, purpose, repeat: invalid + unsettled } as const;
    const outcome = yield { ...trial, ...pace(course) };
    course.add(outcome);
    if (outcome.kind !== 'trial') continue;
    if (outcome.state === 'good' || outcome.state === 'bad') return outcome.state;
    if (outcome.disturbed === true) {
      disturbed += outcome.asItComes === true ? 1 : 0;
      if (disturbed < disturbedAtMost) continue;
    }
    if (outcome.state === 'invalid') invalid += 1;
    else unsettled += 1;
    if (invalid > 2) {
      course.ceiling = Math.min(course.ceiling, index);
      return 'no answer';
    }
    if (unsettled > 1) {
      course.exclude(index);
      return 'no answer';
    }
  }
}
