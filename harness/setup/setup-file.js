import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { recipeHash } from './worker-recipe.js';

/**
 * What set-up found, for the harness to read, and a stamp that tells the next set-up that nothing has changed.
 *
 * @typedef {object} Setup
 * @property {1} schemaVersion
 * @property {{ path: string, version: string }} node
 * @property {import('./worker-places.js').Worker} worker
 * @property {import('./browser.js').Browser} browser
 * @property {string} [stamp] absent when an installed package was set up: it has no dependencies to see to
 */

/**
 * @param {string} file
 * @returns {Setup | undefined}
 */
export function readSetup(file) {
  try {
    const setup = JSON.parse(readFileSync(file, 'utf8'));
    return setup.schemaVersion === 1 && setup.worker && setup.browser && setup.node ? setup : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} file
 * @param {Setup} setup
 */
export function writeSetup(file, setup) {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(setup, null, 2)}\n`);
  renameSync(draft, file);
}

/** @param {string} file */
export function removeSetup(file) {
  rmSync(file, { force: true });
}

/**
 * A few words for all that a set-up rests on; it changes when any of it does.
 *
 * @param {string} root of the clone
 * @param {Pick<Setup, 'node' | 'worker' | 'browser'>} setup
 * @returns {string}
 */
export function stampOf(root, { node, worker, browser }) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const parts = [
    lock,
    fingerprint(join(root, 'node_modules/.package-lock.json')),
    fingerprint(node.path),
    recipeHash(),
    `${worker.path} ${fingerprint(worker.path)}`,
    `${browser.path} ${fingerprint(browser.path)}`,
  ];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

/**
 * @param {string} path
 * @returns {string}
 */
function fingerprint(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.size}:${stat.mtimeMs}` : 'missing';
}
