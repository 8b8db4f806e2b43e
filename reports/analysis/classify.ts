/**
 * Whether a trial says anything, and what. First the instrument: where the generator was the limit, the trial is
 * invalid and no statement about the SFU. Then the SFU: anything that a user would notice makes the trial bad.
 */
import type { TrialFigures, TrialLimits, TrialState } from '../../harness/record.ts';

/** Limits that decide; stored and printed with every result. */
export const limits: TrialLimits = {
  /** Share of its cores that the generator may use (METHODS: 80 %). */
  generatorCpuShare: 0.8,
  lateSendRatio: 0.001,
  generatorDropRatio: 0.001,
  lossRatio: 0.02,
  deliveryRatio: 0.98,
  fpsShare: 0.8,
};

export interface TrialContext {
  readonly askedPeers: number;
  readonly connectedPeers: number;
  readonly generatorCores: number;
  /** Frames per second that the publishers' cameras give; null without video. */
  readonly sourceFps: number | null;
  /** Failures on the generator's side: dead hosts, and bots whose page or browser crashed. */
  readonly hostsLost: number;
  readonly botsCrashed: number;
  readonly joinsFailed: number;
  readonly workersLost: number;
  readonly interrupted: boolean;
}

export interface Classification {
  readonly state: TrialState;
  readonly reasons: readonly string[];
}

export function classify(figures: TrialFigures, context: TrialContext): Classification {
  const instrument = instrumentReasons(figures, context);
  if (instrument.length > 0) return { state: 'invalid', reasons: instrument };
  const quality = qualityReasons(figures, context);
  return { state: quality.length > 0 ? 'bad' : 'good', reasons: quality };
}

function instrumentReasons(figures: TrialFigures, context: TrialContext): string[] {
  const reasons: string[] = [];
  const share =
    figures.generatorCpuCores === null ? null : figures.generatorCpuCores / context.generatorCores;
  if (context.interrupted) reasons.push('interrupted before its end');
  if (context.hostsLost > 0) reasons.push(`${context.hostsLost} bot host(s) died`);
  // One crashed page is a warning; more of them are a load that was never there.
  if (context.botsCrashed > 1) reasons.push(`${context.botsCrashed} bots crashed`);
  if (share === null) reasons.push('generator CPU unknown');
  else if (share > limits.generatorCpuShare) {
    reasons.push(`generator at ${percent(share)} of its cores (limit ${percent(limits.generatorCpuShare)})`);
  }
  const late = figures.generatorLateSendRatio ?? 0;
  if (late > limits.lateSendRatio) {
    reasons.push(
      `${percent(late)} of the synthetic media was sent late (limit ${percent(limits.lateSendRatio)})`,
    );
  }
  const drops = figures.generatorDropRatio ?? 0;
  if (drops > limits.generatorDropRatio) {
    reasons.push(
      `the bots’ own sockets lost ${percent(drops)} (limit ${percent(limits.generatorDropRatio)})`,
    );
  }
  if ((figures.cpuLimitedPublishers ?? 0) > 0) {
    reasons.push(`${figures.cpuLimitedPublishers} encoder(s) held back by the generator’s CPU`);
  }
  return reasons;
}

function qualityReasons(figures: TrialFigures, context: TrialContext): string[] {
  const reasons: string[] = [];
  const missing = context.askedPeers - context.connectedPeers - context.botsCrashed;
  if (context.workersLost > 0) reasons.push(`${context.workersLost} worker(s) died`);
  if (context.joinsFailed > 0) reasons.push(`joins: ${context.joinsFailed} failed`);
  if (missing > context.joinsFailed) reasons.push(`peers: ${missing} of ${context.askedPeers} missing`);
  if (figures.lossRatio !== null && figures.lossRatio > limits.lossRatio) {
    reasons.push(`loss ${percent(figures.lossRatio)}`);
  }
  if (figures.deliveryRatio !== null && figures.deliveryRatio < limits.deliveryRatio) {
    reasons.push(`delivered ${percent(figures.deliveryRatio)} of what was due`);
  }
  reasons.push(...findings(figures));
  const { sourceFps } = context;
  if (sourceFps !== null && figures.fpsMedian !== null && figures.fpsMedian < limits.fpsShare * sourceFps) {
    reasons.push(`fps ${figures.fpsMedian.toFixed(1)} of ${sourceFps}`);
  }
  return reasons;
}

/** What no SFU may do, whatever its load: each is one too many. A network may repeat packets, and RTP's own NACK does. */
export function findings(figures: TrialFigures): string[] {
  const { refusedPackets, foreignPackets } = figures;
  return [
    ...((refusedPackets ?? 0) > 0 ? [`${refusedPackets} packets failed their authentication`] : []),
    ...((foreignPackets ?? 0) > 0 ? [`${foreignPackets} packets were not their stream’s`] : []),
  ];
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`;
}
