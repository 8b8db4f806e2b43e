/** Where a run is stored when `--dir` does not say it. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `reports/runs/` of a clone, `sfubench-runs/` of the current directory elsewhere. */
export function runsDirectory(): string {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const clone = existsSync(join(root, 'harness', 'cli.ts'));
  return clone ? join(root, 'reports', 'runs') : resolve('sfubench-runs');
}

/** `2026-11-22T09-14-05-meeting-3f2a`: sorts by time, and two runs of one second differ. */
export function runId(name: string, startedAt: Date): string {
  const time = startedAt.toISOString().slice(0, 19).replaceAll(':', '-');
  return `${time}-${name.replaceAll(/[^\w.-]/g, '-')}-${randomBytes(2).toString('hex')}`;
}
