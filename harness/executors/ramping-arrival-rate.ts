import {
  type ArrivalGroup,
  type ArrivalShape,
  lastSessions,
  mostPeers,
  vusOf,
} from './constant-arrival-rate.ts';
import type { Executor, Segment } from './executor.ts';
import { holdStrictly, idle, type Step, settle } from './move.ts';
import type { ArrivalPlan, RatePiece } from './sessions.ts';

export interface RampingArrivalRateShape extends ArrivalShape {
  readonly executor: 'ramping-arrival-rate';
  readonly startRate: number;
  readonly stages: readonly { readonly durationMs: number; readonly target: number }[];
}

/**
 * k6's stages of a rate, one step each: it moves evenly from the rate before to the target; a stage of no length jumps.
 * As with stages of VUs only a plateau is measured, after it has settled. The level is the target in sessions per
 * second, the peers those that a stage may have at once.
 */
export function* rampingArrivalRate(group: ArrivalGroup, shape: RampingArrivalRateShape): Executor {
  const pieces = piecesOf(shape);
  let sessions: ArrivalPlan | null = { kind: 'arrivals', pieces, first: 'when-due', ...vusOf(shape) };
  let last = { step: 0, level: 0, peers: 0 };
  for (const [step, piece] of pieces.entries()) {
    last = { step, level: piece.to * 1_000, peers: mostPeers(shape, Math.max(piece.from, piece.to)) };
    for (const segment of stageOf(piece, last, group.settleMs)) {
      yield { ...segment, sessions };
      sessions = null;
    }
  }
  yield* lastSessions(last, shape);
}

function piecesOf({ startRate, timeUnitMs, stages }: RampingArrivalRateShape): RatePiece[] {
  let from = startRate / timeUnitMs;
  return stages.map(({ durationMs, target }) => {
    const piece = { durationMs, from, to: target / timeUnitMs };
    from = piece.to;
    return piece;
  });
}

function* stageOf({ durationMs, from, to }: RatePiece, at: Step, settleMs: number): Generator<Segment> {
  if (from !== to) yield { ...settle(at, durationMs), phase: 'ramp' };
  else if (to === 0) yield idle(at, durationMs);
  else {
    yield settle(at, Math.min(settleMs, durationMs));
    if (durationMs > settleMs) yield holdStrictly(at, durationMs - settleMs);
  }
}
