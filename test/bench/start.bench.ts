/** How long a user waits: from the command to the browser launched, to the first join, to the first media. */
import { type EventLine } from '../../harness/record.ts';
import { readRun } from '../../harness/store.ts';
import { percentileOf } from '../../reports/analysis/histogram.ts';
import { startCli, workspace } from '../support/cli.ts';
import { marked } from '../support/processes.ts';

const runs = 5;

interface Start {
  readonly browserMs: number;
  readonly joinMs: number;
  readonly mediaMs: number;
}

async function start(scenario: string, directory: string): Promise<Start> {
  const before = performance.now();
  const command = startCli(['run', scenario, '--dir', directory]);
  let browserMs = Number.NaN;
  while (Number.isNaN(browserMs) && performance.now() - before < 30_000) {
    if (marked(command.mark).some((process) => process.command.includes('--remote-debugging-pipe'))) {
      browserMs = performance.now() - before;
    } else await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const finished = await command.finished;
  if (finished.code !== 0) throw new Error(finished.stderr);
  const { record, events } = readRun(directory);
  // Events count from the start of the run, which is later than the command by the time that Node and the plan took.
  const wholeMs = performance.now() - before;
  const early = wholeMs - (record.durationMs ?? 0);
  const at = (name: EventLine['event']): number =>
    (events.find((line) => line.event === name)?.t ?? Number.NaN) + early;
  return { browserMs, joinMs: at('joined'), mediaMs: at('first-media') };
}

function row(name: string, valuesMs: readonly number[]): string[] {
  const ranks = [50, 0, 100].map((percent) => percentileOf(valuesMs, percent) ?? Number.NaN);
  return [name, ...ranks.map((valueMs) => (valueMs / 1000).toFixed(2))];
}

export const bench = {
  title: `seconds from the command (median and range of ${runs} runs)`,
  rows: async () => {
    const place = workspace();
    try {
      const scenario = place.scenario(`export const options = {
        media: { audio: true, video: { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 } },
        scenarios: { pair: { executor: 'staircase', bot: 'chrome', rooms: { size: 2 }, levels: [2], settle: '1s', hold: '1s' } },
      };`);
      const starts: Start[] = [];
      for (let run = 0; run < runs; run += 1) starts.push(await start(scenario, place.run()));
      return [
        ['to', 'median', 'least', 'most'],
        row(
          'browser launched',
          starts.map(({ browserMs }) => browserMs),
        ),
        row(
          'first bot joined',
          starts.map(({ joinMs }) => joinMs),
        ),
        row(
          'first media received',
          starts.map(({ mediaMs }) => mediaMs),
        ),
      ];
    } finally {
      place.close();
    }
  },
};
