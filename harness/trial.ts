/** What a trial comes to: its figures, and the limits that they are held against. */
import type { Quality } from './scenario.ts';

/** Limits of a trial; shares and ratios. */
export interface TrialLimits {
  /** Of its cores that the generator may use. */
  readonly generatorCpuShare: number;
  /** Of its cores that others may use, where both together use more than `sharedCpuShare`. */
  readonly neighbourShare: number;
  /** Beyond it the generator's cores are full: of both together, or of the generator alone beside an overwhelmed worker. */
  readonly sharedCpuShare: number;
  readonly lateSendRatio: number;
  readonly generatorDropRatio: number;
  /** Looks of a bot host's loop that may be more than 50 ms late. */
  readonly lateLookRatio: number;
  /** Of the wall that synthetic bots may wait for their core. */
  readonly starvedRatio: number;
  readonly stealRatio: number;
  /** Of the joins or sessions that were due, those that may fail on the generator's side. */
  readonly generatorJoinRatio: number;
  /** Of the wall that a worker may wait for its core while it uses less of its cores than `workerBusyShare`. */
  readonly workerWaitRatio: number;
  readonly workerBusyShare: number;
  /** Of its best speed in the run that a worker’s core must keep for a trial of a search to count; absent in records of before. */
  readonly coreSpeedShare?: number;
  readonly lossRatio: number;
  readonly deliveryRatio: number;
  /** Of the cameras' frame rate that must be decoded. */
  readonly fpsShare: number;
  /** Of all windows, those that may break quality: PQR. */
  readonly violationRatio: number;
  /** What a window may be at its worst; absent in records of before. */
  readonly quality?: Quality;
}

/**
 * What one trial measured: one value per figure. Seconds inside a trial are autocorrelated and never count as n.
 * Null is missing. Totals over all workers unless the name says otherwise.
 */
export interface TrialFigures {
  readonly rooms: number | null;
  readonly peers: number | null;
  readonly transports: number | null;
  readonly producers: number | null;
  readonly consumers: number | null;
  /** Packets per second that the SFU received and sent, between the two sweeps around the hold. */
  readonly packetsInPerSecond: number | null;
  readonly packetsOutPerSecond: number | null;
  readonly bitrateOutBps: number | null;
  /** Mean CPU of the hottest worker, and of all workers together, in cores. */
  readonly hottestWorkerCpuCores: number | null;
  readonly workerCpuCores: number | null;
  /** How many they are. Absent in records of before. */
  readonly workers?: number | null;
  /** Of the hottest one in its fullest five seconds since the step began. */
  readonly workerFullestCpuCores: number | null;
  /** Of its best in the run: the slowest core of a worker in its slowest two seconds since the step began. */
  readonly workerCoreSpeed: number | null;
  /** The same of the first fifteen seconds of the step: of steps that take long and of short ones alike. */
  readonly workerCoreSpeedAtStart: number | null;
  /** The same of the seconds in which it was measured. */
  readonly workerCoreSpeedMeasured: number | null;
  /** What the work that tells the speed took at best in the run so far. Absent in records of before. */
  readonly workerCoreBestUs?: number | null;
  readonly workerUsPerPacket: number | null;
  readonly workerRssBytes: number | null;
  readonly workerLoopLagP95Ms: number | null;
  readonly workerPreemptions: number | null;
  /** How long the worker that fared worst waited for its core, over wall. */
  readonly workerRunqueueRatio: number | null;
  readonly joinP50Ms: number | null;
  readonly joinP95Ms: number | null;
  readonly firstMediaP95Ms: number | null;
  /** To the first video frame that could be shown. */
  readonly firstFrameP95Ms: number | null;
  readonly joinsFailed: number;
  /** Lost over expected packets, as the bots counted them. */
  readonly lossRatio: number | null;
  /** Packets received over packets due by fan-out. */
  readonly deliveryRatio: number | null;
  /** A packet's way from its publisher through the SFU to a receiver, both of them synthetic bots. */
  readonly oneWayP50Ms: number | null;
  readonly oneWayP99Ms: number | null;
  /** Lost packets that RTX brought; packets that came in another order, too late, twice. Of synthetic bots, as what follows. */
  readonly recoveredPackets: number | null;
  readonly reorderedPackets: number | null;
  readonly latePackets: number | null;
  readonly duplicatePackets: number | null;
  /** The SFU's probes of the bandwidth. */
  readonly paddingPackets: number | null;
  /** Findings where there are any: refused by SRTP or malformed; not their stream's, by their marks. */
  readonly refusedPackets: number | null;
  readonly foreignPackets: number | null;
  readonly fpsMedian: number | null;
  readonly fpsP5: number | null;
  readonly freezes: number | null;
  readonly concealedRatio: number | null;
  /** Windows of a consumer that were judged, and the share of them that broke quality; 0 is NQR. */
  readonly violationWindows: number | null;
  readonly violationRatio: number | null;
  /** Of all windows, by cause; a window may have several. */
  readonly violationSilenceRatio: number | null;
  readonly violationLossRatio: number | null;
  readonly violationLatencyRatio: number | null;
  readonly violationFreezeRatio: number | null;
  readonly violationFpsRatio: number | null;
  readonly violationBitrateRatio: number | null;
  readonly generatorCpuCores: number | null;
  readonly generatorRssBytes: number | null;
  readonly generatorLoopLagMaxMs: number | null;
  readonly generatorRunqueueRatio: number | null;
  /** Synthetic frames that left later than one media interval, over all. */
  readonly generatorLateSendRatio: number | null;
  /** Datagrams that the bots’ own sockets lost, over the packets that the bots received. */
  readonly generatorDropRatio: number | null;
  /** Datagrams that the bots’ sockets did not take, over all that were to be sent. */
  readonly generatorUnsentRatio: number | null;
  /** Looks of the hosts' loops that were more than 50 ms late, over all. */
  readonly generatorLateLookRatio: number | null;
  /** What processes that are not of the run used of the generator's cores. */
  readonly generatorNeighbourCpuCores: number | null;
  /** How long the synthetic host that fared worst waited for its core, over wall. */
  readonly generatorStarvedRatio: number | null;
  /** Windows that nobody could read, over all. */
  readonly generatorMissedRatio: number | null;
  readonly hostStealRatio: number | null;
  readonly cpuLimitedPublishers: number | null;
}
