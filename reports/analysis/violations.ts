/** What the windows of a trial's consumers came to, in words. */
import type { TrialFigures } from '../../harness/record.ts';
import { percentText } from './words.ts';

export const causeFigures = {
  violationSilenceRatio: 'silence',
  violationLossRatio: 'loss',
  violationLatencyRatio: 'latency',
  violationFreezeRatio: 'freeze',
  violationFpsRatio: 'fps',
  violationBitrateRatio: 'bitrate',
} as const satisfies Partial<Record<keyof TrialFigures, string>>;

export type CauseFigure = keyof typeof causeFigures;
export type CauseName = (typeof causeFigures)[CauseFigure];

export interface CauseShare {
  readonly cause: CauseName;
  /** Of all windows; one window may have several causes. */
  readonly ratio: number;
}

/** What broke quality, the most frequent first; of causes as frequent as each other, the one that explains the others. */
export function leadingCauses(figures: TrialFigures): readonly CauseShare[] {
  return (Object.keys(causeFigures) as CauseFigure[])
    .map((name) => ({ cause: causeFigures[name], ratio: figures[name] ?? 0 }))
    .filter(({ ratio }) => ratio > 0)
    .sort((a, b) => b.ratio - a.ratio);
}

/** "3.1 % of 420 windows broke quality: latency 2.8 %, loss 0.3 %"; null where nothing was judged. */
export function violationText(figures: TrialFigures): string | null {
  const { violationRatio, violationWindows } = figures;
  if (violationRatio === null || violationWindows === null) return null;
  const causes = leadingCauses(figures).map(({ cause, ratio }) => `${cause} ${percentText(ratio)}`);
  const of = `${percentText(violationRatio)} of ${violationWindows} windows broke quality`;
  return causes.length === 0 ? of : `${of}: ${causes.join(', ')}`;
}
