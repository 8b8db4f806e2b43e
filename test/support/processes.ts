/** Processes of a test, found by a marker in their environment: a name could belong to anybody. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

const variable = 'SFUBENCH_TEST_MARK';

export function newMark(): Readonly<Record<string, string>> {
  return { [variable]: randomBytes(8).toString('hex') };
}

/** Living processes that carry the marker, whoever started them. Zombies have no environment and are not found. */
export function marked(mark: Readonly<Record<string, string>>): readonly Process[] {
  const entry = `${variable}=${mark[variable]}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const environment = read(`/proc/${name}/environ`);
      const stat = read(`/proc/${name}/stat`);
      if (environment === null || stat === null || !environment.split('\0').includes(entry)) return [];
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const command = (read(`/proc/${name}/cmdline`) ?? '').split('\0').join(' ').trim();
      return [{ pid: Number(name), parent: Number(fields[1]), command }];
    });
}

/** Waits until none is left; resolves with those that are still there after `ms`. */
export async function goneWithin(
  mark: Readonly<Record<string, string>>,
  ms: number,
): Promise<readonly Process[]> {
  const end = performance.now() + ms;
  for (;;) {
    const left = marked(mark);
    if (left.length === 0 || performance.now() > end) return left;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
