/**
 * Processes of a test, found by a marker in their environment (a name could belong to anybody) and by descent:
 * Chrome's renderers wipe their environment, so that the marker alone does not find them.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks since boot: tells a process from a later one of the same pid. */
  readonly startedAt: string;
  readonly command: string;
}

const variable = 'SFUBENCH_TEST_MARK';

export function newMark(): Readonly<Record<string, string>> {
  return { [variable]: randomBytes(8).toString('hex') };
}

/** Living processes that carry the marker, whoever started them. */
export function marked(mark: Readonly<Record<string, string>>): readonly Process[] {
  const entry = `${variable}=${mark[variable]}`;
  return [...processes().values()].filter(({ pid }) =>
    read(`/proc/${pid}/environ`)?.split('\0').includes(entry),
  );
}

/** All living descendants of a process. */
export function descendants(root: number): readonly Process[] {
  const all = processes();
  return [...all.values()].filter((entry) => {
    let up = entry.parent;
    while (up > 1 && up !== root) up = all.get(up)?.parent ?? 0;
    return up === root;
  });
}

/** Those of them that still live. */
export function survivors(tree: readonly Process[]): readonly Process[] {
  const all = processes();
  return tree.filter(({ pid, startedAt }) => all.get(pid)?.startedAt === startedAt);
}

/** Waits until none of them lives; resolves with those that do after `ms`. */
export function survivorsAfter(tree: readonly Process[], ms: number): Promise<readonly Process[]> {
  return emptyWithin(() => survivors(tree), ms);
}

/** Waits until no marked process, and none of the tree, is left; resolves with those that are after `ms`. */
export function goneWithin(
  mark: Readonly<Record<string, string>>,
  ms: number,
  tree: readonly Process[] = [],
): Promise<readonly Process[]> {
  return emptyWithin(() => [...marked(mark), ...survivors(tree)], ms);
}

async function emptyWithin(left: () => readonly Process[], ms: number): Promise<readonly Process[]> {
  const end = performance.now() + ms;
  for (;;) {
    const now = left();
    if (now.length === 0 || performance.now() > end) return now;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Living ones: a zombie waits for its parent only. */
function processes(): ReadonlyMap<number, Process> {
  const found = new Map<number, Process>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    if (stat === null) continue;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') continue;
    const command = (read(`/proc/${name}/cmdline`) ?? '').split('\0').join(' ').trim();
    found.set(Number(name), {
      pid: Number(name),
      parent: Number(fields[1]),
      startedAt: fields[19] ?? '',
      command,
    });
  }
  return found;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
