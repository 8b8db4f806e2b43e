/** Where a run stands, once a second: what the live line shows. */

import { merge } from '../reports/analysis/histogram.ts';
import { cpuMsTotal } from '../reports/analysis/sweep.ts';
import type { Now } from './collector.ts';
import type { EncodedHistogram } from './metrics.ts';
import type { PeerBook } from './peers.ts';
import type { Span } from './schedule.ts';

export interface Status {
  readonly phase: string;
  readonly level: number | null;
  readonly elapsedMs: number;
  /** As planned; a run that waits for joins may take longer. */
  readonly leftMs: number;
  readonly peers: number;
  readonly peersAsked: number;
  readonly consumers: number | null;
  readonly hottestWorkerCpuCores: number | null;
  /** Packets that the bots received in the last second. */
  readonly packetsPerSecond: number | null;
  readonly fps: number | null;
  readonly failures: number;
}

/** Keeps the last counters, so that each status has the rate since the one before. */
export class StatusBoard {
  #received: { readonly packets: number; readonly atMs: number } | null = null;

  read(now: Now, book: PeerBook, span: Span | null, elapsedMs: number, plannedMs: number): Status {
    return {
      phase: span?.segment.phase ?? 'start',
      level: span?.segment.level ?? null,
      elapsedMs,
      leftMs: Math.max(0, plannedMs - elapsedMs),
      peers: book.connected(),
      peersAsked: book.asked().length,
      consumers: now.node?.workers.reduce((sum, worker) => sum + worker.consumers, 0) ?? null,
      hottestWorkerCpuCores: hottestWorker(now),
      packetsPerSecond: this.#packetRate(now),
      fps: medianFps(now),
      failures: book.failed + book.crashed(),
    };
  }

  #packetRate(now: Now): number | null {
    if (now.groups.length === 0) return null;
    const packets = now.groups.reduce((sum, group) => sum + group.counters.receivedPacketsTotal, 0);
    const atMs = Math.max(...now.groups.map((group) => group.atMs));
    const before = this.#received;
    if (before !== null && atMs <= before.atMs) return null;
    this.#received = { packets, atMs };
    return before === null ? null : ((packets - before.packets) / (atMs - before.atMs)) * 1000;
  }
}

function medianFps(now: Now): number | null {
  const parts = now.groups.flatMap((group): EncodedHistogram[] =>
    group.trends.fps ? [group.trends.fps] : [],
  );
  return parts.length === 0 ? null : (merge(parts)?.percentile(50) ?? null);
}

function hottestWorker(now: Now): number | null {
  const shares = (now.node?.workers ?? []).flatMap((worker) => {
    const before = now.previousNode?.workers.find((other) => other.pid === worker.pid);
    const after = cpuMsTotal(worker);
    const cpuMs = before === undefined ? null : cpuMsTotal(before);
    if (before === undefined || after === null || cpuMs === null || worker.atMs <= before.atMs) return [];
    return [(after - cpuMs) / (worker.atMs - before.atMs)];
  });
  return shares.length === 0 ? null : Math.max(...shares);
}
