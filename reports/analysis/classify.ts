/**
 * Whether a trial says anything, and what. First the instrument: where the generator was the limit, the trial is
 * invalid and no statement about the SFU. Then the SFU: anything that a user would notice makes the trial bad.
 */
import type { TrialFigures, TrialLimits, TrialState } from '../../harness/record.ts';
import type { Quality } from '../../harness/scenario.ts';
import { instrumentReasons } from './instrument.ts';
import { violationText } from './violations.ts';
import { percentText } from './words.ts';

/** Limits that decide; stored and printed with every result. */
export function limitsOf(quality: Quality): TrialLimits {
  return {
    /** Share of its cores that the generator may use. */
    generatorCpuShare: 0.8,
    /** Others may fill what the bots leave, who have precedence; not most of their cores, and all of the rest. */
    neighbourShare: 0.5,
    sharedCpuShare: 0.9,
    lateSendRatio: 0.001,
    generatorDropRatio: 0.001,
    /** One in a hundred: the 99th percentile is more than 50 ms late. */
    lateLookRatio: 0.01,
    /** Of the wall, and of synthetic bots only: Chrome's own threads wait for each other. */
    starvedRatio: 0.05,
    stealRatio: 0.02,
    generatorJoinRatio: 0.01,
    workerWaitRatio: 0.05,
    /** From here on a worker is full, and waits for itself. */
    workerBusyShare: 0.8,
    /** Neighbours take a quarter and more; a single second of that is let pass, as is what the clock's steps make. */
    coreSpeedShare: 0.82,
    lossRatio: quality.loss,
    deliveryRatio: 0.98,
    fpsShare: quality.fps,
    violationRatio: quality.ratio,
    quality,
  };
}

export interface TrialContext {
  readonly askedPeers: number;
  readonly connectedPeers: number;
  readonly limits: TrialLimits;
  readonly generatorCores: number;
  /** Cores that the workers run on, as many as can be busy at once. */
  readonly workerCores: number;
  /** Frames per second that the publishers' cameras give; null without video. */
  readonly sourceFps: number | null;
  /** Failures on the generator's side: dead hosts, and bots whose page or browser crashed. */
  readonly hostsLost: number;
  readonly botsCrashed: number;
  /** Joins of the step, those that failed on the SFU's side, and those that did on the generator's. */
  readonly joinsAsked: number;
  readonly joinsFailed: number;
  readonly joinsFailedHere: number;
  /** Sessions that ended although nobody asked for it, where peers come and go. */
  readonly sessionsDropped: number;
  /** Sessions that came due in it, and those of them that no VU was free for; null without a rate of them. */
  readonly arrivals: {
    readonly due: number;
    readonly droppedByGenerator: number;
    readonly droppedByTarget: number;
  } | null;
  readonly workersLost: number;
  /** A core was slowed in a step of a search, which measures again. Elsewhere it is a figure among others. */
  readonly isDisturbed: boolean;
  /** The run was ended before the trial's end. */
  readonly isCut: boolean;
}

export interface Classification {
  readonly state: TrialState;
  readonly reasons: readonly string[];
  /** What to do where it is invalid, for each reason another. */
  readonly remedies?: readonly string[];
  /** Invalid by nothing that has to do with the level. */
  readonly isOutside?: boolean;
  /** Bad by whom the SFU refused or lost, whether the load of the others is steady or not. */
  readonly isShort: boolean;
}

export function classify(figures: TrialFigures, context: TrialContext): Classification {
  const instrument = hasDied(context) ? [] : instrumentReasons(figures, context);
  if (instrument.length > 0) {
    return {
      state: 'invalid',
      reasons: instrument.map(({ reason }) => reason),
      remedies: [...new Set(instrument.map(({ remedy }) => remedy))],
      isOutside: instrument.every(({ isOutside }) => isOutside),
      isShort: false,
    };
  }
  const absent = absences(context);
  const reasons = [...absent, ...qualityReasons(figures, context)];
  return { state: reasons.length > 0 ? 'bad' : 'good', reasons, isShort: absent.length > 0 };
}

/** Workers are killed by no generator, however late or busy: that they died is theirs. */
function hasDied({ workersLost, hostsLost, isCut }: TrialContext): boolean {
  return workersLost > 0 && hostsLost === 0 && !isCut;
}

/** Who should be there, and is not by the SFU's fault. */
function absences(context: TrialContext): string[] {
  const reasons: string[] = [];
  const missing = context.askedPeers - context.connectedPeers - context.botsCrashed;
  if (context.workersLost > 0) reasons.push(`${context.workersLost} worker(s) died`);
  if (context.joinsFailed > 0) reasons.push(`joins: ${context.joinsFailed} failed`);
  if (context.sessionsDropped > 0) reasons.push(`sessions: ${context.sessionsDropped} lost`);
  const { arrivals } = context;
  if (arrivals !== null && arrivals.droppedByTarget > 0) {
    reasons.push(
      `${arrivals.droppedByTarget} of ${arrivals.due} sessions dropped: VUs were still waiting to be let in`,
    );
  }
  if (missing > context.joinsFailed) reasons.push(`peers: ${missing} of ${context.askedPeers} missing`);
  return reasons;
}

function qualityReasons(figures: TrialFigures, { limits, sourceFps }: TrialContext): string[] {
  const reasons: string[] = [];
  if (figures.lossRatio !== null && figures.lossRatio > limits.lossRatio) {
    reasons.push(`loss ${percentText(figures.lossRatio)}`);
  }
  if (figures.deliveryRatio !== null && figures.deliveryRatio < limits.deliveryRatio) {
    reasons.push(`delivered ${percentText(figures.deliveryRatio)} of what was due`);
  }
  reasons.push(...brokenQuality(figures, limits), ...findings(figures));
  if (sourceFps !== null && figures.fpsMedian !== null && figures.fpsMedian < limits.fpsShare * sourceFps) {
    reasons.push(`fps ${figures.fpsMedian.toFixed(1)} of ${sourceFps}`);
  }
  return reasons;
}

/** PQR: a trial may have a few hiccups, and no more. */
function brokenQuality(figures: TrialFigures, limits: TrialLimits): string[] {
  const text = violationText(figures);
  const isBroken = figures.violationRatio !== null && figures.violationRatio > limits.violationRatio;
  return isBroken && text !== null ? [text] : [];
}

/** What no SFU may do, whatever its load: each is one too many. A network may repeat packets, and RTP's own NACK does. */
export function findings(figures: TrialFigures): string[] {
  const { refusedPackets, foreignPackets } = figures;
  return [
    ...((refusedPackets ?? 0) > 0 ? [`${refusedPackets} packets failed their authentication`] : []),
    ...((foreignPackets ?? 0) > 0 ? [`${foreignPackets} packets were not their stream’s`] : []),
  ];
}
