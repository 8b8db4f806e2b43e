import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Context } from '../../harness/setup/context.js';
import { createProgress } from '../../harness/setup/progress.js';

/** What a worker does when it is started as the check does it; what a browser does when asked for its version. */
export const workerScript = '#!/bin/sh\nexit 41\n';
export const browserScript = '#!/bin/sh\necho Chromium 150.0.1.2 built for tests\n';

export function temporaryFolder(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sfubench-setup-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function put(file: string, content: string | object, mode = 0o644): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode });
  return file;
}

/** A context whose progress is kept, and whose user has nothing but the given folder and variables. */
export function contextOf(
  folder: string,
  env: NodeJS.ProcessEnv = {},
  signal = new AbortController().signal,
) {
  const said: string[] = [];
  const progress = createProgress({ write: (text: string) => said.push(text) });
  const context: Context = {
    env: { PATH: process.env['PATH'], ...env },
    cacheDir: join(folder, 'cache/sfubench'),
    progress,
    signal,
  };
  return { context, said: () => said.join('') };
}

/** A folder that looks like the installed mediasoup as far as set-up reads it. */
export function fakeMediasoup(folder: string, version = '9.8.7'): string {
  const dir = join(folder, 'node_modules/mediasoup');
  put(join(dir, 'package.json'), {
    name: 'mediasoup',
    version,
    repository: { url: 'git+https://host.invalid/mediasoup.git' },
  });
  return dir;
}
