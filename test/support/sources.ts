/** The project's own source files and what each imports, read as text. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  readonly specifier: string;
  /** Path from the root for a relative import, null for a package. */
  readonly path: string | null;
  readonly typeOnly: boolean;
}

export interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

/** Tracked files and new ones that are not ignored. */
export function listFiles(): readonly string[] {
  const output = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return output.split('\n').filter((path) => path !== '');
}

export function readSources(): readonly Source[] {
  return listFiles()
    .filter((path) => /\.(ts|js|mjs)$/.test(path))
    .flatMap((path) => {
      const text = readOrNull(path);
      return text === null
        ? []
        : [{ path, text, lines: text.split('\n').length - 1, imports: importsOf(path, text) }];
    });
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return null;
  }
}

const statement = /^\s*(?:import|export)\s+(type\s)?([^;'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
const dynamic = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** Static and dynamic imports; `import { type A, type B }` counts as types only. */
export function importsOf(path: string, text: string): readonly Import[] {
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean): void => {
    const relative = specifier.startsWith('.');
    found.push({ specifier, path: relative ? normalize(join(dirname(path), specifier)) : null, typeOnly });
  };
  for (const match of text.matchAll(statement)) {
    const names = /\{([^}]*)\}/.exec(match[2] ?? '')?.[1];
    const inner =
      names
        ?.split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '') ?? [];
    const onlyTypes = inner.length > 0 && inner.every((name) => name.startsWith('type '));
    add(match[3] ?? '', match[1] !== undefined || onlyTypes);
  }
  for (const match of text.matchAll(dynamic))
    add(match[1] ?? '', /typeof\s*$/.test(text.slice(0, match.index)));
  return found;
}
