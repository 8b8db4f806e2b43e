import type { Executor } from './executor.ts';
import { type IterationsGroup, type IterationsShape, iterations } from './per-vu-iterations.ts';

export interface SharedIterationsShape extends IterationsShape {
  readonly executor: 'shared-iterations';
}

/** k6's: all VUs together have so many sessions; whoever is free takes the next. It ends when the last one is over. */
export function sharedIterations(group: IterationsGroup, shape: SharedIterationsShape): Executor {
  return iterations(group, shape, 'all');
}
