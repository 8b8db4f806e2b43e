/**
 * What synthetic bots cost, as a ratio within one run: the generator's CPU per packet it receives over the worker's
 * CPU per packet it forwards. The worker has a core of its own, the generator another one. Also what a bot weighs in
 * memory, as a slope, and how fast bots join. SFUBENCH_BENCH chooses rows: 'size', or such as '5 sampled linux'.
 */
import { allowedCores, divideCores } from '../../harness/cores.ts';
import { readFreedBuffers } from '../../harness/doctor/read-limits.ts';
import type { RunRecord } from '../../harness/record.ts';
import { readRun, type StoredRun } from '../../harness/store.ts';
import { percentileOf } from '../../reports/analysis/histogram.ts';
import { startCli, workspace } from '../support/cli.ts';
import { CoreWatch } from '../support/core-watch.ts';

const small = { width: 320, height: 180, fps: 15, maxBitrateBps: 150_000 };
const large = { width: 1280, height: 720, fps: 30, maxBitrateBps: 1_500_000 };

/** Runs of each load, in turn, so that what the machine does meanwhile meets all of them. */
const rounds = Number(process.env['SFUBENCH_BENCH_ROUNDS'] ?? 3);

/** Until V8 has compiled what runs per packet: that is paid once, and no part of a packet's cost. */
const settleSeconds = 16;

interface Load {
  readonly publishers: number;
  readonly viewers: number;
  readonly verify: 'all' | 'sampled' | 'none';
  readonly udp?: 'portable';
}

/** Each publishes 174 packets a second. */
const loads: readonly Load[] = [
  { publishers: 1, viewers: 160, verify: 'sampled' },
  { publishers: 1, viewers: 160, verify: 'all' },
  { publishers: 1, viewers: 160, verify: 'all', udp: 'portable' },
  { publishers: 5, viewers: 32, verify: 'sampled' },
  { publishers: 5, viewers: 32, verify: 'all' },
  { publishers: 5, viewers: 32, verify: 'all', udp: 'portable' },
  { publishers: 5, viewers: 50, verify: 'sampled' },
  { publishers: 5, viewers: 70, verify: 'sampled' },
  { publishers: 5, viewers: 90, verify: 'sampled' },
];

function scenarioOf({ publishers, viewers, verify }: Load): string {
  // Publishers receive nothing: what they would is no part of the ratio.
  return `export const options = { media: { audio: false, video: ${JSON.stringify(large)} }, synthetic: { verify: '${verify}' }, scenarios: {
    stage: { executor: 'staircase', bot: 'synthetic', consume: 'none', rooms: { size: ${publishers} },
      levels: [${publishers}], settle: '${settleSeconds}s', hold: '10s', joinRate: 100 },
    seats: { executor: 'constant-vus', bot: 'synthetic', vus: ${viewers}, joins: 'stage', joinRate: 100 } } };`;
}

async function run(
  place: ReturnType<typeof workspace>,
  text: string,
  env: Readonly<Record<string, string>> = {},
): Promise<StoredRun> {
  const directory = place.run();
  const args = ['run', place.scenario(text), '--dir', directory];
  let finished = await startCli(args, env).finished;
  // The cores may be another run's for a while.
  for (let attempt = 0; attempt < 30 && /is in use by another run/.test(finished.stderr); attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5000));
    finished = await startCli(args, env).finished;
  }
  const stored = readRun(directory);
  if (stored.record.trials.length === 0) throw new Error(finished.stderr);
  return stored;
}

interface Cost {
  readonly packetsPerSecond: number;
  readonly workerCores: number;
  readonly generatorCores: number;
  readonly lossRatio: number;
  /** Received and lost beyond what was sent; to the packet. */
  readonly unaccounted: number;
  readonly state: string;
  /** Of the worker's core at its slowest, of its best in the run. */
  readonly workerSpeed: number;
  /** Of the generator's over the hold, of its best in the bench. */
  readonly generatorSpeed: number;
}

/** While the cost was taken. */
function speedInHold(watch: CoreWatch, { endedAt, durationMs, trials }: RunRecord): number {
  const hold = trials.at(-1)?.phases.find(({ phase }) => phase === 'hold');
  if (hold === undefined || endedAt === null || durationMs === null) return Number.NaN;
  const beganMs = Date.parse(endedAt) - durationMs;
  return watch.speed(beganMs + hold.startMs, beganMs + hold.endMs);
}

