import { existsSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { runCommand } from './command.js';
import { SetupError } from './setup-error.js';

const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

/**
 * Runs npm under a given Node: npm skips optional packages, without a word, that do not fit the Node it runs on.
 *
 * @param {string} node
 * @param {readonly string[]} args
 * @param {{ cwd: string, log: string, context: import('./context.js').Context }} options
 * @returns {Promise<void>}
 */
export async function runNpm(node, args, { cwd, log, context }) {
  const env = {
    ...withoutNpmScript(context.env),
    PATH: `${dirname(node)}${delimiter}${context.env['PATH'] ?? ''}`,
  };
  const hint = 'see to it that npm reaches its registry (npm ping), then start again';
  await runCommand(node, [findNpm(context.env), ...args, ...quiet], {
    cwd,
    env,
    log,
    hint,
    signal: context.signal,
  });
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {string} npm's JavaScript entry
 */
export function findNpm(env) {
  const path = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const beside = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
  const candidates = [env['npm_execpath'] ?? '', beside, ...path.map((folder) => join(folder, 'npm'))];
  for (const candidate of candidates) {
    if (candidate === '' || !existsSync(candidate)) continue;
    const cli = realpathSync(candidate);
    if (basename(cli) === 'npm-cli.js') return cli;
  }
  throw new SetupError('SETUP_FAILED', 'npm is needed and was not found', {
    hint: 'install npm 10 or newer (it comes with Node), or start this by npm',
  });
}

/**
 * npm describes the script that it runs to it in the environment, and an npm that is started from there would take
 * some of that for its own settings (its prefix, for one). What the user has set (registry, proxy) stays.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function withoutNpmScript(env) {
  const script = /^npm_(package_|lifecycle_|command$|execpath$|node_execpath$)/;
  const settings = /^npm_config_(local_prefix|prefix|global|global_prefix|location|dry_run|workspaces?)$/i;
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !script.test(name) && !settings.test(name)),
  );
}
