/** Reads what the findings about limits are about. */
import { accessSync, constants, mkdtempSync, rmSync, statfsSync, statSync } from 'node:fs';
import { freemem, release, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { messageOf } from '../errors.ts';
import type { FreedBuffers, MemoryReading, PlaceReading, SocketBuffers } from './limits.ts';
import { textOrNull } from './read-text.ts';

export function readSocketBuffers(): SocketBuffers {
  return {
    receive: numberOrNull(textOrNull('/proc/sys/net/core/rmem_max')),
    send: numberOrNull(textOrNull('/proc/sys/net/core/wmem_max')),
  };
}

export function readFreedBuffers(): FreedBuffers {
  const deferMax = numberOrNull(textOrNull('/proc/sys/net/core/skb_defer_max'));
  // CPUID tells it; other processors than x86 do not say.
  const isVirtual = /^flags\s*:.*\bhypervisor\b/m.test(textOrNull('/proc/cpuinfo') ?? '');
  return { deferMax, kernel: release(), isVirtual };
}

/** Node raises its own soft limit to the hard one when it starts, and what it spawns inherits that. */
export function readDescriptors(): number | null {
  return descriptorsOf(textOrNull('/proc/self/limits') ?? '');
}

/** @param text of `/proc/<pid>/limits`, proc(5) */
export function descriptorsOf(text: string): number | null {
  const soft = /^Max open files\s+(\S+)/m.exec(text)?.[1];
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : numberOrNull(soft ?? null);
}

export function readMemory(): MemoryReading {
  const totalBytes = totalmem();
  const available = /^MemAvailable:\s*(\d+) kB$/m.exec(textOrNull('/proc/meminfo') ?? '')?.[1];
  const availableBytes = available === undefined ? freemem() : Number(available) * 1024;
  // What a container may use, cgroup v2; "max" is no number and no limit.
  const limit = numberOrNull(textOrNull('/sys/fs/cgroup/memory.max'));
  if (limit === null || limit >= totalBytes) return { totalBytes, availableBytes, limited: false };
  const used = numberOrNull(textOrNull('/sys/fs/cgroup/memory.current')) ?? 0;
  return { totalBytes: limit, availableBytes: Math.min(availableBytes, limit - used), limited: true };
}

/** Size of `/dev/shm`; null where there is none. */
export function readSharedMemory(): number | null {
  try {
    const { blocks, bsize } = statfsSync('/dev/shm');
    return blocks * bsize;
  } catch {
    return null;
  }
}

export function readTemporary(): PlaceReading {
  return readPlace(tmpdir(), tmpdir());
}

/** Where runs are stored: a run makes that folder, so what will hold it counts. */
export function readRuns(path: string): PlaceReading {
  return readPlace(path, nearestFolder(path));
}

function readPlace(path: string, folder: string): PlaceReading {
  return { path, freeBytes: freeBytes(folder), whyNotWritable: whyNotWritable(folder) };
}

function nearestFolder(path: string): string {
  for (let folder = path; ; folder = dirname(folder)) {
    if (statSync(folder, { throwIfNoEntry: false }) !== undefined || folder === dirname(folder))
      return folder;
  }
}

function freeBytes(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

function whyNotWritable(folder: string): string | null {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    // A full or broken file system shows only when something is made.
    rmSync(mkdtempSync(join(folder, '.sfubench-doctor-')), { recursive: true });
    return null;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

function numberOrNull(text: string | null): number | null {
  const value = Number(text ?? Number.NaN);
  return Number.isNaN(value) || text?.trim() === '' ? null : value;
}
