/** Worker CPU, memory, preemption and loop lag, from the cumulative counters of two readings. */
import { cpuMsTotal } from '../../reports/analysis/sweep.ts';
import type { MetricValues } from '../metrics.ts';
import type { NodeReadings, WorkerReading } from '../targets/control.ts';

/** Samples of one reading, by entity; `previous` is the reading before it, or null. */
export function workerValues(
  readings: NodeReadings,
  previous: NodeReadings | null,
): ReadonlyMap<string, MetricValues> {
  const values = new Map<string, MetricValues>();
  for (const worker of readings.workers) {
    const before = previous?.workers.find(
      (other) => other.index === worker.index && other.pid === worker.pid,
    );
    values.set(`worker:${worker.index}`, {
      worker_cpu_cores: before === undefined ? null : cpuCores(before, worker),
      worker_rss_bytes: worker.rssBytes,
      worker_loop_lag_ms: worker.loopLagMs,
      worker_runqueue_ratio: before === undefined ? null : runqueueRatio(before, worker),
      worker_core_work_us: worker.coreWorkUs ?? null,
      worker_preempted_total: worker.involuntarySwitchesTotal,
      rooms: worker.rooms,
      peers: worker.peers,
      transports: worker.transports,
      producers: worker.producers,
      consumers: worker.consumers,
    });
  }
  values.set('node', { workers: readings.workers.filter((worker) => worker.alive).length });
  return values;
}

function cpuCores(before: WorkerReading, after: WorkerReading): number | null {
  const cpuMs = cpuMsTotal(after);
  const cpuMsBefore = cpuMsTotal(before);
  if (cpuMs === null || cpuMsBefore === null || after.atMs <= before.atMs) return null;
  return (cpuMs - cpuMsBefore) / (after.atMs - before.atMs);
}

function runqueueRatio(before: WorkerReading, after: WorkerReading): number | null {
  const [waitedMs, waitedMsBefore] = [after.runqueueMsTotal ?? null, before.runqueueMsTotal ?? null];
  if (waitedMs === null || waitedMsBefore === null || after.atMs <= before.atMs) return null;
  return (waitedMs - waitedMsBefore) / (after.atMs - before.atMs);
}
