/**
 * What synthetic bots cost, as a ratio within one run: the generator's CPU per packet it receives over the worker's
 * CPU per packet it forwards. The worker has a core of its own, the generator another one. Also what a bot weighs in
 * memory, as a slope, and how fast bots join. Names of rows to run may be given in SFUBENCH_BENCH.
 */
import { readRun, type StoredRun } from '../../harness/store.ts';
import { percentileOf } from '../../reports/analysis/histogram.ts';
import { startCli, workspace } from '../support/cli.ts';

const small = { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 };
const medium = { width: 640, height: 360, fps: 30, maxBitrateBps: 500_000 };
const large = { width: 1280, height: 720, fps: 30, maxBitrateBps: 1_500_000 };

interface Load {
  readonly name: string;
  readonly video: typeof small;
  readonly publishers: number;
  readonly viewers: number;
}

const loads: readonly Load[] = [
  { name: '1 stream', video: medium, publishers: 1, viewers: 50 },
  { name: '1 stream', video: medium, publishers: 1, viewers: 250 },
  { name: '1 stream', video: large, publishers: 1, viewers: 150 },
  { name: '1 stream', video: large, publishers: 1, viewers: 200 },
  { name: '5 streams', video: medium, publishers: 5, viewers: 80 },
  { name: '5 streams', video: large, publishers: 5, viewers: 30 },
  { name: '5 streams', video: large, publishers: 5, viewers: 50 },
  { name: '5 streams', video: large, publishers: 5, viewers: 80 },
];

function scenarioOf({ video, publishers, viewers }: Load): string {
  // Publishers receive nothing: what they would is no part of the ratio.
  return `export const options = { media: { audio: false, video: ${JSON.stringify(video)} }, scenarios: {
    stage: { executor: 'staircase', bot: 'synthetic', consume: 'none', rooms: { size: ${publishers} },
      levels: [${publishers}], settle: '8s', hold: '10s', joinRate: 100 },
    seats: { executor: 'constant-vus', bot: 'synthetic', vus: ${viewers}, joins: 'stage', joinRate: 100 } } };`;
}

async function run(place: ReturnType<typeof workspace>, text: string): Promise<StoredRun> {
  const directory = place.run();
  const scenario = place.scenario(text);
  let finished = await startCli(['run', scenario, '--dir', directory]).finished;
  // The cores may be another run's for a while.
  for (let attempt = 0; attempt < 30 && /is in use by another run/.test(finished.stderr); attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5000));
    finished = await startCli(['run', scenario, '--dir', directory]).finished;
  }
  const stored = readRun(directory);
  if (stored.record.trials.length === 0) throw new Error(finished.stderr);
  return stored;
}

async function costRow(place: ReturnType<typeof workspace>, load: Load): Promise<string[]> {
  const { record } = await run(place, scenarioOf(load));
  const figures = record.trials.at(-1)?.figures;
  const packets = figures?.packetsOutPerSecond ?? Number.NaN;
  const [generator, worker] = [
    figures?.generatorCpuCores ?? Number.NaN,
    figures?.workerCpuCores ?? Number.NaN,
  ];
  const { accounting } = record;
  return [
    load.name,
    `${load.video.height}p`,
    String(load.viewers),
    packets.toFixed(0),
    `${(worker * 100).toFixed(0)} %`,
    `${(generator * 100).toFixed(0)} %`,
    ((worker / packets) * 1e6).toFixed(1),
    ((generator / packets) * 1e6).toFixed(2),
    (generator / worker).toFixed(2),
    `${((figures?.lossRatio ?? Number.NaN) * 100).toFixed(2)} %`,
    accounting === null
      ? '?'
      : String(accounting.receivedByBots + accounting.lostByBots - accounting.sentBySfu),
    record.trials.at(-1)?.state ?? '?',
  ];
}

/** Rooms of 100 with one publisher each. */
function broadcast(levels: readonly number[]): string {
  return `export const options = { media: { audio: false, video: ${JSON.stringify(small)} }, scenarios: {
    seats: { executor: 'staircase', bot: 'synthetic', rooms: { size: 100, publishers: 1 },
      levels: ${JSON.stringify(levels)}, settle: '5s', hold: '8s', joinRate: 100 } } };`;
}

function row(...cells: readonly string[]): string[] {
  return Array.from({ length: 12 }, (_, column) => cells[column] ?? '');
}

/** At 1,000 bots the worker is saturated by their feedback: what counts here is the generator's memory. */
async function memoryRow(place: ReturnType<typeof workspace>): Promise<string[]> {
  const { record } = await run(place, broadcast([200, 1000]));
  const [few, many] = record.trials.map(({ figures }) => figures.generatorRssBytes ?? Number.NaN);
  const slope = ((many ?? Number.NaN) - (few ?? Number.NaN)) / 800 / 1024;
  return row('memory, 200 to 1,000 bots', `${slope.toFixed(0)} KiB per bot`);
}

async function joinRow(place: ReturnType<typeof workspace>): Promise<string[]> {
  const { record, events } = await run(place, broadcast([300]));
  const figures = record.trials.at(-1)?.figures;
  const joined = events.filter(({ event }) => event === 'joined').length;
  const failed = events.filter(({ event }) => event === 'join-failed').length;
  const media = events.flatMap((line) => (line.event === 'first-media' ? [line.firstMediaMs] : []));
  return row(
    '300 joins, 100/s',
    `${joined} joined`,
    `${failed} failed`,
    `join p95 ${figures?.joinP95Ms?.toFixed(0)} ms`,
    `media p95 ${percentileOf(media, 95)?.toFixed(0)} ms`,
    `worker ${((figures?.workerCpuCores ?? Number.NaN) * 100).toFixed(0)} %`,
  );
}

export const bench = {
  title:
    'Synthetic bots that receive video (sampled verification, RR, NACK and transport-cc; one run each, sockets polled every 20 ms)',
  rows: async () => {
    const place = workspace();
    const head =
      'streams per transport|video|viewers|packets/s|worker|generator|worker µs|generator µs|ratio|loss|missing|trial';
    const rows: string[][] = [head.split('|')];
    const wanted = process.env['SFUBENCH_BENCH'];
    try {
      for (const load of loads) {
        if (wanted === undefined || load.name.includes(wanted)) rows.push(await costRow(place, load));
      }
      if (wanted === undefined || wanted === 'size') rows.push(await joinRow(place), await memoryRow(place));
      return rows;
    } finally {
      place.close();
    }
  },
};
