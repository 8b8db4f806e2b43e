/** The package as users get it: packed from this checkout, installed by npm into an empty folder. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { findNpm, withoutNpmScript } from '../../harness/setup/npm.js';
import type { Finished } from './cli.ts';
import { root } from './sources.ts';

const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

/** Without what an npm that runs the tests says to its children, and with this Node first. */
function environment(): NodeJS.ProcessEnv {
  const env = withoutNpmScript(process.env);
  return { ...env, PATH: `${dirname(process.execPath)}${delimiter}${env['PATH'] ?? ''}` };
}

function npm(cwd: string, args: readonly string[]): string {
  return execFileSync(process.execPath, [findNpm(process.env), ...args, ...quiet], {
    cwd,
    env: environment(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export interface Packed {
  readonly tarball: string;
  readonly bytes: number;
  /** Paths in the package. */
  readonly files: readonly string[];
  close(): void;
}

/** `npm pack`, with its build. */
export function pack(): Packed {
  const folder = mkdtempSync(join(tmpdir(), 'sfubench-pack-'));
  npm(root, ['pack', '--pack-destination', folder]);
  const [name = ''] = readdirSync(folder);
  const tarball = join(folder, name);
  const listed = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' });
  return {
    tarball,
    bytes: readFileSync(tarball).byteLength,
    files: listed
      .split('\n')
      .filter((path) => path !== '')
      .map((path) => path.replace(/^package\//, '')),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface Installed {
  readonly folder: string;
  /** Below node_modules. */
  readonly package: string;
  /** Runs the command that npm linked. */
  sfubench(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>;
  /** Copies a scenario out of the package, as the README says; its path. */
  copyScenario(name: string): string;
  close(): void;
}

/** An empty folder, and `npm install <tarball>` in it. */
export function install(tarball: string, flags: readonly string[] = []): Installed {
  const folder = mkdtempSync(join(tmpdir(), 'sfubench-installed-'));
  npm(folder, ['install', '--ignore-scripts', '--prefer-offline', ...flags, tarball]);
  const command = join(folder, 'node_modules/.bin/sfubench');
  const installed = join(folder, 'node_modules/sfubench');
  return {
    folder,
    package: installed,
    sfubench: (args, env = {}) =>
      new Promise((resolve, reject) => {
        const child = spawn(command, args, {
          cwd: folder,
          env: { ...environment(), ...env },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        let stdout = '';
        let stderr = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
        child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
        child.on('error', reject);
        child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
      }),
    copyScenario: (name) => {
      const file = join(folder, name);
      writeFileSync(file, readFileSync(join(installed, 'scenarios', name)));
      return file;
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
