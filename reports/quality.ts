/** What a consumer's window may be at its worst, and what the trials of a run came to. */
import type { RunRecord, TrialRecord } from '../harness/record.ts';
import type { Quality } from '../harness/scenario.ts';
import { percent, plural } from './format.ts';

export function qualityLimitsText(quality: Quality): string {
  const { fps, freezeMs, loss, latencyMs, jitterBufferMs, bitrate, ratio } = quality;
  return [
    `bad when more than ${percent(ratio, 1)} of all windows (2 s of one consumer) have less than ${percent(fps, 0)} of the source’s frames`,
    `a freeze above ${freezeMs} ms`,
    `more than ${percent(loss, 1)} loss after repair`,
    `latency above ${latencyMs} ms (p99, synthetic) or ${jitterBufferMs} ms in the jitter buffer (Chrome)`,
    `less than ${percent(bitrate, 0)} of the layer’s bitrate, or nothing`,
  ].join(', ');
}

function isSpotless({ figures }: TrialRecord): boolean {
  return figures.violationRatio === 0;
}

/** Of the trials that speak of the SFU: PQR is in the table, NQR here. Null where no window was judged. */
export function qualityText({ trials }: Pick<RunRecord, 'trials'>): string | null {
  const judged = trials.filter(
    ({ state, figures }) => state !== 'invalid' && (figures.violationRatio ?? null) !== null,
  );
  if (judged.length === 0) return null;
  const windows = judged.reduce((sum, { figures }) => sum + (figures.violationWindows ?? 0), 0);
  const spotless = [...Map.groupBy(judged, ({ level }) => level)]
    .flatMap(([level, there]) => (there.every(isSpotless) ? [level] : []))
    .sort((a, b) => a - b);
  const worst = Math.max(...judged.map(({ figures }) => figures.violationRatio ?? 0));
  const of = `${plural(windows, 'window')} of 2 s and consumer`;
  if (worst === 0) return `not one of ${of} broke it (NQR)`;
  const without = spotless.length === 0 ? 'at every level' : `not at ${levels(spotless)} (NQR)`;
  return `broken in at most ${percent(worst, 2)} of a trial’s windows, ${without}; ${of}`;
}

function levels(all: readonly number[]): string {
  return `${all.length === 1 ? 'level' : 'levels'} ${all.join(', ')}`;
}
