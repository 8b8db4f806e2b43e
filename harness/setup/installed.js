import { browserCandidates, givenBrowser } from './browser-places.js';
import { userCacheDir } from './context.js';
import { packageDir, packageRoot, setupFile } from './places.js';
import { readSetup } from './setup-file.js';
import { isExecutableFile } from './worker-binary.js';
import { cachedWorkers, givenWorker, mediasoupVersion } from './worker-places.js';

export { noBrowser } from './browser-places.js';
export { SetupError } from './setup-error.js';
export { noWorker } from './worker-places.js';

/**
 * @typedef {import('./worker-places.js').Worker} Worker
 *
 * @typedef {object} Installed
 * @property {Worker | null} worker
 * @property {{ path: string, version: string | null } | null} browser
 */

/**
 * Finds the worker and the browser that set-up has seen to; installs nothing and starts nothing.
 * What is missing is null, as a run may do without it: `noWorker()` and `noBrowser()` are the errors to throw then.
 *
 * @param {{ env?: NodeJS.ProcessEnv, root?: string }} [options]
 * @returns {Installed}
 * @throws {import('./setup-error.js').SetupError} `WORKER_MISSING` or `BROWSER_MISSING` when a path that
 *   MEDIASOUP_WORKER_BIN or CHROME_PATH gives is wrong
 */
export function findInstalled(options = {}) {
  return { worker: findInstalledWorker(options), browser: findInstalledBrowser(options) };
}

/**
 * @param {{ env?: NodeJS.ProcessEnv, root?: string }} [options]
 * @returns {Worker | null}
 */
export function findInstalledWorker({ env = process.env, root = packageRoot() } = {}) {
  const given = givenWorker(env);
  if (given) return given;
  const mediasoupDir = packageDir(root, 'mediasoup');
  if (mediasoupDir === undefined) return null;
  const version = mediasoupVersion(mediasoupDir);
  const cacheDir = userCacheDir(env);
  const known = readSetup(setupFile(root, cacheDir))?.worker;
  // Another mediasoup may have been installed since: worker and library share a protocol.
  if (known && known.kind !== 'given' && known.version === version && isExecutableFile(known.path))
    return known;
  return cachedWorkers(cacheDir, version)[0] ?? null;
}

/**
 * @param {{ env?: NodeJS.ProcessEnv, root?: string }} [options]
 * @returns {{ path: string, version: string | null } | null}
 */
export function findInstalledBrowser({ env = process.env, root = packageRoot() } = {}) {
  const given = givenBrowser(env);
  if (given) return { path: given, version: null };
  const cacheDir = userCacheDir(env);
  const known = readSetup(setupFile(root, cacheDir))?.browser;
  if (known && !known.given && isExecutableFile(known.path))
    return { path: known.path, version: known.version };
  const [path] = browserCandidates(env, cacheDir);
  return path === undefined ? null : { path, version: null };
}
