/** One value per figure of a trial, from the two sweeps around its hold and the samples in it. Pure. */
import type { EncodedHistogram, MetricName, MetricValue } from '../../harness/metrics.ts';
import type { Sample, TrialFigures } from '../../harness/record.ts';
import { type Distribution, merge, percentileOf } from './histogram.ts';
import { type Reception, reception, type SfuRates, type Sweep, sfuRates, workerCpuCores } from './sweep.ts';
import type { CauseFigure, CauseName } from './violations.ts';

export interface TrialMeasurement {
  readonly opening: Sweep;
  readonly closing: Sweep;
  /** Samples of all entities between the sweeps. */
  readonly samples: readonly Sample[];
  /** Of the joins of this step. */
  readonly joinMs: readonly number[];
  readonly firstMediaMs: readonly number[];
  readonly firstFrameMs: readonly number[];
  readonly joinsFailed: number;
  /** Of the hottest worker since the step began; see harness/fullest.ts. */
  readonly fullestCpuCores: number | null;
  /** Of the slowest core of a worker since the step began; see harness/core-speed.ts. */
  readonly coreSpeed: number | null;
  readonly coreSpeedAtStart: number | null;
  readonly coreSpeedMeasured: number | null;
  readonly coreBestUs: number | null;
  /** Null: peers came and went in it, so that no number of streams was there all the time. */
  readonly askedConsumers: number | null;
}

export function trialFigures(measurement: TrialMeasurement): TrialFigures {
  const { opening, closing, samples, joinMs, firstMediaMs, firstFrameMs, askedConsumers } = measurement;
  const isMoving = askedConsumers === null;
  const rates = isMoving ? ratesOfBots(samples) : sfuRates(opening, closing);
  const cpu = workerCpuCores(opening, closing);
  const cpuCores = cpu.length === 0 || cpu.includes(null) ? null : sum(cpu.filter((cores) => cores !== null));
  const packets = isMoving ? countsOfBots(samples) : reception(opening, closing, askedConsumers);
  const fps = trend(samples, 'video_fps');
  const oneWay = trend(samples, 'rtp_one_way_ms');
  const concealed = growth(samples, 'audio_concealed_samples_total');
  const audioSamples = growth(samples, 'audio_samples_total');
  return {
    rooms: counted(closing, 'rooms'),
    peers: counted(closing, 'peers'),
    transports: counted(closing, 'transports'),
    producers: counted(closing, 'producers'),
    consumers: counted(closing, 'consumers'),
    packetsInPerSecond: rates?.packetsInPerSecond ?? null,
    packetsOutPerSecond: rates?.packetsOutPerSecond ?? null,
    bitrateOutBps: rates?.bitrateOutBps ?? null,
    hottestWorkerCpuCores: cpuCores === null ? null : Math.max(...cpu.map((cores) => cores ?? 0)),
    workerCpuCores: cpuCores,
    workers: cpu.length === 0 ? null : cpu.length,
    workerFullestCpuCores: measurement.fullestCpuCores,
    workerCoreSpeed: measurement.coreSpeed,
    workerCoreSpeedAtStart: measurement.coreSpeedAtStart,
    workerCoreSpeedMeasured: measurement.coreSpeedMeasured,
    workerCoreBestUs: measurement.coreBestUs,
    workerUsPerPacket:
      cpuCores === null || rates === null || rates.packetsOutPerSecond === 0
        ? null
        : (cpuCores / rates.packetsOutPerSecond) * 1e6,
    workerRssBytes: maximum(numbers(samples, 'worker_rss_bytes')),
    workerLoopLagP95Ms: percentileOf(numbers(samples, 'worker_loop_lag_ms'), 95),
    workerPreemptions: growth(samples, 'worker_preempted_total'),
    workerRunqueueRatio: worstMean(samples, 'worker_runqueue_ratio'),
    joinP50Ms: percentileOf(joinMs, 50),
    joinP95Ms: percentileOf(joinMs, 95),
    firstMediaP95Ms: percentileOf(firstMediaMs, 95),
    firstFrameP95Ms: percentileOf(firstFrameMs, 95),
    joinsFailed: measurement.joinsFailed,
    lossRatio:
      packets === null || packets.received + packets.lost === 0
        ? null
        : packets.lost / (packets.received + packets.lost),
    deliveryRatio: packets === null || packets.due === 0 ? null : packets.received / packets.due,
    oneWayP50Ms: oneWay?.percentile(50) ?? null,
    oneWayP99Ms: oneWay?.percentile(99) ?? null,
    recoveredPackets: growth(samples, 'rtp_recovered_packets_total'),
    reorderedPackets: growth(samples, 'rtp_reordered_packets_total'),
    latePackets: growth(samples, 'rtp_late_packets_total'),
    paddingPackets: growth(samples, 'rtp_padding_packets_total'),
    duplicatePackets: growth(samples, 'rtp_duplicate_packets_total'),
    refusedPackets: growth(samples, 'rtp_refused_packets_total'),
    foreignPackets: growth(samples, 'rtp_foreign_marks_total'),
    fpsMedian: fps?.percentile(50) ?? null,
    fpsP5: fps?.percentile(5) ?? null,
    freezes: growth(samples, 'video_freezes_total'),
    concealedRatio: concealed === null || !audioSamples ? null : concealed / audioSamples,
    ...violationFigures(samples),
    ...machineFigures(samples, packets),
  };
}

