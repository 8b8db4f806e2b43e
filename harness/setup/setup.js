#!/usr/bin/env node
/**
 * Gets everything that a clone needs: dependencies, Node, mediasoup's worker, a browser. npm's pre-scripts run it
 * before each of ours, with Node 20 or newer; when nothing has changed it says nothing and is done at once.
 */
import { join, resolve } from 'node:path';
import { setupBrowser } from './browser.js';
import { createContext, userCacheDir } from './context.js';
import { setupDependencies } from './dependencies.js';
import { withLock } from './lock.js';
import { isNodeReady, linkNode, setupNode } from './node.js';
import { packageDir, packageRoot, setupFile } from './places.js';
import { SetupError } from './setup-error.js';
import { readSetup, removeSetup, stampOf, writeSetup } from './setup-file.js';
import { setupWorker } from './worker.js';

const environmentExitCode = 123;
const oldestMajor = 20;
/** @type {Partial<Record<NodeJS.Signals, number>>} */
const interrupts = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/**
 * @param {string} root
 * @param {import('./context.js').Context} context
 */
async function setupClone(root, context) {
  const file = setupFile(root, context.cacheDir);
  removeSetup(file);
  const node = await setupNode(root, context);
  await setupDependencies(root, node.path, context);
  linkNode(root, node);
  const worker = await setupWorker(installedPackage(root, 'mediasoup'), context);
  const puppeteerDir = packageDir(root, '@puppeteer/browsers');
  const browser = await setupBrowser({ puppeteerDir, node: node.path }, context);
  const { path, version } = node;
  const found = { node: { path, version }, worker, browser };
  writeSetup(file, { schemaVersion: 1, ...found, stamp: stampOf(root, found) });
}

/**
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @returns {boolean} whether the last set-up went to its end and nothing has changed since
 */
function isSetUp(root, env) {
  const setup = readSetup(setupFile(root, userCacheDir(env)));
  if (setup === undefined || !isNodeReady(root)) return false;
  const { worker, browser } = setup;
  if (!isGivenPath(env['MEDIASOUP_WORKER_BIN'], worker.kind === 'given' ? worker.path : undefined))
    return false;
  if (!isGivenPath(env['CHROME_PATH'], browser.given ? browser.path : undefined)) return false;
  return setup.stamp === stampOf(root, setup);
}

/**
 * @param {string | undefined} given
 * @param {string | undefined} path that set-up was given the last time
 */
function isGivenPath(given, path) {
  return (given ? resolve(given) : undefined) === path;
}

/**
 * @param {string} root
 * @param {string} name
 * @returns {string}
 */
function installedPackage(root, name) {
  const dir = packageDir(root, name);
  if (dir !== undefined) return dir;
  throw new SetupError('SETUP_FAILED', `npm has not installed ${name}`, {
    hint: `start again with node_modules removed; if that does not help: npm install ${name}`,
  });
}

/** @param {import('./context.js').Context} context */
async function main(context) {
  const root = packageRoot();
  if (isSetUp(root, context.env)) return;
  if (Number(process.versions.node.split('.', 1)[0]) < oldestMajor) {
    throw new SetupError('SETUP_FAILED', `Node ${process.versions.node} is too old to set up with`, {
      hint: `install Node ${oldestMajor} or newer`,
    });
  }
  /** @param {string} holder */
  const onWait = (holder) => context.progress.say(`${holder} is setting up this checkout; waiting for it`);
  await withLock(join(root, 'harness/setup/.lock'), { signal: context.signal, onWait }, async () => {
    if (!isSetUp(root, context.env)) await setupClone(root, context);
  });
}

/**
 * @param {unknown} error
 * @returns {string}
 */
function explain(error) {
  if (!(error instanceof SetupError)) {
    if (!(error instanceof Error)) return String(error);
    // The system's own errors name the path; of anything else, which is a bug, the place is what helps.
    if (!('syscall' in error)) return error.stack ?? error.message;
    return `${error.message}\n  hint: it writes to this checkout, and to XDG_CACHE_HOME or ~/.cache`;
  }
  const lines = [error.message];
  if (error.tail) lines.push(error.tail.replace(/^/gm, '  | '));
  if (error.log) lines.push(`  log:  ${error.log}`);
  if (error.hint) lines.push(`  hint: ${error.hint}`);
  return lines.join('\n');
}

const interrupt = new AbortController();
for (const name of Object.keys(interrupts)) process.on(name, () => interrupt.abort(name));
const context = createContext(interrupt.signal);
try {
  await main(context);
} catch (error) {
  const { aborted, reason } = interrupt.signal;
  const signalName = /** @type {NodeJS.Signals} */ (reason);
  process.exitCode = aborted ? (interrupts[signalName] ?? 130) : environmentExitCode;
  context.progress.say(aborted ? 'interrupted; the next start takes it up again' : explain(error));
}
