/** Every figure of a trial, named for people. A new field of `TrialFigures` does not compile without its name here. */
import type { TrialFigures } from '../harness/record.ts';
import { bytes, type Figure, fixed, megabits, percent, whole, withUnit } from './format.ts';

export interface FigureName {
  readonly label: string;
  readonly text: (value: Figure) => string;
}

const milliseconds = (value: Figure): string => withUnit(value, 0, 'ms');
const tenths = (value: Figure): string => withUnit(value, 1, 'ms');
const broken = (value: Figure): string => percent(value, 2);
const ofOneCore = (value: Figure): string => percent(value, 1);

export const figureNames = {
  rooms: { label: 'rooms', text: whole },
  peers: { label: 'peers', text: whole },
  transports: { label: 'transports', text: whole },
  producers: { label: 'producers', text: whole },
  consumers: { label: 'consumers', text: whole },
  packetsInPerSecond: { label: 'packets/s received by the SFU', text: whole },
  packetsOutPerSecond: { label: 'packets/s sent by the SFU', text: whole },
  bitrateOutBps: { label: 'bitrate sent by the SFU', text: megabits },
  hottestWorkerCpuCores: { label: 'CPU of the hottest worker, of one core', text: ofOneCore },
  workerCpuCores: { label: 'CPU of all workers, of one core', text: ofOneCore },
  workers: { label: 'workers', text: whole },
  workerFullestCpuCores: {
    label: 'CPU of the hottest worker in its fullest 5 s, joins and settling included',
    text: ofOneCore,
  },
  workerCoreSpeed: {
    label: 'speed of the slowest worker’s core in its slowest 2 s, of its best in the run',
    text: (value) => percent(value, 0),
  },
  workerCoreSpeedAtStart: {
    label: 'the same in the step’s first 15 s at work',
    text: (value) => percent(value, 0),
  },
  workerCoreSpeedMeasured: {
    label: 'the same while the trial was measured',
    text: (value) => percent(value, 0),
  },
  workerCoreBestUs: {
    label: 'what the work that tells the speed took at best, in the run so far',
    text: (value) => withUnit(value, 1, 'µs'),
  },
  workerUsPerPacket: { label: 'worker CPU per packet sent', text: (value) => withUnit(value, 1, 'µs') },
  workerRssBytes: { label: 'worker memory, at most', text: bytes },
  workerLoopLagP95Ms: { label: 'worker answers in, p95', text: tenths },
  workerPreemptions: { label: 'worker preempted', text: whole },
  workerRunqueueRatio: { label: 'worker waiting for its core', text: (value) => percent(value, 2) },
  joinP50Ms: { label: 'join, p50', text: milliseconds },
  joinP95Ms: { label: 'join, p95', text: milliseconds },
  firstMediaP95Ms: { label: 'first media, p95', text: milliseconds },
  firstFrameP95Ms: { label: 'first video frame, p95', text: milliseconds },
  joinsFailed: { label: 'joins failed', text: whole },
  lossRatio: { label: 'packets lost', text: (value) => percent(value, 2) },
  deliveryRatio: { label: 'received of what was due', text: (value) => percent(value, 2) },
  oneWayP50Ms: { label: 'publisher to receiver, p50', text: tenths },
  oneWayP99Ms: { label: 'publisher to receiver, p99', text: tenths },
  recoveredPackets: { label: 'lost packets that RTX brought', text: whole },
  reorderedPackets: { label: 'packets in another order', text: whole },
  latePackets: { label: 'packets too late for their stream', text: whole },
  paddingPackets: { label: 'bandwidth probes of the SFU', text: whole },
  duplicatePackets: { label: 'packets received twice', text: whole },
  refusedPackets: { label: 'packets that SRTP refused', text: whole },
  foreignPackets: { label: 'packets that were not their stream’s', text: whole },
  fpsMedian: { label: 'frames per second, median', text: (value) => fixed(value, 1) },
  fpsP5: { label: 'frames per second, p5', text: (value) => fixed(value, 1) },
  freezes: { label: 'freezes', text: whole },
  concealedRatio: { label: 'audio concealed', text: (value) => percent(value, 2) },
  violationWindows: { label: 'windows of two seconds and consumer that were judged', text: whole },
  violationRatio: { label: 'windows that broke quality', text: broken },
  violationSilenceRatio: { label: '… as nothing came', text: broken },
  violationLossRatio: { label: '… by loss after repair', text: broken },
  violationLatencyRatio: { label: '… by latency', text: broken },
  violationFreezeRatio: { label: '… by a freeze', text: broken },
  violationFpsRatio: { label: '… by too few frames', text: broken },
  violationBitrateRatio: { label: '… by too low a bitrate', text: broken },
  generatorCpuCores: { label: 'generator CPU, of one core', text: ofOneCore },
  generatorRssBytes: { label: 'generator memory, at most', text: bytes },
  generatorLoopLagMaxMs: { label: 'generator event loop late, at most', text: milliseconds },
  generatorRunqueueRatio: {
    label: 'generator threads waiting for a core, mean',
    text: (value) => fixed(value, 2),
  },
  generatorLateSendRatio: { label: 'synthetic media sent late', text: (value) => percent(value, 3) },
  generatorDropRatio: { label: 'lost by the bots’ own sockets', text: (value) => percent(value, 3) },
  generatorUnsentRatio: { label: 'that the bots could not send', text: (value) => percent(value, 3) },
  generatorLateLookRatio: {
    label: 'looks of the bots’ loops more than 50 ms late',
    text: (value) => percent(value, 2),
  },
  generatorNeighbourCpuCores: { label: 'CPU that others used of the bots’ cores', text: ofOneCore },
  generatorStarvedRatio: {
    label: 'synthetic bots waiting for their core',
    text: (value) => percent(value, 2),
  },
  generatorMissedRatio: { label: 'windows that could not be read', text: (value) => percent(value, 2) },
  hostStealRatio: { label: 'CPU stolen from this machine', text: (value) => percent(value, 2) },
  cpuLimitedPublishers: { label: 'encoders held back by the generator’s CPU', text: whole },
} as const satisfies Record<keyof TrialFigures, FigureName>;
