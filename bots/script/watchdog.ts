/**
 * A process that runs code of users ends with its parent even while that code blocks its thread: nothing that waits for
 * an event would notice then.
 */
import { Worker } from 'node:worker_threads';

const everyMs = 500;

/** Looks for the parent from a thread of its own, for as long as this process lives. */
export function endWithParent(): void {
  const watch = `
    const parent = process.ppid;
    setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, ${everyMs});`;
  // An environment of its own without options: it shall not preload what the process preloads.
  new Worker(watch, { eval: true, execArgv: [], stdin: false }).unref();
}
