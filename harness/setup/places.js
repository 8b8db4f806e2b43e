import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder of this package: a clone, or below somebody's node_modules.
 *
 * @param {string} [from]
 * @returns {string}
 */
export function packageRoot(from = dirname(fileURLToPath(import.meta.url))) {
  for (let dir = from; ; dir = dirname(dir)) {
    const manifest = join(dir, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'sfubench') return dir;
    if (dir === dirname(dir)) throw new Error(`no package sfubench above ${from}`);
  }
}

/**
 * Finds an installed package as Node would, without loading it.
 *
 * @param {string} root
 * @param {string} name
 * @returns {string | undefined}
 */
export function packageDir(root, name) {
  for (let dir = root; ; dir = dirname(dir)) {
    const candidate = join(dir, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (dir === dirname(dir)) return undefined;
  }
}

/**
 * A clone has the lock file, which npm never publishes.
 *
 * @param {string} root
 */
export function isClone(root) {
  return existsSync(join(root, 'package-lock.json'));
}

/**
 * @param {string} root
 * @param {string} cacheDir
 * @returns {string} the file in which set-up names what it found
 */
export function setupFile(root, cacheDir) {
  return isClone(root) ? join(root, 'node_modules/.cache/sfubench/setup.json') : join(cacheDir, 'setup.json');
}