async function costOf(place: ReturnType<typeof workspace>, load: Load, watch: CoreWatch): Promise<Cost> {
  const { record } = await run(
    place,
    scenarioOf(load),
    load.udp === undefined ? {} : { SFUBENCH_UDP: load.udp },
  );
  const trial = record.trials.at(-1);
  const { accounting } = record;
  return {
    packetsPerSecond: trial?.figures.packetsOutPerSecond ?? Number.NaN,
    workerCores: trial?.figures.workerCpuCores ?? Number.NaN,
    generatorCores: trial?.figures.generatorCpuCores ?? Number.NaN,
    lossRatio: trial?.figures.lossRatio ?? Number.NaN,
    unaccounted:
      accounting === null
        ? Number.NaN
        : accounting.receivedByBots + accounting.lostByBots - accounting.sentBySfu,
    state: trial?.state ?? '?',
    workerSpeed: trial?.figures.workerCoreSpeed ?? Number.NaN,
    generatorSpeed: speedInHold(watch, record),
  };
}

/** What decides who frees the buffers of received packets, and is told by interrupts: see `sfubench doctor`. */
function deferMax(): string {
  return String(readFreedBuffers().deferMax ?? 'not shown');
}

function median(values: readonly number[]): number {
  return percentileOf(values, 50) ?? Number.NaN;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function costRow(load: Load, costs: readonly Cost[]): string[] {
  const of = (value: (cost: Cost) => number): number => median(costs.map(value));
  const ratios = costs.map(({ workerCores, generatorCores }) => generatorCores / workerCores);
  return [
    String(load.publishers),
    String(load.viewers),
    load.verify,
    load.udp ?? 'linux',
    of((cost) => cost.packetsPerSecond).toFixed(0),
    percent(of((cost) => cost.workerCores)),
    percent(of((cost) => cost.generatorCores)),
    of((cost) => (cost.workerCores / cost.packetsPerSecond) * 1e6).toFixed(1),
    of((cost) => (cost.generatorCores / cost.packetsPerSecond) * 1e6).toFixed(2),
    `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
    `${(of((cost) => cost.lossRatio) * 100).toFixed(2)} %`,
    costs.map(({ unaccounted }) => unaccounted).join(' '),
    costs.map(({ state }) => state).join(' '),
    costs
      .map(({ workerSpeed, generatorSpeed }) => `${percent(workerSpeed)} ${percent(generatorSpeed)}`)
      .join(', '),
  ];
}

/** Rooms of 100 with one publisher each. */
function broadcast(levels: readonly number[]): string {
  return `export const options = { media: { audio: false, video: ${JSON.stringify(small)} }, scenarios: {
    seats: { executor: 'staircase', bot: 'synthetic', rooms: { size: 100, publishers: 1 },
      levels: ${JSON.stringify(levels)}, settle: '5s', hold: '8s', joinRate: 100 } } };`;
}

function row(...cells: readonly string[]): string[] {
  return Array.from({ length: 14 }, (_, column) => cells[column] ?? '');
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
    `worker ${percent(figures?.workerCpuCores ?? Number.NaN)}`,
  );
}

export const bench = {
  title: `Synthetic bots that receive 720p video: the generator's CPU per received packet over the worker's per forwarded one (RR, NACK, transport-cc on; ${rounds} runs each, medians; net.core.skb_defer_max ${deferMax()})`,
  rows: async () => {
    const place = workspace();
    const wishes = { workers: 1, embedded: true, sfu: null, generator: null };
    const watch = new CoreWatch(divideCores(allowedCores(), wishes).generator ?? []);
    const head =
      'streams|viewers|verify|udp|packets/s|worker|generator|worker µs|generator µs|ratio|loss|unaccounted|trials|worker and generator core speed';
    const rows: string[][] = [head.split('|')];
    const wanted = process.env['SFUBENCH_BENCH'];
    const chosen = loads.filter(
      ({ publishers, verify, udp = 'linux' }) => wanted?.includes(`${publishers} ${verify} ${udp}`) ?? true,
    );
    const costs = chosen.map((): Cost[] => []);
    try {
      for (let round = 0; round < rounds; round += 1) {
        for (const [index, load] of chosen.entries()) costs[index]?.push(await costOf(place, load, watch));
      }
      rows.push(...chosen.map((load, index) => costRow(load, costs[index] ?? [])));
      if (wanted === undefined || wanted === 'size') rows.push(await joinRow(place), await memoryRow(place));
      return rows;
    } finally {
      await watch.close();
      place.close();
    }
  },
};
