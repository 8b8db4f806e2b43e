import { chmod, copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupError } from './setup-error.js';
import { sha256Of, whyNotWorker } from './worker-binary.js';
import { workerDir } from './worker-places.js';

/**
 * Puts a binary that was seen running into the cache, as a whole or not at all.
 *
 * @param {string} binary
 * @param {string} cacheDir
 * @param {string} version
 * @param {'prebuilt' | 'built'} kind
 * @returns {Promise<import('./worker-places.js').Worker>}
 */
export async function keepWorker(binary, cacheDir, version, kind) {
  const dir = workerDir(cacheDir, version, kind);
  const fresh = `${dir}.new`;
  const path = join(fresh, 'mediasoup-worker');
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  await copyFile(binary, path);
  await chmod(path, 0o755);
  const problem = await whyNotWorker(path);
  if (problem) {
    await rm(fresh, { recursive: true, force: true });
    throw new SetupError('WORKER_MISSING', `the ${kind} worker does not run here: ${problem}`);
  }
  const sha256 = sha256Of(path);
  const { size } = await stat(path);
  await writeFile(join(fresh, 'worker.json'), `${JSON.stringify({ kind, version, sha256, size })}\n`);
  await rm(dir, { recursive: true, force: true });
  await rename(fresh, dir);
  return { path: join(dir, 'mediasoup-worker'), kind, sha256, version };
}
