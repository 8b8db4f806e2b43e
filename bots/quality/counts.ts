/** What the windows of a group of consumers came to. */
import { type Cause, causes } from './violation.ts';

/** Totals over the run. A window may violate for several causes, and counts once. */
export interface QualityCounts {
  windowsTotal: number;
  violatingTotal: number;
  /** Windows that nobody could read, because bots did not answer: the generator's fault. */
  missedTotal: number;
  readonly causeTotals: Record<Cause, number>;
}

/** The worst consumer of an interval, to be looked at. */
export interface WorstWindow {
  readonly bot: string;
  /** The consumer on the target. */
  readonly stream: string;
  readonly causes: readonly Cause[];
}

export function zeroQuality(): QualityCounts {
  const causeTotals = Object.fromEntries(causes.map((cause) => [cause, 0])) as Record<Cause, number>;
  return { windowsTotal: 0, violatingTotal: 0, missedTotal: 0, causeTotals };
}
