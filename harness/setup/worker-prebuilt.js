import { mkdir, readFile, rm } from 'node:fs/promises';
import { platform, release } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.js';
import { download } from './download.js';
import { keepWorker } from './worker-cache.js';

/**
 * Where mediasoup publishes the binary for this machine: the rule is that of its own installation.
 *
 * @param {{ version: string, repository: { url: string } }} manifest mediasoup's package.json
 * @param {NodeJS.ProcessEnv} env
 * @returns {string}
 */
export function prebuiltUrl(manifest, env) {
  const repository = manifest.repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
  const base = env['MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL'] || `${repository}/releases/download`;
  const kernel = platform() === 'linux' ? `-kernel${release().split('.', 1)[0]}` : '';
  return `${base}/${manifest.version}/mediasoup-worker-${manifest.version}-${platform()}-${process.arch}${kernel}.tgz`;
}

/**
 * @param {string} mediasoupDir
 * @param {import('./context.js').Context} context
 * @param {import('./download.js').DownloadLimits} [limits]
 * @returns {Promise<import('./worker-places.js').Worker>}
 */
export async function fetchWorker(mediasoupDir, { cacheDir, env, progress, signal }, limits) {
  const manifest = JSON.parse(await readFile(join(mediasoupDir, 'package.json'), 'utf8'));
  const staging = join(cacheDir, 'worker/download');
  const archive = join(staging, 'worker.tgz');
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  try {
    progress.begin(`worker: downloading mediasoup's ${manifest.version}`);
    await download(prebuiltUrl(manifest, env), archive, signal, limits);
    // tar reads to the end and so finds an archive that was cut short.
    const log = join(cacheDir, 'logs/worker-download.log');
    await runCommand('tar', ['-xzf', archive, '-C', staging, 'mediasoup-worker'], { log, signal });
    const worker = await keepWorker(
      join(staging, 'mediasoup-worker'),
      cacheDir,
      manifest.version,
      'prebuilt',
    );
    progress.end('downloaded');
    return worker;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
