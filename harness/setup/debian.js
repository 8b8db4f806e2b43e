import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.js';
import { SetupError } from './setup-error.js';

/**
 * @typedef {object} Distribution
 * @property {string} id `debian`, `ubuntu`, …; `process.platform` where there is no os-release file
 * @property {string} version
 * @property {boolean} hasApt Debian or a relative of it
 */

/**
 * @param {string} [file]
 * @returns {Distribution}
 */
export function distribution(file = '/etc/os-release') {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return { id: process.platform, version: '', hasApt: false };
  }
  /** @param {string} name */
  const field = (name) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  const family = [field('ID'), ...field('ID_LIKE').split(' ')];
  return {
    id: field('ID') || process.platform,
    version: field('VERSION_ID'),
    hasApt: family.includes('debian') || family.includes('ubuntu'),
  };
}

/** @returns {boolean} */
export function isRoot() {
  return process.getuid?.() === 0;
}

/**
 * Installs what is missing when that is ours to do, else says how.
 *
 * @param {readonly string[]} packages
 * @param {string} purpose `to build the worker`
 * @param {import('./context.js').Context} context
 * @returns {Promise<void>}
 */
export async function ensurePackages(packages, purpose, context) {
  const { id, hasApt } = distribution();
  if (!hasApt) {
    throw new SetupError('SETUP_FAILED', `cannot install what is needed ${purpose}: ${id} is not Debian`, {
      hint: `the Debian packages are ${packages.join(' ')}`,
    });
  }
  const missing = missingPackages(packages);
  if (missing.length === 0) return;
  if (!isRoot()) {
    throw new SetupError('SETUP_FAILED', `Debian packages are missing ${purpose}: ${missing.join(' ')}`, {
      hint: `run: ${installCommand(missing)}`,
    });
  }
  await installPackages(missing, context);
}

/**
 * @param {readonly string[]} packages
 * @returns {string[]}
 */
export function missingPackages(packages) {
  let listed = '';
  try {
    // Fails when one of them is unknown, and lists the others all the same.
    listed = execFileSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...packages], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    if (error instanceof Error && 'stdout' in error) listed = String(error.stdout);
  }
  const present = new Set(listed.split('\n'));
  return packages.filter((name) => !present.has(`${name} installed`));
}

/**
 * @param {readonly string[]} packages
 * @param {import('./context.js').Context} context
 */
async function installPackages(packages, { cacheDir, env, progress, signal }) {
  const log = join(cacheDir, 'logs/apt.log');
  const hint = `see to it that this works: ${installCommand(packages)}`;
  const options = { log, signal, hint, env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } };
  // Without a terminal of its own dpkg stays in the process group, and an interrupt reaches it.
  const settings = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Use-Pty=0'];
  const install = () =>
    runCommand(
      'apt-get',
      [...settings, 'install', '-y', '--fix-broken', '--no-install-recommends', ...packages],
      options,
    );
  progress.begin(`Debian packages: ${packages.join(' ')}`);
  // One source of many that fails makes this fail; whether it matters shows next.
  await runCommand('apt-get', [...settings, 'update'], options).catch(() => {});
  try {
    await install();
  } catch {
    // After an interrupt packages may be half configured, and apt refuses to go on before this.
    await runCommand('dpkg', ['--configure', '-a'], options);
    await install();
  }
  progress.end('installed');
}

/**
 * @param {readonly string[]} packages
 * @returns {string}
 */
export function installCommand(packages) {
  const sudo = isRoot() ? '' : 'sudo ';
  const install = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  return `${sudo}apt-get update && ${sudo}${install}`;
}
