/**
 * What a calibration is made of and what it says: the CPU that a packet costs the worker when Chrome receives it, over
 * what it costs when synthetic bots do. On loopback the sender is charged for waking the receiver, so that the
 * generator's way of receiving is part of the figure under test.
 */
import type { MachineKey } from './machine-facts.ts';

/** How synthetic bots receive: they wake up for each packet, or look at their sockets in batches. */
export const wakes = ['packet', 'batch'] as const;
export type Wake = (typeof wakes)[number];

/** Who consumes in a turn. */
export type Side = 'chrome' | 'synthetic';
/** Whose figures are told: Chrome's, or those of synthetic bots that wake so. */
export type Arm = 'chrome' | Wake;

/** What every run of every block is given. */
export interface CalibrationConditions {
  readonly publishers: number;
  /** Of each side. */
  readonly consumers: number;
  readonly video: {
    readonly width: number;
    readonly height: number;
    readonly fps: number;
    readonly maxBitrateBps: number;
  };
  readonly settleMs: number;
  readonly holdMs: number;
  /** For so long one side consumes, then the other; what the first part of it costs is the change's, and left out. */
  readonly turnMs: number;
  readonly leadMs: number;
}

/** What the worker spent while one side consumed. */
export interface TurnFigures {
  /** CPU of the worker ÷ packets that the consumers received, in µs. */
  readonly workerUsPerPacket: number;
  readonly packetsPerSecond: number;
  readonly workerCpuCores: number;
  readonly generatorCpuCores: number;
}

export interface Turn extends TurnFigures {
  /** Turns with numbers that follow each other followed each other. */
  readonly number: number;
  readonly side: Side;
}

/** One run of each way of waking, in the order in which they were measured: both sides in turn, on one worker. */
export interface CalibrationBlock {
  readonly order: readonly Wake[];
  readonly turns: Readonly<Record<Wake, readonly Turn[]>>;
}

/** Chrome ÷ synthetic. Ends of the interval are null where the blocks are too few for it. */
export interface CalibrationFactor {
  readonly factor: number;
  readonly low: number | null;
  readonly high: number | null;
  /** That the interval has in truth, at least 0.95; null without one. */
  readonly coverage: number | null;
  readonly blocks: number;
}

/** What is copied into the record of each run that it speaks for. */
export interface CalibrationSummary {
  readonly measuredAt: string;
  readonly key: CalibrationKey;
  readonly conditions: CalibrationConditions;
  readonly factors: Readonly<Record<Wake, CalibrationFactor>>;
  /** Means over the turns. */
  readonly arms: Readonly<Record<Arm, TurnFigures>>;
  /** Runs that were measured again, because they were not good, and blocks that were given up for that. */
  readonly repeated: number;
  readonly givenUp: number;
}

export interface Calibration extends CalibrationSummary {
  readonly schemaVersion: 1;
  readonly blocks: readonly CalibrationBlock[];
}

/** Machine and programs that the factors hold for. */
export interface CalibrationKey extends MachineKey {
  readonly mediasoup: string;
  readonly workerSha256: string;
  readonly browser: string;
}
