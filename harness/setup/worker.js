import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from './lock.js';
import { reasonOf, SetupError } from './setup-error.js';
import { whyNotWorker } from './worker-binary.js';
import { buildWorker } from './worker-build.js';
import { keepWorker } from './worker-cache.js';
import { cachedWorkers, givenWorker, mediasoupVersion, workerDir } from './worker-places.js';
import { fetchWorker } from './worker-prebuilt.js';

/**
 * @typedef {import('./worker-places.js').Worker} Worker
 * @typedef {import('./context.js').Context} Context
 */

/**
 * Sees to it that there is a worker that runs: given, from this user's cache, downloaded, or built.
 *
 * @param {string} mediasoupDir folder of the installed package `mediasoup`
 * @param {Context} context
 * @returns {Promise<Worker>}
 */
export async function setupWorker(mediasoupDir, context) {
  const given = givenWorker(context.env);
  if (given) {
    const problem = await whyNotWorker(given.path);
    if (problem === '') return given;
    throw new SetupError('WORKER_MISSING', `MEDIASOUP_WORKER_BIN does not run as a worker: ${problem}`, {
      hint: `correct the path, or unset the variable: ${given.path}`,
    });
  }
  const version = mediasoupVersion(mediasoupDir);
  const { cacheDir, progress, signal } = context;
  const ready = await runningWorker(cacheDir, version);
  if (ready) return ready;
  /** @param {string} holder */
  const onWait = (holder) => progress.say(`worker: ${holder} is getting it already; waiting for that`);
  return withLock(join(cacheDir, 'worker/.lock'), { signal, onWait }, async () => {
    const meanwhile = await runningWorker(cacheDir, version);
    return meanwhile ?? (await fetchOrBuild(mediasoupDir, version, context));
  });
}

/**
 * @param {string} cacheDir
 * @param {string} version
 * @returns {Promise<Worker | undefined>}
 */
async function runningWorker(cacheDir, version) {
  for (const worker of cachedWorkers(cacheDir, version)) {
    if ((await whyNotWorker(worker.path)) === '') return worker;
  }
  return undefined;
}

/**
 * @param {string} mediasoupDir
 * @param {string} version
 * @param {Context} context
 * @returns {Promise<Worker>}
 */
async function fetchOrBuild(mediasoupDir, version, context) {
  const { cacheDir, env, progress, signal } = context;
  // mediasoup's own variable for those who want a worker built on this machine.
  if (!env['MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD']) {
    try {
      return await fetchWorker(mediasoupDir, context);
    } catch (error) {
      signal.throwIfAborted();
      progress.end(`no: ${reasonOf(error)}`);
    }
  }
  const buildDir = `${workerDir(cacheDir, version, 'built')}.build`;
  const log = join(cacheDir, 'logs/worker-build.log');
  const binary = await buildWorker({ mediasoupDir, buildDir, log, context });
  const worker = await keepWorker(binary, cacheDir, version, 'built');
  await rm(buildDir, { recursive: true, force: true });
  return worker;
}
