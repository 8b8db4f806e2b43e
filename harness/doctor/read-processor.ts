/** Reads what the processor's findings are about, and tries to pin a child. */
import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { allowedCores, parseCores } from '../cores.ts';
import { messageOf } from '../errors.ts';
import { hostTimes, stealRatio } from '../probes/host.ts';
import type { CoreReading, PinningTrial } from './processor.ts';
import { textOrNull } from './read-text.ts';

const run = promisify(execFile);
const trialLimitMs = 5000;
/** A tick is 10 ms: shorter, and one tick of steal would look like much. */
const stealWindowMs = 1000;

export function readCores(): CoreReading {
  const all = cpus();
  return {
    model: all[0]?.model.trim() ?? 'unknown',
    total: all.length,
    allowed: allowedCores(),
    quota: readQuota(),
  };
}

/** Cores' worth of time per period: cgroup v2's cpu.max, or v1's pair of files, as a container sees its own. */
function readQuota(): number | null {
  const [limit = '', period = ''] = (textOrNull('/sys/fs/cgroup/cpu.max') ?? '').trim().split(' ');
  if (limit !== '') return limit === 'max' ? null : Number(limit) / Number(period);
  const quotaUs = Number(textOrNull('/sys/fs/cgroup/cpu/cpu.cfs_quota_us') ?? -1);
  const periodUs = Number(textOrNull('/sys/fs/cgroup/cpu/cpu.cfs_period_us') ?? 0);
  return quotaUs > 0 && periodUs > 0 ? quotaUs / periodUs : null;
}

export async function tryPinning(allowed: readonly number[]): Promise<PinningTrial> {
  const core = allowed[0];
  if (core === undefined) return { state: 'not tried', reason: 'allowed cores are not shown by this system' };
  try {
    const { stdout } = await run('taskset', ['-c', String(core), 'cat', '/proc/self/status'], {
      timeout: trialLimitMs,
    });
    const got = parseCores(/^Cpus_allowed_list:\s*(\S+)$/m.exec(stdout)?.[1] ?? '') ?? [];
    if (got.length === 1 && got[0] === core) return { state: 'pinned', core };
    return { state: 'failed', reason: 'taskset ran, and had no effect', missing: false };
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = missing ? 'there is no taskset' : (messageOf(cause).trim().split('\n').at(-1) ?? '');
    return { state: 'failed', reason, missing };
  }
}

export function readGovernors(allowed: readonly number[]): readonly string[] {
  return allowed.flatMap(
    (core) => textOrNull(`/sys/devices/system/cpu/cpu${core}/cpufreq/scaling_governor`)?.trim() ?? [],
  );
}

export async function watchSteal(): Promise<number | null> {
  const before = hostTimes();
  await sleep(stealWindowMs);
  return stealRatio(before, hostTimes());
}
