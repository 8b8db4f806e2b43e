import type { Group } from '../scenario.ts';
import type { Executor } from './executor.ts';
import type { QuotaPlan } from './sessions.ts';

/** What executors of a number of iterations have in common. */
export interface IterationsShape {
  readonly vus: number;
  readonly iterations: number;
  /** Nothing begins from then on, whatever is left. */
  readonly maxDurationMs: number;
  /** How long a session lasts; null: it ends by itself, when the scenario's function returns. */
  readonly sessionMs: number | null;
  /** How long sessions may go on after that. */
  readonly gracefulStopMs: number;
}

export interface PerVuIterationsShape extends IterationsShape {
  readonly executor: 'per-vu-iterations';
}

/** Of a group, what these executors look at. */
export type IterationsGroup = Pick<Group, 'joinRatePerSecond'>;

/** k6's: every VU has so many sessions, one after the other. It ends when the last one is over. */
export function perVuIterations(group: IterationsGroup, shape: PerVuIterationsShape): Executor {
  return iterations(group, shape, 'each');
}

/**
 * Unlike in k6, VUs begin at the join rate and not all at once. It is no trial: how long it takes, and how many are
 * there at its end, is the finding.
 */
export function* iterations(
  { joinRatePerSecond }: IterationsGroup,
  shape: IterationsShape,
  share: QuotaPlan['share'],
): Executor {
  const { vus, maxDurationMs, gracefulStopMs, sessionMs } = shape;
  const sessions: QuotaPlan = {
    kind: 'quota',
    vus,
    share,
    iterations: shape.iterations,
    spacingMs: 1_000 / joinRatePerSecond,
    untilMs: maxDurationMs,
    sessionMs,
  };
  const until = { kind: 'ended', afterMs: maxDurationMs, graceMs: gracefulStopMs } as const;
  yield { phase: 'ramp', step: 0, level: vus, peers: vus, changes: [], until, measure: false, sessions };
}
