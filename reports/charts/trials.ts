/** Which charts there are of a run's trials. One more is one more entry. */
import type { RunRecord, TrialFigures, TrialRecord } from '../../harness/record.ts';
import type { Figure } from '../format.ts';
import type { RunChart } from './chart.ts';
import { type LevelChart, levelChart } from './levels.ts';
import type { LimitLine } from './marks.ts';

type Pick = (trial: TrialRecord) => Figure;

function figure(name: keyof TrialFigures): Pick {
  return (trial) => trial.figures[name];
}

/** Times 100: for ratios and cores. */
function hundredths(name: keyof TrialFigures, of = 1): Pick {
  return (trial) => {
    const value = trial.figures[name] ?? null;
    return value === null ? null : (value / of) * 100;
  };
}

/** Cores that the generator had, as far as the record says it. */
export function generatorCores({ manifest }: RunRecord): number {
  return Math.max(1, manifest.pinning.generator?.length ?? manifest.machine.cores);
}

function severalWorkers({ trials, manifest }: RunRecord): boolean {
  return (
    (manifest.node?.workers.length ?? 1) > 1 ||
    trials.some(({ figures }) => figures.workerCpuCores !== figures.hottestWorkerCpuCores)
  );
}

export function trialCharts(record: RunRecord): readonly RunChart[] {
  const charts = [
    ...costCharts(record),
    ...qualityCharts(record),
    ...oneWayCharts(record),
    ...generatorCharts(record),
  ];
  return charts.map((chart) => levelChart(record.trials, chart));
}

const loads = [
  { id: 'consumers', words: 'consumers', title: 'consumers', value: figure('consumers') },
  { id: 'transports', words: 'transports', title: 'transports', value: figure('transports') },
  {
    id: 'packets',
    words: 'packets/s',
    title: 'packets/s sent by the SFU',
    value: figure('packetsOutPerSecond'),
  },
] as const;

function costCharts(record: RunRecord): LevelChart[] {
  const several = severalWorkers(record);
  const hottest = { name: several ? 'hottest worker' : 'worker', value: hundredths('hottestWorkerCpuCores') };
  const all = { name: 'all workers together', value: hundredths('workerCpuCores') };
  const shared = { section: 'cost', about: 'sfu', levels: 'labels' } as const;
  const cpu = loads.map(
    (load): LevelChart => ({
      ...shared,
      id: `worker-cpu-over-${load.id}`,
      title: `Worker CPU over ${load.words}`,
      caption: 'Mean over the hold. Labels are levels.',
      x: { title: load.title, value: load.value, wholeNumbers: true },
      y: { title: 'worker CPU (% of a core)' },
      unit: '%',
      series: several ? [hottest, all] : [hottest],
    }),
  );
  const perPacket = loads.map(
    (load): LevelChart => ({
      ...shared,
      id: `us-per-packet-over-${load.id}`,
      title: `CPU per packet over ${load.words}`,
      caption: 'Worker CPU over packets sent to consumers. Labels are levels.',
      x: { title: load.title, value: load.value, wholeNumbers: true },
      y: { title: 'worker CPU (µs per packet)' },
      unit: 'µs',
      series: [{ name: 'worker CPU per packet', value: figure('workerUsPerPacket') }],
    }),
  );
  return [...cpu, ...perPacket];
}

/** Where both ends are ours: what a saturated SFU does to packets before it loses them. */
function oneWayCharts(record: RunRecord): LevelChart[] {
  if (record.trials.every(({ figures }) => (figures.oneWayP50Ms ?? null) === null)) return [];
  const shared = {
    section: 'quality',
    about: 'sfu',
    y: { title: 'publisher to receiver (ms)' },
    unit: 'ms',
    series: [
      { name: 'p50', value: figure('oneWayP50Ms') },
      { name: 'p99', value: figure('oneWayP99Ms') },
    ],
  } as const;
  const caption = 'From a synthetic publisher through the SFU to a synthetic receiver, on one clock.';
  const [, , packets] = loads;
  const overPackets = { title: packets.title, value: packets.value, wholeNumbers: true };
  return [
    {
      ...shared,
      id: 'one-way',
      title: 'Packets’ time under way',
      caption,
      levels: 'axis',
      x: levelAxis(record),
    },
    {
      ...shared,
      id: 'one-way-over-packets',
      title: 'Packets’ time under way over packets/s',
      caption: `${caption} Labels are levels.`,
      levels: 'labels',
      x: overPackets,
    },
    {
      section: 'quality',
      about: 'sfu',
      id: 'delivery-over-packets',
      title: 'Delivery over packets/s',
      caption: 'Packets received over packets due by fan-out. Labels are levels.',
      levels: 'labels',
      x: overPackets,
      y: { title: 'received (% of what was due)', reach: 100 },
      unit: '%',
      lines: [
        {
          y: record.limits.deliveryRatio * 100,
          label: `limit: ${record.limits.deliveryRatio * 100} %`,
          side: 'left',
        },
      ],
      series: [{ name: 'delivered', value: hundredths('deliveryRatio') }],
    },
  ];
}

