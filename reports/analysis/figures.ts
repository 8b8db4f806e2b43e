/** One value per figure of a trial, from the two sweeps around its hold and the samples in it. Pure. */
import type { EncodedHistogram, MetricName, MetricValue } from '../../harness/metrics.ts';
import type { Sample, TrialFigures } from '../../harness/record.ts';
import { type Distribution, merge, percentileOf } from './histogram.ts';
import { reception, type Sweep, sfuRates, workerCpuCores } from './sweep.ts';

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
  readonly askedConsumers: number;
}

export function trialFigures(measurement: TrialMeasurement): TrialFigures {
  const { opening, closing, samples, joinMs, firstMediaMs, firstFrameMs } = measurement;
  const rates = sfuRates(opening, closing);
  const cpu = workerCpuCores(opening, closing);
  const cpuCores = cpu.length === 0 || cpu.includes(null) ? null : sum(cpu.filter((cores) => cores !== null));
  const packets = reception(opening, closing, measurement.askedConsumers);
  const drops = growth(samples, 'generator_socket_drops_total');
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
    workerUsPerPacket:
      cpuCores === null || rates === null || rates.packetsOutPerSecond === 0
        ? null
        : (cpuCores / rates.packetsOutPerSecond) * 1e6,
    workerRssBytes: maximum(numbers(samples, 'worker_rss_bytes')),
    workerLoopLagP95Ms: percentileOf(numbers(samples, 'worker_loop_lag_ms'), 95),
    workerPreemptions: growth(samples, 'worker_preempted_total'),
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
    generatorCpuCores: mean(numbers(samples, 'generator_cpu_cores')),
    generatorRssBytes: maximum(numbers(samples, 'generator_rss_bytes')),
    generatorLoopLagMaxMs: maximum(numbers(samples, 'generator_loop_lag_ms')),
    generatorRunqueueRatio: mean(numbers(samples, 'generator_runqueue_ratio')),
    generatorLateSendRatio: ratioGrowth(samples, 'generator_late_sends'),
    generatorDropRatio: drops === null || packets === null ? null : drops / Math.max(1, packets.received),
    hostStealRatio: mean(numbers(samples, 'host_steal_ratio')),
    cpuLimitedPublishers: maximum(numbers(samples, 'generator_cpu_limited')),
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
  const part = (index: 0 | 1): number | null =>
    growth(
      samples.flatMap((sample) => {
        const value = sample.v[name];
        return Array.isArray(value) ? [{ ...sample, v: { [name]: value[index] } }] : [];
      }),
      name,
    );
  const [numerator, denominator] = [part(0), part(1)];
  return numerator === null || !denominator ? null : numerator / denominator;
}

/** How much a cumulative counter grew, over all entities that have it; null when none was read twice. */
function growth(samples: readonly Sample[], name: MetricName): number | null {
  const ends = new Map<string, { first: number; last: number; n: number }>();
  for (const sample of samples) {
    const value = sample.v[name];
    if (typeof value !== 'number') continue;
    const end = ends.get(sample.e);
    if (end === undefined) ends.set(sample.e, { first: value, last: value, n: 1 });
    else ends.set(sample.e, { ...end, last: value, n: end.n + 1 });
  }
  const grown = [...ends.values()].filter((end) => end.n > 1);
  return grown.length === 0 ? null : sum(grown.map((end) => end.last - end.first));
}

function sum(all: readonly number[]): number {
  return all.reduce((total, value) => total + value, 0);
}

function mean(all: readonly number[]): number | null {
  return all.length === 0 ? null : sum(all) / all.length;
}

function maximum(all: readonly number[]): number | null {
  return all.length === 0 ? null : Math.max(...all);
}
