import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SetupError } from './setup-error.js';

/**
 * Runs "$@" and ends the whole process group when file descriptor 3 closes, that is when set-up is gone, however it
 * went: an npm that lived on would meet that of the next set-up in the same node_modules. ninja is asked first, since
 * only it can end its compilers, which have groups of their own.
 */
const guard = `
{ read -r _ <&3; trap '' TERM; kill -TERM 0; sleep 0.3; kill -KILL 0; } & exec 3<&-
"$@"; code=$?; kill -KILL $!; exit $code`;
const tailLines = 15;
const killAfterMs = 1_000;
const pipesMs = 2_000;

/**
 * Runs a program to its end. Its output goes to the log, never to the terminal.
 *
 * The child has a process group of its own, so that an interrupt reaches what it started as well (ninja's
 * compilers).
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {object} options
 * @param {string} options.log file to append to
 * @param {AbortSignal} options.signal
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {number} [options.timeoutMs]
 * @param {string} [options.hint] what to do when it fails
 * @param {(chunk: string) => void} [options.onOutput]
 * @returns {Promise<void>} rejects with a SetupError that carries the last lines
 */
export async function runCommand(program, args, { log, signal, cwd, env, timeoutMs, hint, onOutput }) {
  signal.throwIfAborted();
  await mkdir(dirname(log), { recursive: true });
  const file = createWriteStream(log, { flags: 'a' });
  file.on('error', () => {});
  const title = [program, ...args].join(' ');
  file.write(`$ ${title}\n`);
  const output = createTail();
  const child = spawn('sh', ['-c', guard, 'sh', program, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (/** @type {string} */ chunk) => {
      file.write(chunk);
      output.add(chunk);
      onOutput?.(chunk);
    });
  }
  const outcome = await settle(child, signal, timeoutMs);
  await new Promise((resolve) => file.end(() => resolve(undefined)));
  signal.throwIfAborted();
  if (outcome !== '') {
    throw new SetupError('SETUP_FAILED', `${title}: ${outcome}`, { hint, log, tail: output.text() });
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {AbortSignal} signal
 * @param {number | undefined} timeoutMs
 * @returns {Promise<string>} why it failed; empty when it went well
 */
function settle(child, signal, timeoutMs) {
  return new Promise((resolve) => {
    let timedOut = false;
    /** @type {NodeJS.Timeout | undefined} */
    let killTimer;
    const stop = () => {
      killGroup(child.pid, 'SIGTERM');
      killTimer ??= setTimeout(() => killGroup(child.pid, 'SIGKILL'), killAfterMs);
    };
    const limit =
      timeoutMs &&
      setTimeout(() => {
        timedOut = true;
        stop();
      }, timeoutMs);
    signal.addEventListener('abort', stop, { once: true });
    /** @param {string} outcome */
    const finish = (outcome) => {
      if (limit) clearTimeout(limit);
      clearTimeout(killTimer);
      signal.removeEventListener('abort', stop);
      resolve(outcome);
    };
    child.once('error', (error) => finish(error.message));
    // A process that left the group may hold the pipes open for ever.
    child.once('exit', (code, signalName) => setTimeout(() => ended(code, signalName), pipesMs).unref());
    child.once('close', (code, signalName) => ended(code, signalName));
    /**
     * @param {number | null} code
     * @param {NodeJS.Signals | null} signalName
     */
    const ended = (code, signalName) => {
      if (timedOut) finish(`no end after ${(timeoutMs ?? 0) / 1000} s`);
      else if (code === 0) finish('');
      else finish(signalName === null ? `exit code ${code}` : `killed by ${signalName}`);
    };
  });
}

/**
 * @param {number | undefined} leader
 * @param {NodeJS.Signals} signalName
 */
function killGroup(leader, signalName) {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signalName);
  } catch {
    // The group is gone already.
  }
}

/** Keeps the last lines of what it is given, however much that is. */
function createTail() {
  let text = '';
  return {
    /** @param {string} chunk */
    add(chunk) {
      text = (text + chunk).slice(-8_000);
    },
    text: () => text.trimEnd().split('\n').slice(-tailLines).join('\n'),
  };
}
