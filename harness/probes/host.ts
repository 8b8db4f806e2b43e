/** CPU time that the hypervisor took from this machine: `steal` of `/proc/stat` over all time (proc(5)). */
import { readFileSync } from 'node:fs';

export interface HostTimes {
  readonly stealTicks: number;
  readonly allTicks: number;
}

/** Null where the kernel does not say. */
export function hostTimes(): HostTimes | null {
  try {
    const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '';
    // user nice system idle iowait irq softirq steal; guest times are part of user already.
    const ticks = line.split(/\s+/).slice(1, 9).map(Number);
    if (ticks.length < 8 || ticks.some(Number.isNaN)) return null;
    return { stealTicks: ticks[7] ?? 0, allTicks: ticks.reduce((sum, value) => sum + value, 0) };
  } catch {
    return null;
  }
}

export function stealRatio(before: HostTimes | null, after: HostTimes | null): number | null {
  if (before === null || after === null || after.allTicks <= before.allTicks) return null;
  return (after.stealTicks - before.stealTicks) / (after.allTicks - before.allTicks);
}
