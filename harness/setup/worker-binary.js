import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';

/** mediasoup-worker ends so when MEDIASOUP_VERSION is not in its environment: proof that it runs here. */
const exitCodeWithoutVersion = 41;
const timeLimitMs = 10_000;

/**
 * @param {string} path
 * @returns {boolean}
 */
export function isExecutableFile(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Starts the binary as mediasoup's own installation does, to see that loader, libraries and processor fit.
 *
 * @param {string} path
 * @returns {Promise<string>} what is wrong with it; empty when it runs
 */
export function whyNotWorker(path) {
  return new Promise((resolve) => {
    const child = spawn(path, [], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      errors = (errors + chunk).slice(0, 1_000);
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), timeLimitMs);
    child.once('error', (error) => {
      clearTimeout(limit);
      resolve(error.message);
    });
    child.once('close', (code, signalName) => {
      clearTimeout(limit);
      if (code === exitCodeWithoutVersion) return resolve('');
      const said = errors.trim().split('\n', 1)[0];
      resolve(said ? said : `it ends with ${signalName ?? `exit code ${code}`}`);
    });
  });
}

/**
 * @param {string} path
 * @returns {string} hex
 */
export function sha256Of(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
