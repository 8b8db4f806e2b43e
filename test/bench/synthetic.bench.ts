/**
 * What synthetic bots cost, as a ratio within one run: the generator's CPU per packet it receives over the worker's
 * CPU per packet it forwards. The worker has a core of its own, the generator another one. SFUBENCH_BENCH chooses rows:
 * '5 sampled linux', and more such with commas between.
 */
import { allowedCores, divideCores } from '../../harness/cores.ts';
import { readFreedBuffers } from '../../harness/doctor/read-limits.ts';
import type { RunRecord } from '../../harness/record.ts';
import { workspace } from '../support/cli.ts';
import { CoreWatch } from '../support/core-watch.ts';
import { measuredRun } from '../support/measured-run.ts';
import { median, percent } from '../support/statistics.ts';

const large = { width: 1280, height: 720, fps: 30, maxBitrateBps: 1_500_000 };

/** Runs of each load that count, in turn, so that what the machine does meanwhile meets all of them. */
const rounds = Number(process.env['SFUBENCH_BENCH_ROUNDS'] ?? 3);

/** Of either core's best: below, a run is no comparison of the two, and another one is tried, as often again. */
const leastSpeed = 0.85;

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
  { publishers: 1, viewers: 220, verify: 'sampled' },
  { publishers: 1, viewers: 220, verify: 'all' },
  { publishers: 5, viewers: 50, verify: 'sampled' },
  { publishers: 5, viewers: 50, verify: 'all' },
  { publishers: 5, viewers: 90, verify: 'sampled' },
];

function scenarioOf({ publishers, viewers, verify }: Load): string {
  // Publishers receive nothing: what they would is no part of the ratio.
  return `export const options = { media: { audio: false, video: ${JSON.stringify(large)} }, synthetic: { verify: '${verify}' }, scenarios: {
    stage: { executor: 'staircase', bot: 'synthetic', consume: 'none', rooms: { size: ${publishers} },
      levels: [${publishers}], settle: '${settleSeconds}s', hold: '10s', joinRate: 100 },
    seats: { executor: 'constant-vus', bot: 'synthetic', vus: ${viewers}, joins: 'stage', joinRate: 100 } } };`;
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
  const env = load.udp === undefined ? {} : { SFUBENCH_UDP: load.udp };
  const { record } = await measuredRun(place, scenarioOf(load), { env });
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

function isFast({ workerSpeed, generatorSpeed }: Cost): boolean {
  return workerSpeed >= leastSpeed && generatorSpeed >= leastSpeed;
}

function costRow(load: Load, all: readonly Cost[]): string[] {
  const fast = all.filter(isFast);
  const costs = fast.length > 0 ? fast : all;
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
    `${fast.length} of ${all.length}`,
    costs
      .map(({ workerSpeed, generatorSpeed }) => `${percent(workerSpeed)} ${percent(generatorSpeed)}`)
      .join(', '),
  ];
}

export const bench = {
  title: `Synthetic bots that receive 720p video: the generator's CPU per received packet over the worker's per forwarded one (RR, NACK, transport-cc on; medians of up to ${rounds} runs in which both cores had ${percent(leastSpeed)} of their speed or more; net.core.skb_defer_max ${deferMax()})`,
  rows: async () => {
    const place = workspace();
    const wishes = { workers: 1, embedded: true, sfu: null, generator: null };
    const watch = new CoreWatch(divideCores(allowedCores(), wishes).generator ?? []);
    const head =
      'streams|viewers|verify|udp|packets/s|worker|generator|worker µs|generator µs|ratio|loss|unaccounted|trials|on fast cores|worker and generator core speed';
    const rows: string[][] = [head.split('|')];
    const wanted = process.env['SFUBENCH_BENCH'];
    const chosen = loads.filter(
      ({ publishers, verify, udp = 'linux' }) => wanted?.includes(`${publishers} ${verify} ${udp}`) ?? true,
    );
    const costs = chosen.map((): Cost[] => []);
    try {
      for (let round = 0; round < 2 * rounds; round += 1) {
        for (const [index, load] of chosen.entries()) {
          const had = costs[index] ?? [];
          if (had.filter(isFast).length >= rounds) continue;
          const cost = await costOf(place, load, watch);
          had.push(cost);
          // The table comes at the end, half an hour later on a machine whose cores are slowed.
          process.stderr.write(`round ${round + 1}: ${costRow(load, [cost]).join('  ')}\n`);
        }
      }
      rows.push(...chosen.map((load, index) => costRow(load, costs[index] ?? [])));
      return rows;
    } finally {
      await watch.close();
      place.close();
    }
  },
};
