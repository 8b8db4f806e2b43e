import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { browserCandidates, givenBrowser, noBrowser, ownBrowsersDir } from './browser-places.js';
import { runCommand } from './command.js';
import { distribution, ensurePackages, isRoot } from './debian.js';
import { withLock } from './lock.js';
import { reasonOf, SetupError } from './setup-error.js';

/**
 * @typedef {object} Browser
 * @property {string} path
 * @property {string | null} version as the browser prints it; null when nobody asked it
 * @property {boolean} given by CHROME_PATH
 *
 * @typedef {import('./context.js').Context} Context
 */

const versionLimitMs = 20_000;
const probeLimitMs = 10_000;
const downloadLimitMs = 300_000;
/** Where @puppeteer/browsers downloads from. */
const downloadHost = 'https://storage.googleapis.com/chrome-for-testing-public/';

/**
 * Sees to it that there is a browser that starts: given, found, from Debian, or downloaded.
 *
 * @param {object} options
 * @param {string | undefined} options.puppeteerDir folder of the installed package `@puppeteer/browsers`
 * @param {string} options.node that is new enough to run it
 * @param {Context} context
 * @returns {Promise<Browser>}
 */
export async function setupBrowser({ puppeteerDir, node }, context) {
  const { env, cacheDir, progress, signal } = context;
  const given = givenBrowser(env);
  if (given) {
    const version = await browserVersion(given);
    if (version) return { path: given, version, given: true };
    throw new SetupError('BROWSER_MISSING', `CHROME_PATH does not run as Chrome or Chromium: ${given}`, {
      hint: 'correct the path, or unset the variable',
    });
  }
  const found = await findBrowser(context);
  if (found) return found;
  /** @param {string} holder */
  const onWait = (holder) => progress.say(`browser: ${holder} is getting it already; waiting for that`);
  return withLock(join(cacheDir, 'browsers.lock'), { signal, onWait }, async () => {
    for (const install of [
      () => installFromDebian(context),
      () => downloadBrowser(puppeteerDir, node, context),
    ]) {
      const browser =
        (await findBrowser(context)) ?? ((await install()) ? await findBrowser(context) : undefined);
      if (browser) return browser;
    }
    throw noBrowser();
  });
}

/**
 * @param {Context} context
 * @returns {Promise<Browser | undefined>}
 */
async function findBrowser({ env, cacheDir }) {
  for (const path of browserCandidates(env, cacheDir)) {
    const version = await browserVersion(path);
    if (version) return { path, version, given: false };
  }
  return undefined;
}

/**
 * @param {string} path
 * @returns {Promise<string | undefined>} undefined when this is no browser that starts here
 */
function browserVersion(path) {
  return new Promise((resolve) => {
    execFile(path, ['--version'], { timeout: versionLimitMs, killSignal: 'SIGKILL' }, (error, stdout) => {
      resolve(error ? undefined : /chrom\S*\D*?(\d+(?:\.\d+)+)/i.exec(stdout)?.[1]);
    });
  });
}

/**
 * @param {Context} context
 * @returns {Promise<boolean>}
 */
async function installFromDebian(context) {
  if (!distribution().hasApt || !isRoot()) return false;
  try {
    await ensurePackages(['chromium'], 'for the browser', context);
    return true;
  } catch (error) {
    context.signal.throwIfAborted();
    context.progress.end(`no: ${reasonOf(error)}`);
    return false;
  }
}

/**
 * @param {string | undefined} puppeteerDir
 * @param {string} node
 * @param {Context} context
 * @returns {Promise<boolean>}
 */
async function downloadBrowser(puppeteerDir, node, { cacheDir, env, progress, signal }) {
  if (puppeteerDir === undefined) return false;
  const cli = join(puppeteerDir, 'lib/main-cli.js');
  if (!existsSync(cli)) return false;
  try {
    progress.begin('browser: downloading Chrome');
    // It waits for minutes where packets are dropped; this finds out sooner.
    const probe = AbortSignal.any([signal, AbortSignal.timeout(probeLimitMs)]);
    await fetch(downloadHost, { method: 'HEAD', signal: probe });
    await runCommand(node, [cli, 'install', 'chrome@stable', '--path', ownBrowsersDir(cacheDir)], {
      log: join(cacheDir, 'logs/browser.log'),
      env,
      signal,
      timeoutMs: downloadLimitMs,
    });
    progress.end('downloaded');
    return true;
  } catch (error) {
    signal.throwIfAborted();
    progress.end(`no: ${reasonOf(error)}`);
    return false;
  }
}
