/**
 * Whether the generator was the limit of a trial: then it says nothing about the SFU. What the SFU does is
 * never a reason here: refused or slow joins, dropped peers, a worker that waits for its core because it is full.
 */
import type { TrialFigures } from '../../harness/record.ts';
import type { TrialContext } from './classify.ts';
import { percentText } from './words.ts';

export interface InstrumentReason {
  readonly reason: string;
  /** What to do about it. */
  readonly remedy: string;
  /** By nothing that a lower level would change: the hypervisor took the machine's time. */
  readonly isOutside: boolean;
}

const remedies = {
  again: 'run it to its end',
  machine: 'look for what ended them: memory, crashes in the kernel’s log, sfubench doctor',
  generator:
    'give the generator more cores (--cores-generator), take synthetic bots for Chrome, or lower the level or the size of the video',
  sockets: 'raise net.core.rmem_max and net.core.wmem_max, or give the generator more cores',
  neighbours: 'find a quieter machine, or other cores (--cores-sfu, --cores-generator)',
  vus: 'raise preAllocatedVUs and maxVUs',
} as const;

export function instrumentReasons(figures: TrialFigures, context: TrialContext): InstrumentReason[] {
  // Nobody's fault: what it lacks is what the rest of it would have had.
  if (context.isCut) return because('again', ['interrupted before its end']);
  return [
    ...because('machine', losses(context)),
    ...because('generator', cpu(figures, context)),
    ...because('neighbours', crowdedCores(figures, context)),
    ...because('generator', encoders(figures)),
    ...because('generator', timing(figures, context), isStolen(figures, context)),
    ...because('sockets', socketLosses(figures, context)),
    ...because('generator', unreadWindows(figures, context)),
    ...because('neighbours', stolen(figures, context), true),
    ...because('vus', droppedSessions(context)),
    ...because('machine', failedJoins(context)),
    ...because('neighbours', neighbours(figures, context)),
    ...because('neighbours', slowedCores(figures, context)),
  ];
}

function because(
  remedy: keyof typeof remedies,
  reasons: readonly string[],
  isOutside = false,
): InstrumentReason[] {
  return reasons.map((reason) => ({ reason, remedy: remedies[remedy], isOutside }));
}

function losses({ hostsLost, botsCrashed }: TrialContext): string[] {
  return [
    ...(hostsLost > 0 ? [`${hostsLost} bot host(s) died`] : []),
    // One crashed page is a warning; more of them are a load that was never there.
    ...(botsCrashed > 1 ? [`${botsCrashed} bots crashed`] : []),
  ];
}

function cpu(figures: TrialFigures, context: TrialContext): string[] {
  const { limits, generatorCores } = context;
  const { generatorCpuCores } = figures;
  if (generatorCpuCores === null) return ['generator CPU unknown'];
  const limit = isOverwhelmed(figures, context) ? limits.sharedCpuShare : limits.generatorCpuShare;
  const share = generatorCpuCores / generatorCores;
  return share > limit
    ? [`generator at ${percentText(share)} of its cores (limit ${percentText(limit)})`]
    : [];
}

function crowdedCores(
  { generatorCpuCores, generatorNeighbourCpuCores }: TrialFigures,
  { limits, generatorCores }: TrialContext,
): string[] {
  if (generatorCpuCores === null) return [];
  const share = generatorCpuCores / generatorCores;
  const others = (generatorNeighbourCpuCores ?? 0) / generatorCores;
  if (others <= limits.neighbourShare || share + others <= limits.sharedCpuShare) return [];
  return [
    `others used ${percentText(others)} of the generator’s cores, which needs ${percentText(share)} (limit ${percentText(limits.sharedCpuShare)} together)`,
  ];
}

function encoders({ cpuLimitedPublishers }: TrialFigures): string[] {
  const held = cpuLimitedPublishers ?? 0;
  return held > 0 ? [`${held} encoder(s) held back by the generator’s CPU`] : [];
}

type Share = readonly [ratio: number | null, limit: number, words: (share: string) => string];

function timing(figures: TrialFigures, context: TrialContext): string[] {
  if (isOverwhelmed(figures, context)) return [];
  const { limits } = context;
  return beyond([
    [
      figures.generatorLateSendRatio,
      limits.lateSendRatio,
      (share) => `${share} of the synthetic media was sent late`,
    ],
    [
      figures.generatorLateLookRatio,
      limits.lateLookRatio,
      (share) => `${share} of the bots’ looks at their sockets came more than 50 ms late`,
    ],
    [
      figures.generatorStarvedRatio,
      limits.starvedRatio,
      (share) => `synthetic bots waited for their core ${share} of the time`,
    ],
  ]);
}

