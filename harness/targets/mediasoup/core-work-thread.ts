/** The thread that goes from core to core and does the same work on each; see core-work.ts. Linux. */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import koffi from 'koffi';
import type { CoreWorkTask } from './core-work.ts';

const { cores, fastestUs } = workerData as CoreWorkTask;

const roundMs = 125;
/** System calls, as most of what a worker does for a packet is the kernel's. */
const writes = 60;
/** The first one after the thread has moved finds cold caches. */
const repetitions = 2;
/** Until the code is compiled as well as it ever is. */
const warmUps = 100;

const affinity = new BigUint64Array(16);
const setAffinity = koffi.load(null).func('sched_setaffinity', 'int', ['int', 'size_t', 'void *']);
const nothing = openSync('/dev/null', 'w');
const bytes = Buffer.alloc(64);

/** @returns whether this thread runs on that core now: sched_setaffinity(2) of the calling thread */
function moveTo(core: number): boolean {
  affinity.fill(0n);
  affinity[core >> 6] = 1n << BigInt(core & 63);
  return setAffinity(0, affinity.byteLength, affinity) === 0;
}

function workUs(): number {
  const began = process.hrtime.bigint();
  for (let write = 0; write < writes; write += 1) writeSync(nothing, bytes);
  return Number(process.hrtime.bigint() - began) / 1e3;
}

function measure(at: number): void {
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const us = workUs();
    const before = fastestUs[at] ?? 0;
    if (before === 0 || us < before) fastestUs[at] = us;
  }
}

for (let warmUp = 0; warmUp < warmUps; warmUp += 1) workUs();
for (;;) {
  for (const [at, core] of cores.entries()) if (moveTo(core)) measure(at);
  await sleep(roundMs);
}
