/**
 * How fast receive-only bots join, and what they weigh. The worker has a core of its own, the bots another one. An
 * embedded node answers its signalling on the bots' core; one elsewhere, on the worker's. The first to join find bots
 * and node whose code was never run, and compiling it takes from both cores: those who come after them are timed as well.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allowedCores, divideCores } from '../../harness/cores.ts';
import type { StoredRun } from '../../harness/store.ts';
import { percentileOf } from '../../reports/analysis/histogram.ts';
import { cliEntry, startCommand, workspace } from '../support/cli.ts';
import { measuredRun } from '../support/measured-run.ts';
import { testToken } from '../support/running-node.ts';
import { median, percent } from '../support/statistics.ts';

type Place = ReturnType<typeof workspace>;

const video = { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 };
const rounds = Number(process.env['SFUBENCH_BENCH_ROUNDS'] ?? 3);
/** Few enough that they leave the worker below half of its core once all are in. */
const joins = 200;

/** Rooms of 100 with one publisher each. */
function broadcast(
  levels: readonly number[],
  audio: boolean,
  startTimes: Readonly<Record<string, string>>,
): string {
  const groups = Object.entries(startTimes).map(
    ([group, startTime]) => `${group}: { executor: 'staircase', bot: 'synthetic', startTime: '${startTime}',
      rooms: { size: 100, publishers: 1 }, levels: ${JSON.stringify(levels)}, settle: '5s', hold: '8s', joinRate: 100 }`,
  );
  return `export const options = { media: { audio: ${audio}, video: ${JSON.stringify(video)} },
    scenarios: { ${groups.join(', ')} } };`;
}

/** The second wave comes when the first one has left. */
const waves = { first: '0s', second: '30s' } as const;
type Wave = keyof typeof waves;
const storm = broadcast([joins], true, waves);

/** Against a node on the worker's core, so that the bots have the other one to themselves. */
async function elsewhere(place: Place): Promise<StoredRun> {
  const wishes = { workers: 1, embedded: true, sfu: null, generator: null };
  const { sfu, generator } = divideCores(allowedCores(), wishes);
  const worker = sfu?.[0] ?? 0;
  const tokenFile = join(place.folder, 'token');
  writeFileSync(tokenFile, testToken, { mode: 0o600 });
  const words = [process.execPath, cliEntry, 'node', '--cpus', String(worker), '--token-file', tokenFile];
  const node = startCommand(['taskset', '-c', String(worker), ...words], {});
  try {
    const ready = JSON.parse(await node.firstLine) as { signalingUrl: string; controlUrl: string };
    const args = ['--target', ready.signalingUrl, '--control', ready.controlUrl, '--token-file', tokenFile];
    return await measuredRun(place, storm, { args, core: generator?.[0] ?? 0 });
  } finally {
    node.kill('SIGINT');
    await node.finished;
  }
}

function embedded(place: Place): Promise<StoredRun> {
  return measuredRun(place, storm);
}

interface Joined {
  readonly joined: number;
  readonly failed: number;
  readonly joinP95Ms: number;
  /** Of any kind: audio, which needs no key frame, as a rule. */
  readonly mediaP95Ms: number;
  /** What a publisher sends a key frame for every 300 ms at most, as Chrome does. */
  readonly frameP95Ms: number;
  readonly workerCores: number;
}

function joinedIn({ record, events }: StoredRun, wave: Wave): Joined {
  const trial = record.trials.find(({ group }) => group === wave);
  if (trial === undefined) throw new Error(`the ${wave} wave was not measured`);
  const { figures } = trial;
  const own = events.filter((line) => 'group' in line && line.group === wave);
  const media = own.flatMap((line) => (line.event === 'first-media' ? [line.firstMediaMs] : []));
  return {
    joined: own.filter(({ event }) => event === 'joined').length,
    failed: own.filter(({ event }) => event === 'join-failed').length,
    joinP95Ms: figures.joinP95Ms ?? Number.NaN,
    mediaP95Ms: percentileOf(media, 95) ?? Number.NaN,
    frameP95Ms: figures.firstFrameP95Ms ?? Number.NaN,
    workerCores: figures.workerCpuCores ?? Number.NaN,
  };
}

function joinRow(node: string, wave: Wave, stored: readonly StoredRun[]): string[] {
  const runs = stored.map((run) => joinedIn(run, wave));
  const of = (value: (run: Joined) => number, unit: string): string => {
    const values = runs.map(value);
    const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)];
    return `${middle.toFixed(0)} ${unit} (${low.toFixed(0)}–${high.toFixed(0)})`;
  };
  return [
    `${joins} joins, 100/s, node ${node}, ${wave} wave`,
    runs.map(({ joined, failed }) => `${joined}+${failed}`).join(' '),
    of(({ joinP95Ms }) => joinP95Ms, 'ms'),
    of(({ mediaP95Ms }) => mediaP95Ms, 'ms'),
    of(({ frameP95Ms }) => frameP95Ms, 'ms'),
    percent(median(runs.map(({ workerCores }) => workerCores))),
  ];
}

/** At 1,000 bots the worker is saturated by their feedback: what counts here is the generator's memory. */
async function memoryRow(place: Place): Promise<string[]> {
  const { record } = await measuredRun(place, broadcast([200, 1000], false, { seats: '0s' }));
  const [few, many] = record.trials.map(({ figures }) => figures.generatorRssBytes ?? Number.NaN);
  const slope = ((many ?? Number.NaN) - (few ?? Number.NaN)) / 800 / 1024;
  return ['memory, 200 to 1,000 bots', `${slope.toFixed(0)} KiB per bot`, '', '', '', ''];
}

export const bench = {
  title: `Receive-only synthetic bots: p95 from the instant that a join was due until it was done, until first media and until the first frame that could be shown, and memory (medians of ${rounds} runs)`,
  rows: async () => {
    const place = workspace();
    const runs: { elsewhere: StoredRun[]; embedded: StoredRun[] } = { elsewhere: [], embedded: [] };
    try {
      for (let round = 0; round < rounds; round += 1) {
        runs.elsewhere.push(await elsewhere(place));
        runs.embedded.push(await embedded(place));
      }
      const rowsOf = (node: string, stored: readonly StoredRun[]): string[][] =>
        (['first', 'second'] as const).map((wave) => joinRow(node, wave, stored));
      return [
        ['', 'joined+failed', 'join p95', 'first media p95', 'first frame p95', 'worker'],
        ...rowsOf('on the worker’s core', runs.elsewhere),
        ...rowsOf('on the bots’ core', runs.embedded),
        await memoryRow(place),
      ];
    } finally {
      place.close();
    }
  },
};