/** Of the generator and of the machine that it runs on. */
function machineFigures(samples: readonly Sample[], packets: Reception | null) {
  const drops = growth(samples, 'generator_socket_drops_total');
  return {
    generatorCpuCores: mean(numbers(samples, 'generator_cpu_cores')),
    generatorRssBytes: maximum(numbers(samples, 'generator_rss_bytes')),
    generatorLoopLagMaxMs: maximum(numbers(samples, 'generator_loop_lag_ms')),
    generatorRunqueueRatio: mean(numbers(samples, 'generator_runqueue_ratio')),
    generatorLateSendRatio: ratioGrowth(samples, 'generator_late_sends'),
    generatorDropRatio: drops === null || packets === null ? null : drops / Math.max(1, packets.received),
    generatorUnsentRatio: ratioGrowth(samples, 'generator_unsent'),
    generatorLateLookRatio: ratioGrowth(samples, 'generator_late_looks'),
    generatorNeighbourCpuCores: mean(numbers(samples, 'generator_neighbour_cores')),
    generatorStarvedRatio: worstMean(samples, 'generator_starved_ratio'),
    generatorMissedRatio: ratioGrowth(samples, 'generator_missed_windows'),
    hostStealRatio: mean(numbers(samples, 'host_steal_ratio')),
    cpuLimitedPublishers: maximum(numbers(samples, 'generator_cpu_limited')),
  } satisfies Partial<TrialFigures>;
}

/** By the bots' own counters, which keep what they counted of streams that are gone. */
function ratesOfBots(samples: readonly Sample[]): Nullable<SfuRates, 'bitrateOutBps'> | null {
  const packetsInPerSecond = perSecond(samples, 'rtp_packets_sent_total');
  const received = perSecond(samples, 'rtp_packets_received_total');
  const lost = perSecond(samples, 'rtp_packets_lost_total');
  if (packetsInPerSecond === null || received === null || lost === null) return null;
  return { packetsInPerSecond, packetsOutPerSecond: received + lost, bitrateOutBps: null };
}

type Nullable<T, Key extends keyof T> = Omit<T, Key> & { readonly [K in Key]: T[K] | null };

/** What was due to whom nobody can say while they come and go. */
function countsOfBots(samples: readonly Sample[]): Reception | null {
  const received = growth(samples, 'rtp_packets_received_total');
  const lost = growth(samples, 'rtp_packets_lost_total');
  return received === null || lost === null ? null : { received, lost, due: 0 };
}

type Violations = Pick<TrialFigures, 'violationWindows' | 'violationRatio' | CauseFigure>;

