/**
 * Chrome's profile directories. Their name says which process they belong to, so that the next host can remove
 * those that a killed one left behind.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'sfubench-chrome-';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // Another user's process is alive as well.
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export function createProfile(): Promise<string> {
  return mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
}

/** Chrome may still write while it ends: a few attempts, and never an error. */
export async function removeProfile(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 }).catch(() => undefined);
}

/** Removes the profiles of processes that are gone. */
export async function sweepProfiles(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  const stale = names.filter((name) => {
    const [, pid] = /^sfubench-chrome-(\d+)-/.exec(name) ?? [];
    return pid !== undefined && !isAlive(Number(pid));
  });
  await Promise.all(stale.map((name) => removeProfile(join(tmpdir(), name))));
}