function socketLosses(figures: TrialFigures, { limits }: TrialContext): string[] {
  return beyond([
    [figures.generatorDropRatio, limits.generatorDropRatio, (share) => `the bots’ own sockets lost ${share}`],
    [figures.generatorUnsentRatio, limits.generatorDropRatio, (share) => `the bots could not send ${share}`],
  ]);
}

function unreadWindows({ generatorMissedRatio }: TrialFigures, { limits }: TrialContext): string[] {
  return beyond([
    [
      generatorMissedRatio,
      limits.violationRatio,
      (share) => `${share} of the windows could not be read, as bots did not answer`,
    ],
  ]);
}

/** A bot that is late while time is stolen, be it within its limit, is late for that: a tenth of a second in ten is 1 %. */
function isStolen({ hostStealRatio }: TrialFigures, { limits }: TrialContext): boolean {
  return (hostStealRatio ?? 0) >= limits.stealRatio / 4;
}

function stolen({ hostStealRatio }: TrialFigures, { limits }: TrialContext): string[] {
  return beyond([
    [
      hostStealRatio,
      limits.stealRatio,
      (share) => `${share} of the machine’s time was stolen by its hypervisor`,
    ],
  ]);
}

/** Each share of what went wrong that is over its limit. */
function beyond(shares: readonly Share[]): string[] {
  return shares.flatMap(([ratio, limit, words]) =>
    ratio !== null && ratio > limit ? [`${words(percentText(ratio))} (limit ${percentText(limit)})`] : [],
  );
}

/**
 * A full worker that loses packets, none of them in the bots' sockets, in or out. Its storms of NACK, PLI and
 * retransmissions make the bots late and busy; bots that are late lose nothing. So neither is an excuse for what was
 * lost, unless the generator's cores were full as well: what it could not do in time then comes in bursts.
 */
function isOverwhelmed(figures: TrialFigures, { limits, workerCores }: TrialContext): boolean {
  const { workerCpuCores, workerFullestCpuCores } = figures;
  const { violationLossRatio, violationSilenceRatio } = figures;
  const droppedHere = Math.max(figures.generatorDropRatio ?? 0, figures.generatorUnsentRatio ?? 0);
  // One that fell over before it was measured, and lost peers, has little to do now.
  const fullest = Math.max((workerCpuCores ?? 0) / workerCores, workerFullestCpuCores ?? 0);
  const isFull = fullest >= limits.workerBusyShare;
  const isLost = Math.max(violationLossRatio ?? 0, violationSilenceRatio ?? 0) > limits.violationRatio;
  return isFull && isLost && droppedHere <= limits.generatorDropRatio;
}

/** Load that was asked for and never made. */
function droppedSessions({ arrivals, limits }: TrialContext): string[] {
  if (arrivals === null) return [];
  const { due, droppedByGenerator: dropped } = arrivals;
  return dropped > due * limits.generatorJoinRatio
    ? [`${dropped} of ${due} sessions dropped: no VU was free (preAllocatedVUs, maxVUs)`]
    : [];
}

function failedJoins({ joinsAsked, joinsFailedHere: failed, limits }: TrialContext): string[] {
  return failed > 1 && failed > joinsAsked * limits.generatorJoinRatio
    ? [`${failed} of ${joinsAsked} joins failed on the generator’s side`]
    : [];
}

/**
 * A worker that waits for its core while it has time to spare: something else runs there. One that is full, or that
 * shares the core with other full workers, waits for nothing but its own work.
 */
function neighbours(
  { workerRunqueueRatio: waited, workerCpuCores, hottestWorkerCpuCores }: TrialFigures,
  { limits, workerCores }: TrialContext,
): string[] {
  if (waited === null || workerCpuCores === null || waited <= limits.workerWaitRatio) return [];
  if (workerCpuCores / workerCores >= limits.workerBusyShare) return [];
  const used = percentText(hottestWorkerCpuCores ?? workerCpuCores);
  return [
    `the worker waited for its core ${percentText(waited)} of the time, and used ${used} of it: something else runs there`,
  ];
}

/** Slower than it was in the same run, by nothing that this machine shows: others use the same silicon. */
function slowedCores(
  { workerCoreSpeed: speed }: TrialFigures,
  { limits, isDisturbed }: TrialContext,
): string[] {
  if (!isDisturbed || speed === null) return [];
  const least = percentText(limits.coreSpeedShare ?? 0);
  return [`the worker’s core was slowed to ${percentText(speed)} of its speed (limit ${least})`];
}
