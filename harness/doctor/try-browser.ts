/**
 * Starts a browser to see whether it does. By hand, not by the bots' library: that one talks to Chrome over a pipe and
 * keeps Chrome's own words about what is wrong from us.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';

/** A cold disk or a busy machine may take seconds. */
const limitMs = 20_000;

/** As it prints it; null when it prints none. */
export async function browserVersion(path: string, signal: AbortSignal): Promise<string | null> {
  const { output } = await runToEnd(path, ['--version'], signal);
  // "Chromium 156.0.8078.79 built on Debian GNU/Linux 12 (bookworm)"
  return /^.*chrom.*?\d+(?:\.\d+)+/im.exec(output)?.[0] ?? null;
}

/** Why it shows no page, in one line; empty when it does. */
export async function whyNotBrowser(path: string, asRoot: boolean, signal: AbortSignal): Promise<string> {
  let profile = '';
  try {
    profile = mkdtempSync(join(tmpdir(), 'sfubench-doctor-'));
    const flags = [
      ...(asRoot ? ['--no-sandbox'] : []),
      '--headless',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--no-first-run',
      `--user-data-dir=${profile}`,
      '--dump-dom',
      'about:blank',
    ];
    const { output, errors, ending } = await runToEnd(path, flags, signal);
    if (output.includes('<html')) return '';
    return tellingLine(errors) ?? ending;
  } catch (thrown) {
    return messageOf(thrown);
  } finally {
    if (profile !== '') rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

/** Of Chrome's many lines, that which says what is wrong; without the process and place that it begins with. */
export function tellingLine(text: string): string | null {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^\[[^\]]*\]\s*/, '').trim())
    .filter((line) => line !== '');
  const telling = /sandbox|shared libraries|fatal|cannot execute|no space/i;
  return lines.find((line) => telling.test(line)) ?? lines[0] ?? null;
}

interface Finished {
  readonly output: string;
  readonly errors: string;
  /** How it ended, in words. */
  readonly ending: string;
}

function runToEnd(path: string, args: readonly string[], signal: AbortSignal): Promise<Finished> {
  return new Promise((resolve) => {
    // A group of its own: what it started ends with it.
    const child = spawn(path, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    let late = false;
    const killGroup = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // All of it has ended.
      }
    };
    // Detached from the terminal, it does not hear of Ctrl-C by itself.
    signal.addEventListener('abort', killGroup, { once: true });
    if (signal.aborted) killGroup();
    const limit = setTimeout(() => {
      late = true;
      killGroup();
    }, limitMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(0, 10_000);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(0, 10_000);
    });
    const finish = (ending: string): void => {
      clearTimeout(limit);
      signal.removeEventListener('abort', killGroup);
      resolve({ output, errors, ending });
    };
    child.once('error', (error) => finish(error.message));
    // Helpers that outlive it would hold the pipes open.
    child.once('exit', killGroup);
    child.once('close', (code, signal) =>
      finish(late ? `no end within ${limitMs / 1000} s` : `it ends with ${signal ?? `exit code ${code}`}`),
    );
  });
}
