/** Longer proofs: what the run says of the worker against what the kernel says. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { readRun } from '../../harness/store.ts';
import { eventOf, processesOf, startCli, workspace } from '../support/cli.ts';

const place = workspace();
after(() => place.close());

interface Reading {
  readonly atMs: number;
  readonly cpuMs: number;
}

/** CPU time of all threads; the first field of schedstat is nanoseconds on a CPU. */
function cpuOf(pid: number): Reading {
  const cpuMs = readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const schedstat = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8');
    return sum + Number(schedstat.split(' ')[0]) / 1e6;
  }, 0);
  return { atMs: Date.now(), cpuMs };
}

/** Twenty times a second until the process is gone. */
async function watch(pid: number): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  try {
    for (;;) {
      readings.push(cpuOf(pid));
      await setTimeout(50);
    }
  } catch {
    return readings;
  }
}

/** CPU time at an instant between two readings. */
function cpuMsAt(readings: readonly Reading[], atMs: number): number {
  const next = readings.findIndex((reading) => reading.atMs > atMs);
  const [before, after] = [readings[next - 1], readings[next]];
  if (before === undefined || after === undefined) throw new Error(`nothing was read about ${atMs}`);
  const share = (atMs - before.atMs) / (after.atMs - before.atMs);
  return before.cpuMs + share * (after.cpuMs - before.cpuMs);
}

describe('figures of a run', () => {
  it('agree with the kernel: worker_cpu_cores within 1 % of schedstat over 40 s; packets within 0.5 %', async (context) => {
    const directory = place.run();
    const scenario = place.scenario(`export const options = {
      media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
      scenarios: { crowd: { executor: 'staircase', bot: 'chrome', rooms: { size: 2 }, levels: [4], settle: '12s', hold: '40s' } },
    };`);
    const command = startCli(['run', scenario, '--dir', directory]);
    await eventOf(directory, (line) => line.event === 'phase', 60_000);
    const watched = watch(processesOf(command).worker.pid);
    const finished = await command.finished;
    assert.equal(finished.code, 0, finished.stderr);
    const readings = await watched;
    const { record } = readRun(directory);
    const hold = record.trials[0]?.phases.find(({ phase }) => phase === 'hold');
    assert.ok(hold !== undefined && hold.endMs - hold.startMs > 39_000);
    const [from, to] = [hold.startMs, hold.endMs].map((ms) => Date.parse(record.startedAt) + ms);
    const kernelCores =
      (cpuMsAt(readings, to ?? 0) - cpuMsAt(readings, from ?? 0)) / (hold.endMs - hold.startMs);
    const ours = record.trials[0]?.figures.workerCpuCores ?? Number.NaN;
    context.diagnostic(
      `worker_cpu_cores ${ours.toFixed(5)}, schedstat ${kernelCores.toFixed(5)}: ratio ${(ours / kernelCores).toFixed(4)}`,
    );
    assert.ok(Math.abs(ours / kernelCores - 1) <= 0.01, `${ours} against ${kernelCores}`);
    const { accounting } = record;
    context.diagnostic(JSON.stringify(accounting));
    assert.ok(accounting !== null && accounting.sentBySfu > 10_000);
    assert.ok(Math.abs(accounting.mismatchRatio ?? 1) <= 0.005);
  });
});