export function violationFigures(samples: readonly Sample[]): Violations {
  const [violating, windows] = pairGrowth(samples, 'violation_ratio');
  const all = windows === 0 ? null : windows;
  const share = (count: number | null): number | null =>
    count === null || all === null ? null : count / all;
  const of = (cause: CauseName): number | null => share(growth(samples, `violations_${cause}_total`));
  return {
    violationWindows: all,
    violationRatio: share(violating),
    violationSilenceRatio: of('silence'),
    violationLossRatio: of('loss'),
    violationLatencyRatio: of('latency'),
    violationFreezeRatio: of('freeze'),
    violationFpsRatio: of('fps'),
    violationBitrateRatio: of('bitrate'),
  };
}

type Count = 'rooms' | 'peers' | 'transports' | 'producers' | 'consumers';

function counted(sweep: Sweep, what: Count): number | null {
  return sweep.workers === null ? null : sum(sweep.workers.map((worker) => worker[what]));
}

function values(samples: readonly Sample[], name: MetricName): readonly MetricValue[] {
  return samples.flatMap((sample) => {
    const value = sample.v[name];
    return value === undefined || value === null ? [] : [value];
  });
}

function numbers(samples: readonly Sample[], name: MetricName): readonly number[] {
  return values(samples, name).filter((value): value is number => typeof value === 'number');
}

function trend(samples: readonly Sample[], name: MetricName): Distribution | null {
  return merge(values(samples, name).filter((value): value is EncodedHistogram => isHistogram(value)));
}

function isHistogram(value: MetricValue): boolean {
  return typeof value === 'object' && value !== null && 'hdr' in value;
}

/** A cumulative rate's numerator over its denominator, both as they grew; null when nothing was counted. */
function ratioGrowth(samples: readonly Sample[], name: MetricName): number | null {
  const [numerator, denominator] = pairGrowth(samples, name);
  return numerator === null || !denominator ? null : numerator / denominator;
}

function pairGrowth(
  samples: readonly Sample[],
  name: MetricName,
): readonly [numerator: number | null, denominator: number | null] {
  const part = (index: 0 | 1): number | null =>
    growth(
      samples.flatMap((sample) => {
        const value = sample.v[name];
        return Array.isArray(value) ? [{ ...sample, v: { [name]: value[index] } }] : [];
      }),
      name,
    );
  return [part(0), part(1)];
}

/** Of the entity whose mean is the highest. */
function worstMean(samples: readonly Sample[], name: MetricName): number | null {
  const byEntity = Map.groupBy(samples, ({ e }) => e);
  const means = [...byEntity.values()].map((own) => mean(numbers(own, name)));
  return maximum(means.filter((value) => value !== null));
}

/** How much a cumulative counter grew, over all entities that have it; null when none was read twice. */
function growth(samples: readonly Sample[], name: MetricName): number | null {
  const grown = growths(samples, name);
  return grown.length === 0 ? null : sum(grown.map(({ by }) => by));
}

/** How fast it grew, each entity over its own time. */
function perSecond(samples: readonly Sample[], name: MetricName): number | null {
  const grown = growths(samples, name).filter(({ ms }) => ms > 0);
  return grown.length === 0 ? null : sum(grown.map(({ by, ms }) => (by / ms) * 1_000));
}

function growths(samples: readonly Sample[], name: MetricName): readonly { by: number; ms: number }[] {
  const ends = new Map<string, { by: number; ms: number; first: number; firstMs: number; n: number }>();
  for (const { e, t, v } of samples) {
    const value = v[name];
    if (typeof value !== 'number') continue;
    const end = ends.get(e) ?? { by: 0, ms: 0, first: value, firstMs: t, n: 0 };
    ends.set(e, { ...end, by: value - end.first, ms: t - end.firstMs, n: end.n + 1 });
  }
  return [...ends.values()].filter(({ n }) => n > 1);
}

function sum(all: readonly number[]): number {
  return all.reduce((total, value) => total + value, 0);
}

function mean(all: readonly number[]): number | null {
  return all.length === 0 ? null : sum(all) / all.length;
}

function maximum(all: readonly number[]): number | null {
  return all.reduce<number | null>((most, value) => (most === null || value > most ? value : most), null);
}
