/** One thing that was looked at: what it is, how it is, and what a person can do about it. */

/** `problem`: a run of the quickstart cannot work; `warning`: it can, but figures or larger runs suffer. */
export type State = 'ok' | 'warning' | 'problem';

export interface Finding {
  readonly name: string;
  readonly state: State;
  /** What was read, in words. */
  readonly found: string;
  /** What to do; null where nothing is. */
  readonly remedy: string | null;
}

export function ok(name: string, found: string): Finding {
  return { name, state: 'ok', found, remedy: null };
}

export function warning(name: string, found: string, remedy: string): Finding {
  return { name, state: 'warning', found, remedy };
}

export function problem(name: string, found: string, remedy: string): Finding {
  return { name, state: 'problem', found, remedy };
}

/** Whether the quickstart could run here. */
export function isReady(findings: readonly Finding[]): boolean {
  return findings.every(({ state }) => state !== 'problem');
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** `0,2-3`: the way `taskset` and the flags of `run` write cores. */
export function coreList(cores: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < cores.length; at += 1) {
    const first = cores[at];
    while (cores[at + 1] === (cores[at] ?? 0) + 1) at += 1;
    parts.push(cores[at] === first ? `${first}` : `${first}-${cores[at]}`);
  }
  return parts.join(',');
}

/** Binary units, as memory and disks are shown by `free` and `df`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${value >= 10 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
