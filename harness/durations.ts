/**
 * Durations as k6 reads them: Go's notation with days in front (`1d2h`, `1m30s`, `1.5h`, `500ms`), and a bare
 * number, as number or text, is milliseconds.
 */

/** Longer than this is taken for a mistake; timers cannot sleep past 24.8 days. */
export const longestMs = 7 * 24 * 3_600_000;

const unitMs: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ns: 1e-6,
};

const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h|d)/gy;

/** Milliseconds, or null where the value is no duration. Never negative: a sign has no meaning in a scenario. */
export function durationMs(value: unknown): number | null {
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? textMs(value.trim()) : null;
  return ms !== null && Number.isFinite(ms) && ms >= 0 ? ms : null;
}

function textMs(text: string): number | null {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text);
  let end = 0;
  let totalMs = 0;
  for (const match of text.matchAll(part)) {
    const unit = match[2] ?? '';
    // k6 adds days to Go's notation, whole and in front only.
    if (unit === 'd' && (end > 0 || !/^\d+$/.test(match[1] ?? ''))) return null;
    totalMs += Number(match[1]) * (unitMs[unit] ?? Number.NaN);
    end = match.index + match[0].length;
  }
  return end > 0 && end === text.length ? totalMs : null;
}

/** For a person: `1m30s`, `12s`, `250ms`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  const seconds = Math.round(ms / 100) / 10;
  if (seconds < 60) return `${seconds}s`;
  const whole = Math.round(ms / 1_000);
  const [h, m, s] = [Math.floor(whole / 3_600), Math.floor((whole % 3_600) / 60), whole % 60];
  const tail = s > 0 ? `${s}s` : '';
  if (h === 0) return `${m}m${tail}`;
  return m > 0 || s > 0 ? `${h}h${m}m${tail}` : `${h}h`;
}
