/**
 * What the collector costs the worker under test: the cost of one statistics call, by asking for many, times the calls
 * that the collector makes in a second, over the worker's CPU with about 20 consumers.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkerReading } from '../../harness/targets/control.ts';
import { eventOf, startCli, workspace } from '../support/cli.ts';
import { readings, startNode, testToken } from '../support/running-node.ts';

const spanMs = 5_000;
/** As `streams=rotate` does: this many streams a second, and the worker's own usage. */
const rotated = 10;

function cpuMs(worker: WorkerReading | undefined): number {
  return (worker?.userCpuMsTotal ?? Number.NaN) + (worker?.systemCpuMsTotal ?? Number.NaN);
}

export const bench = {
  title: 'the collector’s cost on the worker (one room of four Chrome bots, 24 consumers)',
  rows: async () => {
    const place = workspace();
    const node = await startNode({ cpus: '0' });
    try {
      const tokenFile = join(place.folder, 'token');
      writeFileSync(tokenFile, testToken);
      const scenario = place.scenario(`export const options = {
        media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
        scenarios: { crowd: { executor: 'staircase', bot: 'chrome', rooms: { size: 4 }, levels: [4], settle: '12s', hold: '25s' } } };`);
      const directory = place.run();
      const run = startCli([
        ...[
          'run',
          scenario,
          '--dir',
          directory,
          '--target',
          node.ready.signalingUrl,
          '--cores-generator',
          '1',
        ],
        ...['--control', node.ready.controlUrl ?? '', '--token-file', tokenFile],
      ]);
      await eventOf(directory, (line) => line.event === 'phase' && line.phase === 'hold', 60_000);
      /** CPU in milliseconds and stream statistics read, over the span. */
      const measure = async (
        sweeps: number,
      ): Promise<{ cpuMs: number; streams: number; consumers: number }> => {
        const [before] = (await readings(node)).workers;
        const startedMs = performance.now();
        let streams = 0;
        for (let sweep = 0; sweep < sweeps; sweep += 1) {
          streams += (await readings(node, 'all')).streams.length;
          const dueMs = startedMs + ((sweep + 1) * spanMs) / sweeps;
          await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
        }
        await new Promise((resolve) =>
          setTimeout(resolve, Math.max(0, startedMs + spanMs - performance.now())),
        );
        const [after] = (await readings(node)).workers;
        return { cpuMs: cpuMs(after) - cpuMs(before), streams, consumers: after?.consumers ?? 0 };
      };
      const quiet = [await measure(0)];
      const asked = await measure(100);
      quiet.push(await measure(0));
      await run.finished;
      const quietMs = quiet.reduce((sum, span) => sum + span.cpuMs, 0) / quiet.length;
      const usPerCall = ((asked.cpuMs - quietMs) / asked.streams) * 1000;
      const share = ((rotated + 1) * usPerCall) / 1000 / (quietMs / (spanMs / 1000));
      return [
        ['consumers', 'worker CPU', 'calls made', 'µs per call', 'calls/s', 'share of worker CPU'],
        [
          String(asked.consumers),
          `${((quietMs / spanMs) * 100).toFixed(2)} %`,
          String(asked.streams),
          usPerCall.toFixed(1),
          String(rotated + 1),
          `${(share * 100).toFixed(2)} %`,
        ],
      ];
    } finally {
      await node.close();
      place.close();
    }
  },
};
