import { execFile } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withLock } from './lock.js';
import { runNpm } from './npm.js';
import { SetupError } from './setup-error.js';

/** Runs TypeScript as it is, and everything that the lock file holds. */
const needed = { major: 22, minor: 18 };
/** What is installed for those who have an older one. */
const ownVersion = '24.21.0';

/**
 * @typedef {object} Node
 * @property {string} path
 * @property {string} version
 * @property {boolean} linked whether `node` of npm's scripts has to be pointed at it
 */

/**
 * @param {string} [version]
 * @returns {boolean}
 */
export function isRecentNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > needed.major || (major === needed.major && minor >= needed.minor);
}

/**
 * Sees to it that there is a Node that runs the harness: this one, or one from npm in this user's cache.
 *
 * @param {string} root of the clone
 * @param {import('./context.js').Context} context
 * @returns {Promise<Node>}
 */
export async function setupNode(root, context) {
  if (isRecentNode()) {
    const link = linkedNode(root);
    // This set-up may itself run by the link, and a new node_modules has none.
    const linked = existsSync(link) && realpathSync(link) === realpathSync(process.execPath);
    return { path: process.execPath, version: process.versions.node, linked };
  }
  const name = nodePackage();
  const prefix = join(context.cacheDir, `node-${ownVersion}`);
  const path = join(prefix, 'node_modules', name, 'bin/node');
  const node = { path, version: ownVersion, linked: true };
  if (await runs(path)) return node;
  const { progress, signal } = context;
  /** @param {string} holder */
  const onWait = (holder) =>
    progress.say(`Node ${ownVersion}: ${holder} is getting it already; waiting for that`);
  return withLock(`${prefix}.lock`, { signal, onWait }, async () => {
    if (await runs(path)) return node;
    progress.begin(`Node ${ownVersion}: this one is ${process.versions.node}`);
    await rm(prefix, { recursive: true, force: true });
    await mkdir(prefix, { recursive: true });
    const log = join(context.cacheDir, 'logs/node.log');
    const args = ['install', `${name}@${ownVersion}`, '--prefix', prefix, '--no-save', '--no-package-lock'];
    await runNpm(process.execPath, args, { cwd: prefix, log, context });
    if (!(await runs(path))) {
      throw new SetupError('SETUP_FAILED', `Node ${ownVersion} from npm does not run here`, {
        hint: nodeHint(),
        log,
      });
    }
    progress.end('installed');
    return node;
  });
}

/**
 * npm puts node_modules/.bin first on the PATH of the scripts that it runs.
 *
 * @param {string} root
 */
export function linkedNode(root) {
  return join(root, 'node_modules/.bin/node');
}

/**
 * @param {string} root
 * @param {Node} node
 */
export function linkNode(root, { path, linked }) {
  const link = linkedNode(root);
  // A link that leads nowhere, or to a Node that has become too old, must not stand before a good one.
  if (!linked) return isDangling(link) ? rmSync(link, { force: true }) : undefined;
  mkdirSync(dirname(link), { recursive: true });
  const draft = `${link}.${process.pid}`;
  rmSync(draft, { force: true });
  symlinkSync(path, draft);
  renameSync(draft, link);
}

/**
 * @param {string} root
 * @returns {boolean} whether npm's scripts get a Node that is recent enough, as far as that shows without running it
 */
export function isNodeReady(root) {
  const link = linkedNode(root);
  return existsSync(link) || (isRecentNode() && !isDangling(link));
}

/** @param {string} link */
function isDangling(link) {
  return lstatSync(link, { throwIfNoEntry: false }) !== undefined && !existsSync(link);
}

/** @returns {string} */
function nodePackage() {
  const { platform, arch } = process;
  // Node's own builds, which the packages hold, are made for glibc.
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (
    process.report?.getReport() ?? {}
  );
  const fits =
    platform === 'linux' && (arch === 'x64' || arch === 'arm64') && report.header?.glibcVersionRuntime;
  if (fits) return `node-linux-${arch}`;
  throw new SetupError('SETUP_FAILED', `Node ${process.versions.node} is too old`, { hint: nodeHint() });
}

function nodeHint() {
  return `install Node ${needed.major}.${needed.minor} or newer (${ownVersion} is known to work) and start again`;
}

/**
 * @param {string} path
 * @returns {Promise<boolean>}
 */
function runs(path) {
  return new Promise((resolve) => {
    execFile(path, ['--version'], { timeout: 10_000 }, (error, stdout) => {
      resolve(!error && stdout.trim() === `v${ownVersion}`);
    });
  });
}
