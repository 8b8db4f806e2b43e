import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from './setup-error.js';

const pollMs = 250;
const patienceMs = 30 * 60_000;

/**
 * Runs `work` while no other process that asks for the same lock file does. The file names its holder, so that the
 * lock of a process that was killed is taken over.
 *
 * @template T
 * @param {string} file
 * @param {object} options
 * @param {AbortSignal} options.signal
 * @param {(holder: string) => void} options.onWait called once, before the wait for another process
 * @param {number} [options.waitMs]
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, { signal, onWait, waitMs = patienceMs }, work) {
  await mkdir(dirname(file), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, startedAt: startTimeOf(process.pid) });
  const deadline = Date.now() + waitMs;
  let waiting = false;
  while (!(await tryLock(file, mine))) {
    const holder = await readHolder(file);
    if (holder === undefined) continue;
    if (!isAlive(holder)) {
      await removeStale(file, holder.text);
      continue;
    }
    if (!waiting) onWait(`process ${holder.pid}`);
    waiting = true;
    if (Date.now() > deadline) {
      throw new SetupError('SETUP_FAILED', `another set-up (process ${holder.pid}) has not ended`, {
        hint: `wait for it or end it; if it is no set-up, delete ${file}`,
      });
    }
    await sleep(pollMs, undefined, { signal });
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/**
 * @param {string} file
 * @param {string} mine
 * @returns {Promise<boolean>}
 */
async function tryLock(file, mine) {
  // A link appears with its content at once: nobody ever reads a lock without a holder.
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, mine);
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Of two processes that find the same stale lock one may already hold the next one when the other comes to remove
 * it: what was moved away is looked at, and put back if it is not the stale one.
 *
 * @param {string} file
 * @param {string} stale
 */
async function removeStale(file, stale) {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
    if ((await readFile(aside, 'utf8')) !== stale) await link(aside, file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/**
 * @typedef {object} Holder
 * @property {number} pid 0 when the file names none
 * @property {string} startedAt
 * @property {string} text
 *
 * @param {string} file
 * @returns {Promise<Holder | undefined>} undefined when the lock has gone meanwhile
 */
async function readHolder(file) {
  let text = '';
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { pid, startedAt } = JSON.parse(text);
    return { pid: Number.isInteger(pid) && pid > 0 ? pid : 0, startedAt: String(startedAt), text };
  } catch {
    return { pid: 0, startedAt: '', text };
  }
}

/** @param {Holder} holder */
function isAlive({ pid, startedAt }) {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
  // The system gives the number of a dead process to a new one, which started at another time.
  return startTimeOf(pid) === startedAt;
}

/**
 * @param {number} pid
 * @returns {string} clock ticks since boot; empty where there is no /proc
 */
function startTimeOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/**
 * @param {unknown} error
 * @returns {unknown}
 */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
