import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { distribution, installCommand } from './debian.js';
import { SetupError } from './setup-error.js';
import { isExecutableFile } from './worker-binary.js';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const folders = ['/usr/bin', '/usr/local/bin', '/snap/bin'];
const files = [
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * The browser that CHROME_PATH names. A wrong path is an error: whoever named one means no other.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
export function givenBrowser(env) {
  if (!env['CHROME_PATH']) return undefined;
  const path = resolve(env['CHROME_PATH']);
  if (!isExecutableFile(path)) {
    throw new SetupError('BROWSER_MISSING', `CHROME_PATH is no executable file: ${path}`, {
      hint: 'correct the path, or unset the variable',
    });
  }
  return path;
}

/** @returns {SetupError} */
export function noBrowser() {
  return new SetupError('BROWSER_MISSING', 'there is no Chrome or Chromium', {
    hint: `${distribution().hasApt ? `run: ${installCommand(['chromium'])}; or ` : ''}install Chrome and name it in CHROME_PATH`,
  });
}

/**
 * @param {string} cacheDir
 * @returns {string} where set-up has @puppeteer/browsers put its download
 */
export function ownBrowsersDir(cacheDir) {
  return join(cacheDir, 'browsers');
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} cacheDir
 * @returns {string[]} executables that are there, the likeliest first; whether they run has not been tried
 */
export function browserCandidates(env, cacheDir) {
  const path = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const places = [...path, ...folders];
  const puppeteer = env['PUPPETEER_CACHE_DIR'] || join(homedir(), '.cache/puppeteer');
  const found = [
    ...names.flatMap((name) => places.map((folder) => join(folder, name))),
    ...files,
    ...downloads(ownBrowsersDir(cacheDir)),
    ...downloads(puppeteer),
  ];
  return [...new Set(found)].filter(isExecutableFile);
}

/**
 * @param {string} root laid out by @puppeteer/browsers: `chrome/linux-156.0.1.2/chrome-linux64/chrome`
 * @returns {string[]} newest first
 */
function downloads(root) {
  return ['chrome', 'chrome-headless-shell'].flatMap((browser) =>
    list(join(root, browser))
      .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
      .flatMap((build) =>
        list(join(root, browser, build)).map((folder) => join(root, browser, build, folder, browser)),
      ),
  );
}

/** @param {string} dir */
function list(dir) {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
