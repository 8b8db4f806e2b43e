import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { createProgress } from './progress.js';

/**
 * What every step of set-up is handed.
 *
 * @typedef {object} Context
 * @property {NodeJS.ProcessEnv} env
 * @property {string} cacheDir of this user: worker, browser, Node and logs, shared by all checkouts
 * @property {import('./progress.js').Progress} progress
 * @property {AbortSignal} signal aborted when set-up is interrupted
 */

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {string}
 */
export function userCacheDir(env) {
  const base = env['XDG_CACHE_HOME'];
  // The XDG specification: a relative path is to be ignored.
  return join(base && isAbsolute(base) ? base : join(homedir(), '.cache'), 'sfubench');
}

/**
 * @param {AbortSignal} signal
 * @param {NodeJS.ProcessEnv} [env]
 * @param {{ write(text: string): unknown, isTTY?: boolean }} [stream]
 * @returns {Context}
 */
export function createContext(signal, env = process.env, stream = process.stderr) {
  return { env, cacheDir: userCacheDir(env), progress: createProgress(stream), signal };
}
