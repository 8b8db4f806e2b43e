/** Pins a process to cores, where the machine allows it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf } from '../../errors.ts';

const run = promisify(execFile);

export type Pinning =
  | { readonly state: 'not asked' }
  | { readonly state: 'pinned'; readonly cores: readonly number[] }
  | { readonly state: 'unpinned'; readonly reason: string };

/** Pins every thread of the process. Not possible is an answer, not an error: the description tells it. */
export async function pinProcess(pid: number, cores: readonly number[] | null): Promise<Pinning> {
  if (cores === null) return { state: 'not asked' };
  try {
    await run('taskset', ['-acp', cores.join(','), String(pid)], { timeout: 5000 });
    return { state: 'pinned', cores };
  } catch (cause) {
    return { state: 'unpinned', reason: messageOf(cause).trim() };
  }
}
