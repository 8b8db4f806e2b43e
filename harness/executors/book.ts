import { Arrivals } from './arrivals.ts';
import { Quota } from './quota.ts';
import type { SessionBook, SessionPlan } from './sessions.ts';

/** The book of a plan that begins now. */
export function bookOf(plan: SessionPlan): SessionBook {
  return plan.kind === 'arrivals' ? new Arrivals(plan) : new Quota(plan);
}
