import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SetupError } from './setup-error.js';
import { isExecutableFile, sha256Of } from './worker-binary.js';
import { recipeHash } from './worker-recipe.js';

/**
 * @typedef {object} Worker
 * @property {string} path
 * @property {'prebuilt' | 'built' | 'given'} kind figures of different kinds do not compare
 * @property {string} sha256
 * @property {string | null} version of mediasoup; null for a given binary, which does not tell
 */

/**
 * The cache of one user: `worker/<version>-prebuilt/` and `worker/<version>-<recipe hash>/`, each with the binary and
 * a `worker.json` about it.
 *
 * @param {string} cacheDir
 * @param {string} version
 * @param {'prebuilt' | 'built'} kind
 * @returns {string}
 */
export function workerDir(cacheDir, version, kind) {
  return join(cacheDir, 'worker', `${version}-${kind === 'prebuilt' ? kind : recipeHash()}`);
}

/**
 * @param {string} cacheDir
 * @param {string} version
 * @returns {Worker[]} those that are there, the better first; whether they run has not been tried
 */
export function cachedWorkers(cacheDir, version) {
  /** @type {('prebuilt' | 'built')[]} */
  const kinds = ['prebuilt', 'built'];
  return kinds.flatMap((kind) => {
    const dir = workerDir(cacheDir, version, kind);
    const path = join(dir, 'mediasoup-worker');
    try {
      const { sha256, size } = JSON.parse(readFileSync(join(dir, 'worker.json'), 'utf8'));
      if (!isExecutableFile(path) || statSync(path).size !== size) return [];
      return [{ path, kind, sha256, version }];
    } catch {
      return [];
    }
  });
}

/**
 * The worker that MEDIASOUP_WORKER_BIN names. A wrong path is an error: whoever named one means no other.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Worker | undefined}
 */
export function givenWorker(env) {
  if (!env['MEDIASOUP_WORKER_BIN']) return undefined;
  const path = resolve(env['MEDIASOUP_WORKER_BIN']);
  if (!isExecutableFile(path)) {
    throw new SetupError('WORKER_MISSING', `MEDIASOUP_WORKER_BIN is no executable file: ${path}`, {
      hint: 'correct the path, or unset the variable',
    });
  }
  return { path, kind: 'given', sha256: sha256Of(path), version: null };
}

/** @returns {SetupError} */
export function noWorker() {
  return new SetupError('WORKER_MISSING', 'there is no mediasoup worker', {
    hint: 'run the set-up (npm start does, or: sfubench setup), or name a worker in MEDIASOUP_WORKER_BIN',
  });
}

/**
 * @param {string} mediasoupDir
 * @returns {string}
 */
export function mediasoupVersion(mediasoupDir) {
  return JSON.parse(readFileSync(join(mediasoupDir, 'package.json'), 'utf8')).version;
}
