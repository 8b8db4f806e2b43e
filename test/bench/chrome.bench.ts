/** What a Chrome bot costs the generator, by the size of its video: CPU and memory of all its processes, per bot. */
import { readRun } from '../../harness/store.ts';
import { startCli, workspace } from '../support/cli.ts';

interface Profile {
  readonly name: string;
  readonly video: string;
  readonly rooms: number;
  readonly peers: number;
}

const small = '{ width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 }';
const medium = '{ width: 640, height: 360, fps: 30, maxBitrateBps: 500_000 }';
const large = '{ width: 1280, height: 720, fps: 30, maxBitrateBps: 1_500_000 }';

const profiles: readonly Profile[] = [
  { name: 'audio only', video: 'false', rooms: 2, peers: 4 },
  { name: '320×180@15', video: small, rooms: 2, peers: 4 },
  { name: '320×180@15', video: small, rooms: 4, peers: 4 },
  { name: '640×360@30', video: medium, rooms: 2, peers: 2 },
  { name: '640×360@30', video: medium, rooms: 3, peers: 3 },
  { name: '1280×720@30', video: large, rooms: 2, peers: 2 },
];

export const bench = {
  title: 'Chrome per bot (one run each, after 12 s; the generator on one core)',
  rows: async () => {
    const place = workspace();
    const rows: string[][] = [['video', 'room of', 'cores', 'MiB', '× worker CPU', 'trial']];
    try {
      for (const { name, video, rooms, peers } of profiles) {
        const scenario =
          place.scenario(`export const options = { media: { audio: true, video: ${video} }, scenarios: {
          crowd: { executor: 'staircase', bot: 'chrome', rooms: { size: ${rooms} }, levels: [${peers}], settle: '12s', hold: '15s' } } };`);
        const directory = place.run();
        const finished = await startCli(['run', scenario, '--dir', directory]).finished;
        const [trial] = readRun(directory).record.trials;
        if (trial === undefined) throw new Error(finished.stderr);
        const { generatorCpuCores, generatorRssBytes, workerCpuCores } = trial.figures;
        rows.push([
          name,
          String(rooms),
          ((generatorCpuCores ?? Number.NaN) / peers).toFixed(3),
          ((generatorRssBytes ?? Number.NaN) / peers / 2 ** 20).toFixed(0),
          ((generatorCpuCores ?? Number.NaN) / (workerCpuCores ?? Number.NaN)).toFixed(1),
          trial.state,
        ]);
      }
      return rows;
    } finally {
      place.close();
    }
  },
};
