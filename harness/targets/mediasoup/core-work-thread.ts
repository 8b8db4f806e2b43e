/** The thread that goes from core to core and does the same work on each; see core-work.ts. Linux. */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import koffi from 'koffi';
import { type CoreWorkTask, cellsOfCore, timesAtMost } from './core-work.ts';

const { cores, cells } = workerData as CoreWorkTask;

const roundMs = 125;
/** System calls, as most of what a worker does for a packet is the kernel's. */
const writes = 60;
/** Of these the fastest counts: the first one finds cold caches, and a worker that has the core in between cools them again. */
const repetitions = 4;
/** Until the code is compiled as well as it ever is. */
const warmUps = 100;

const library = koffi.load(null);
const affinity = new BigUint64Array(16);
const setAffinity = library.func('sched_setaffinity', 'int', ['int', 'size_t', 'void *']);
const instant = new BigInt64Array(2);
const readClock = library.func('clock_gettime', 'int', ['int', 'void *']);
const threadCpuTime = 3;
const nothing = openSync('/dev/null', 'w');
const bytes = Buffer.alloc(64);

/** @returns whether this thread runs on that core now: sched_setaffinity(2) of the calling thread */
function moveTo(core: number): boolean {
  affinity.fill(0n);
  affinity[core >> 6] = 1n << BigInt(core & 63);
  return setAffinity(0, affinity.byteLength, affinity) === 0;
}

/** What this thread has had of its core: a worker that has it meanwhile makes it no slower. */
function cpuUs(): number {
  readClock(threadCpuTime, instant);
  return Number(instant[0] ?? 0n) * 1e6 + Number(instant[1] ?? 0n) / 1e3;
}

function workUs(): number {
  const began = cpuUs();
  for (let write = 0; write < writes; write += 1) writeSync(nothing, bytes);
  return cpuUs() - began;
}

function measure(core: number): void {
  let fastestUs = Number.POSITIVE_INFINITY;
  for (let repetition = 0; repetition < repetitions; repetition += 1)
    fastestUs = Math.min(fastestUs, workUs());
  const at = core * cellsOfCore;
  const written = cells[at] ?? 0;
  cells[at + 1 + (written % timesAtMost)] = fastestUs;
  cells[at] = written + 1;
}

for (let warmUp = 0; warmUp < warmUps; warmUp += 1) workUs();
for (;;) {
  for (const [at, core] of cores.entries()) if (moveTo(core)) measure(at);
  await sleep(roundMs);
}
