/**
 * Which cores the SFU and the generator get. With two cores the worker has the first and everything else the
 * second; with more, the workers come first and the rest is the generator's. Two runs never share a pinned core:
 * a lock per user and core names the run that holds it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { BenchError } from './errors.ts';

export interface Cores {
  /** Null is unpinned. */
  readonly sfu: readonly number[] | null;
  readonly generator: readonly number[] | null;
  /** What shares a core with what, and what could not be pinned. */
  readonly shared: readonly string[];
}

/** A list of cores as `taskset` writes it: `0,2-3`. */
export function parseCores(text: string): readonly number[] | null {
  const cores = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim());
    if (match === null) return null;
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    if (last < first) return null;
    for (let core = first; core <= last; core += 1) cores.add(core);
  }
  return [...cores].sort((a, b) => a - b);
}

/** Cores that this process may use, from `/proc/self/status`; empty where that is not known. */
export function allowedCores(): readonly number[] {
  try {
    const line = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return parseCores(line?.[1] ?? '') ?? [];
  } catch {
    return [];
  }
}

export interface CoreWishes {
  readonly workers: number;
  /** Null when the SFU does not run on this machine. */
  readonly embedded: boolean;
  readonly sfu: readonly number[] | null;
  readonly generator: readonly number[] | null;
}

/** Divides the allowed cores. Pure. */
export function divideCores(allowed: readonly number[], wishes: CoreWishes): Cores {
  if (!wishes.embedded) {
    return {
      sfu: null,
      generator: wishes.generator,
      shared: ['the SFU runs elsewhere and is not pinned by this run'],
    };
  }
  if (allowed.length < 2 && wishes.sfu === null) {
    return { sfu: null, generator: null, shared: ['worker and generator share every core: one core only'] };
  }
  const sfu = wishes.sfu ?? allowed.slice(0, Math.max(1, Math.min(wishes.workers, allowed.length - 1)));
  const rest = allowed.filter((core) => !sfu.includes(core));
  const generator = wishes.generator ?? (rest.length > 0 ? rest : allowed);
  const shared: string[] = [];
  if (sfu.length < wishes.workers) shared.push(`${wishes.workers} workers share ${sfu.length} cores`);
  const both = sfu.filter((core) => generator.includes(core));
  if (both.length > 0) shared.push(`worker and generator share core ${both.join(', ')}`);
  if (generator.length === 1) shared.push('bots, node signalling and collector share one core');
  return { sfu, generator, shared };
}

/** Pins this process with all its threads; children inherit it. False where it is not possible. */
export function pinSelf(cores: readonly number[]): boolean {
  try {
    execFileSync('taskset', ['-acp', cores.join(','), String(process.pid)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Divides the cores, takes them for this process and pins it; children inherit that. `release` gives them back, and undoes it.
 * @throws BenchError CORE_TAKEN naming the run that holds one of them
 */
export function claimCores(
  wishes: CoreWishes & { readonly directory: string },
): Cores & { readonly release: () => void } {
  const allowed = allowedCores();
  const cores = divideCores(allowed, wishes);
  const pinned = [...new Set([...(cores.sfu ?? []), ...(cores.generator ?? [])])];
  const release = lockCores(pinned, wishes.directory);
  if (cores.generator === null) return { ...cores, release };
  if (pinSelf(cores.generator)) {
    const releaseAll = (): void => {
      pinSelf(allowed);
      release();
    };
    return { ...cores, release: releaseAll };
  }
  return {
    ...cores,
    generator: null,
    shared: [...cores.shared, 'pinning was not possible: taskset failed'],
    release,
  };
}

const lockDirectory = join(tmpdir(), `sfubench-cores-${userInfo().uid}`);

/** Takes every core for this process or none; the returned function gives them back. */
export function lockCores(cores: readonly number[], directory: string): () => void {
  mkdirSync(lockDirectory, { recursive: true, mode: 0o700 });
  const taken: string[] = [];
  const release = (): void => {
    for (const path of taken.splice(0)) rmSync(path, { force: true });
  };
  for (const core of cores) {
    const path = join(lockDirectory, `core-${core}.json`);
    const other = take(path, directory);
    if (other !== null) {
      release();
      throw new BenchError('CORE_TAKEN', `core ${core} is in use by another run (pid ${other.pid})`, {
        field: 'cores',
        value: core,
        file: other.directory,
        hint: 'wait for it, or choose other cores with --cores-sfu and --cores-generator',
      });
    }
    taken.push(path);
  }
  return release;
}

export interface HeldCore {
  readonly core: number;
  readonly pid: number;
  /** Of the run that holds it. */
  readonly directory: string;
}

/** Cores that living runs of this user hold. */
export function heldCores(): readonly HeldCore[] {
  const names = existsSync(lockDirectory) ? readdirSync(lockDirectory) : [];
  return names.flatMap((name) => {
    const core = /^core-(\d+)\.json$/.exec(name)?.[1];
    const holder = core === undefined ? null : readHolder(join(lockDirectory, name));
    if (holder === null || !isLiving(holder)) return [];
    return [{ core: Number(core), pid: holder.pid, directory: holder.directory }];
  });
}

interface Holder {
  readonly pid: number;
  /** Start time of the process in clock ticks since boot: a pid alone may have been given to another process. */
  readonly startTicks: string | null;
  readonly directory: string;
}

function take(path: string, directory: string): Holder | null {
  const holder: Holder = { pid: process.pid, startTicks: startTicks(process.pid), directory };
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      writeFileSync(path, JSON.stringify(holder), { flag: 'wx' });
      return null;
    } catch {
      const other = readHolder(path);
      if (other !== null && isLiving(other)) return other;
      rmSync(path, { force: true });
    }
  }
  return readHolder(path);
}

function isLiving({ pid, startTicks: ticks }: Holder): boolean {
  return ticks !== null && startTicks(pid) === ticks;
}

function readHolder(path: string): Holder | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** Where the generator runs, and whether workers do so, too. */
export function generatorCores({ sfu, generator }: Cores): {
  cores: Cores['generator'];
  withWorkers: boolean;
} {
  const withWorkers = sfu === null || (generator ?? []).some((core) => sfu.includes(core));
  return { cores: generator, withWorkers };
}