function levelAxis({ trials }: RunRecord): LevelChart['x'] {
  const units = [...new Set(trials.map(({ levelUnit }) => levelUnit))];
  return {
    title: units.length === 0 ? 'level' : `level (${units.join(' or ')})`,
    value: (trial) => trial.level,
    end: Math.max(1, ...trials.map(({ level }) => level)) * 1.08,
    ticks: 24,
  };
}

/** Frames per second of the cameras, where all of them have one rate. */
function sourceFps({ scenario }: RunRecord): number | null {
  const rates = new Set(scenario.groups.flatMap(({ media }) => (media.video ? [media.video.fps] : [])));
  const [rate] = rates;
  return rates.size === 1 ? (rate ?? null) : null;
}

function qualityCharts(record: RunRecord): LevelChart[] {
  const { limits } = record;
  const shared = { section: 'quality', about: 'sfu', levels: 'axis', x: levelAxis(record) } as const;
  const fps = sourceFps(record);
  const cameras: readonly LimitLine[] =
    fps === null
      ? []
      : [
          { y: fps, label: `cameras: ${fps}`, side: 'right' },
          { y: fps * limits.fpsShare, label: `limit: ${fps * limits.fpsShare}`, side: 'right' },
        ];
  return [
    {
      ...shared,
      id: 'joins',
      title: 'Time to join, and to the first media',
      caption: 'From the instant that a join was due; of the joins of each step.',
      y: { title: 'time since due (ms)' },
      unit: 'ms',
      series: [
        { name: 'join p50', value: figure('joinP50Ms') },
        { name: 'join p95', value: figure('joinP95Ms') },
        { name: 'first media p95', value: figure('firstMediaP95Ms') },
        { name: 'first video frame p95', value: figure('firstFrameP95Ms') },
      ],
    },
    {
      ...shared,
      id: 'fps',
      title: 'Frames per second',
      caption:
        'Decoded per second and received video stream; p5 is the worst twentieth; the limit is for the median.',
      y: { title: 'frames per second', ...(fps === null ? {} : { reach: fps * 1.1 }) },
      unit: 'fps',
      lines: cameras,
      series: [
        { name: 'median', value: figure('fpsMedian') },
        { name: 'p5', value: figure('fpsP5') },
      ],
    },
    {
      ...shared,
      id: 'loss',
      title: 'Packets lost',
      caption: 'Lost over expected, as the bots count them.',
      y: { title: 'lost (% of expected)', reach: limits.lossRatio * 110 },
      unit: '%',
      lines: [{ y: limits.lossRatio * 100, label: `limit: ${limits.lossRatio * 100} %`, side: 'left' }],
      series: [{ name: 'packets lost', value: hundredths('lossRatio') }],
    },
    {
      ...shared,
      id: 'freezes',
      title: 'Freezes',
      caption: 'Freezes of all received video streams during the hold (W3C’s definition).',
      y: { title: 'freezes in the hold', reach: 4, wholeNumbers: true },
      unit: '',
      series: [{ name: 'freezes', value: figure('freezes') }],
    },
  ];
}

function generatorCharts(record: RunRecord): LevelChart[] {
  const shared = { section: 'generator', about: 'generator', levels: 'axis', x: levelAxis(record) } as const;
  const cores = generatorCores(record);
  const { generatorCpuShare, sharedCpuShare } = record.limits;
  const limit = generatorCpuShare * 100;
  const fullest = sharedCpuShare * 100;
  return [
    {
      ...shared,
      id: 'generator-cpu',
      title: 'Generator CPU',
      caption: `Bot hosts and browsers, of ${cores === 1 ? 'their core' : `their ${cores} cores`}. Above the limit a trial is invalid, unless a full worker loses packets (then above ${fullest} %).`,
      y: { title: `CPU (% of ${cores === 1 ? 'its core' : `its ${cores} cores`})`, reach: 100 },
      unit: '%',
      lines: [{ y: limit, label: `limit: ${limit} %`, side: 'left' }],
      series: [{ name: 'generator CPU', value: hundredths('generatorCpuCores', cores) }],
    },
    {
      ...shared,
      id: 'generator-lag',
      title: 'Generator’s event loop',
      caption: 'How late it was at worst during the hold.',
      y: { title: 'lag, at most (ms)', reach: 10 },
      unit: 'ms',
      series: [{ name: 'event-loop lag', value: figure('generatorLoopLagMaxMs') }],
    },
    {
      ...shared,
      id: 'generator-runqueue',
      title: 'Threads waiting for a core',
      caption: 'Run-queue wait of all generator threads over wall time: how many waited, on average.',
      y: { title: 'threads waiting, mean', reach: 1 },
      unit: 'threads',
      series: [{ name: 'threads waiting', value: figure('generatorRunqueueRatio') }],
    },
    {
      ...shared,
      id: 'host-steal',
      title: 'CPU stolen from this machine',
      caption: 'Time that the hypervisor gave to somebody else.',
      y: { title: 'steal (% of CPU time)', reach: 1 },
      unit: '%',
      series: [{ name: 'steal', value: hundredths('hostStealRatio') }],
    },
  ];
}
