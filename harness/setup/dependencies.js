import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm } from './npm.js';

/**
 * One entry of a lock file, as far as it is looked at here.
 *
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, os?: string[], cpu?: string[],
 *   libc?: string[] }} Locked
 */

/**
 * Installs what package-lock.json lists, unless it is there.
 *
 * @param {string} root of the clone
 * @param {string} node that is recent enough
 * @param {import('./context.js').Context} context
 * @returns {Promise<void>}
 */
export async function setupDependencies(root, node, context) {
  if (missingDependency(root) === undefined) return;
  context.progress.begin('dependencies: npm ci');
  const log = join(context.cacheDir, 'logs/npm-ci.log');
  // Both kinds are needed, whatever NODE_ENV or the user's npm settings leave out.
  await runNpm(node, ['ci', '--include=dev', '--include=optional'], { cwd: root, log, context });
  context.progress.end('installed');
}

/**
 * Compares the lock file with npm's record of what it installed. npm deletes that record first and writes it last,
 * so an installation that was cut short does not pass.
 *
 * @param {string} root
 * @returns {string | undefined} the first entry that is missing or another; undefined when nothing is
 */
export function missingDependency(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(join(root, 'node_modules/.package-lock.json'));
  for (const [path, entry] of Object.entries(wanted ?? {})) {
    if (path === '') continue;
    const installed = present?.[path];
    if (installed === undefined && entry.optional && !isForHere(entry)) continue;
    const same = installed?.version === entry.version && installed?.integrity === entry.integrity;
    if (!same || !existsSync(join(root, path))) return path;
  }
  return wanted === undefined ? 'package-lock.json' : undefined;
}

/**
 * @param {string} file
 * @returns {Record<string, Locked> | undefined}
 */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** @param {Locked} entry */
function isForHere({ os, cpu, libc }) {
  return allows(os, process.platform) && allows(cpu, process.arch) && libc === undefined;
}

/**
 * @param {string[] | undefined} list of names, or of names to leave out: `!win32`
 * @param {string} name
 */
function allows(list, name) {
  if (list === undefined || list.length === 0) return true;
  if (list.includes(`!${name}`)) return false;
  return list.includes(name) || list.every((item) => item.startsWith('!'));
}
