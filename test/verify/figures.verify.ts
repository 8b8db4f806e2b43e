/** Longer proofs: what the run says of the worker against what the kernel says. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { readRun } from '../../harness/store.ts';
import { eventOf, processesOf, startCli, workspace } from '../support/cli.ts';

const place = workspace();
after(() => place.close());

/** CPU time of all threads in seconds: the first field of schedstat is nanoseconds on a CPU. */
function cpuSeconds(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const schedstat = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8');
    return sum + Number(schedstat.split(' ')[0]) / 1e9;
  }, 0);
}

function seconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

describe('figures of a run', () => {
  it('agree with the kernel: worker_cpu_cores within 3 % of schedstat over 40 s; packets within 0.5 %', async (context) => {
    const directory = place.run();
    const scenario = place.scenario(`export const options = {
      media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
      scenarios: { crowd: { executor: 'staircase', bot: 'chrome', rooms: { size: 2 }, levels: [4], settle: '12s', hold: '40s' } },
    };`);
    const command = startCli(['run', scenario, '--dir', directory]);
    await eventOf(directory, (line) => line.event === 'phase' && line.phase === 'hold', 60_000);
    const { pid } = processesOf(command).worker;
    const [cpuBefore, before] = [cpuSeconds(pid), seconds()];
    await new Promise((resolve) => setTimeout(resolve, 38_000));
    const kernelCores = (cpuSeconds(pid) - cpuBefore) / (seconds() - before);
    const finished = await command.finished;
    assert.equal(finished.code, 0, finished.stderr);
    const { record } = readRun(directory);
    const ours = record.trials[0]?.figures.workerCpuCores ?? Number.NaN;
    context.diagnostic(
      `worker_cpu_cores ${ours.toFixed(5)}, schedstat ${kernelCores.toFixed(5)}: ratio ${(ours / kernelCores).toFixed(4)}`,
    );
    assert.ok(Math.abs(ours / kernelCores - 1) <= 0.03, `${ours} against ${kernelCores}`);
    const { accounting } = record;
    context.diagnostic(JSON.stringify(accounting));
    assert.ok(accounting !== null && accounting.sentBySfu > 10_000);
    assert.ok(Math.abs(accounting.mismatchRatio ?? 1) <= 0.005);
  });
});
