import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { distribution } from './debian.js';

/**
 * How the worker is built from the source in mediasoup's npm package against Debian's libraries, as data.
 *
 * @typedef {object} Recipe
 * @property {string[]} packages
 * @property {string[]} mesonOptions
 * @property {{ file: string, why: string, from: string, to: string }[]} edits
 */

const folder = fileURLToPath(new URL('worker-build/', import.meta.url));

/** One folder for each of meson's subprojects, named as its wrap file is. */
export const standInsDir = join(folder, 'subprojects');

/** @returns {Recipe} */
export function readRecipe() {
  return JSON.parse(readFileSync(join(folder, 'recipe.json'), 'utf8'));
}

/**
 * Names the result of the recipe on this machine. Another release of the distribution has other libraries, so it
 * counts as part of the recipe, as does the processor: home directories are shared between machines.
 *
 * @returns {string}
 */
export function recipeHash() {
  const hash = createHash('sha256');
  for (const file of filesBelow(folder).sort()) {
    hash.update(file.slice(folder.length)).update('\0').update(readFileSync(file));
  }
  const { id, version } = distribution();
  return hash.update(`${process.arch} ${id} ${version}`).digest('hex').slice(0, 12);
}

/**
 * @param {string} dir
 * @returns {string[]}
 */
function filesBelow(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
