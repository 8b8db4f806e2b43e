/** NTP's time from our clock: capture times of all processes of a machine compare to microseconds. */
import { nowMs } from '../clock.ts';
import { ntpUnixOffsetMs } from '../engine/rtp/extension-values.ts';

/** Looks at so many edges of the wall clock's milliseconds, and takes the one that was seen most sharply. */
const edges = 4;
const enoughMs = 0.005;

/** Milliseconds since 1900 less CLOCK_MONOTONIC. `Date.now` counts whole milliseconds, so they are caught as they begin. */
function measured(): number {
  let [offsetMs, sharpestMs] = [0, Number.POSITIVE_INFINITY];
  for (let edge = 0; edge < edges && sharpestMs > enoughMs; edge += 1) {
    const from = Date.now();
    let [beforeMs, wallMs] = [nowMs(), from];
    let afterMs = beforeMs;
    while (wallMs === from) {
      beforeMs = afterMs;
      wallMs = Date.now();
      afterMs = nowMs();
    }
    if (afterMs - beforeMs >= sharpestMs) continue;
    sharpestMs = afterMs - beforeMs;
    offsetMs = wallMs - (beforeMs + afterMs) / 2;
  }
  return offsetMs + ntpUnixOffsetMs;
}

/** Constant for the process: steps of the wall clock stay outside. Add it to `nowMs`. */
export const ntpOffsetMs: number = measured();
