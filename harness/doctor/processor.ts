/** Findings about the processor, from readings that `read-processor.ts` makes. Pure. */
import type { HeldCore } from '../cores.ts';
import { coreList, type Finding, ok, plural, problem, warning } from './finding.ts';

export interface CoreReading {
  readonly model: string;
  /** Cores of the machine. */
  readonly total: number;
  /** Those that this process may use; empty where the system does not say. */
  readonly allowed: readonly number[];
  /** Cores' worth of time that the container may use; null without a limit. */
  readonly quota: number | null;
}

export function coresFinding({ model, total, allowed, quota }: CoreReading): Finding {
  const usable = allowed.length > 0 ? allowed.length : total;
  const which = allowed.length > 0 ? ` (${coreList(allowed)})` : '';
  const found = `${usable} of ${plural(total, 'core')}${which} · ${model}`;
  if (quota !== null && quota < usable) {
    return warning(
      'cores',
      `${found}, but a quota of ${Number(quota.toFixed(2))} cores`,
      'the container is stopped when its time is used up, which reads as lag and loss: give it whole cores (--cpuset-cpus) instead of a quota (--cpus)',
    );
  }
  if (usable >= 2) return ok('cores', found);
  return warning(
    'cores',
    found,
    'worker and bots will share the only core and disturb each other: allow two or more for figures that count',
  );
}

/** What became of a child process that was to be pinned. */
export type PinningTrial =
  | { readonly state: 'pinned'; readonly core: number }
  | { readonly state: 'failed'; readonly reason: string; readonly missing: boolean }
  | { readonly state: 'not tried'; readonly reason: string };

export function pinningFinding(trial: PinningTrial): Finding {
  if (trial.state === 'pinned') return ok('pinning', `taskset pinned a process to core ${trial.core}`);
  const remedy =
    trial.state === 'failed' && trial.missing
      ? 'install taskset: Debian has it in the package util-linux'
      : 'a run works without, unpinned, and says so; its figures vary more';
  return warning('pinning', trial.reason, remedy);
}

/** @param wanted cores that a run with one worker would take */
export function locksFinding(held: readonly HeldCore[], wanted: readonly number[]): Finding {
  if (held.length === 0) return ok('locks', 'no run holds a core');
  const holders = Object.values(Object.groupBy(held, ({ pid }) => pid)).flatMap((own = []) => {
    const [first] = own;
    const cores = own.map(({ core }) => core).sort((a, b) => a - b);
    return first === undefined ? [] : `${coreList(cores)} by process ${first.pid} (${first.directory})`;
  });
  const taken = held.filter(({ core }) => wanted.includes(core));
  const found = `held: ${holders.join(', ')}`;
  if (taken.length === 0) return ok('locks', found);
  return problem(
    'locks',
    found,
    'wait for that run, or choose other cores with --cores-sfu and --cores-generator',
  );
}

/** @param governors of the allowed cores; empty where the system shows none, as on most virtual machines */
export function governorFinding(governors: readonly string[]): Finding {
  const kinds = [...new Set(governors)];
  if (kinds.length === 0) return ok('governor', 'not shown by this system');
  if (kinds.every((kind) => kind === 'performance')) return ok('governor', 'performance');
  return warning(
    'governor',
    kinds.join(', '),
    'the clock follows the load, and so does the cost of a packet: cpupower frequency-set -g performance',
  );
}

/** Steal at which figures begin to move visibly. */
const harmfulSteal = 0.02;

/** @param ratio share of the time that the hypervisor took while doctor ran; null where it is not shown */
export function stealFinding(ratio: number | null): Finding {
  if (ratio === null) return ok('steal', 'not shown by this system');
  const found = `${(ratio * 100).toFixed(1)} % of the time taken by the hypervisor just now`;
  if (ratio < harmfulSteal) return ok('steal', found);
  return warning('steal', found, 'other machines on this host disturb the figures: use dedicated cores');
}
