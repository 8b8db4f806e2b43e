/**
 * What a calibration is made of and what it says: the CPU that a packet costs the worker when Chrome receives it, over
 * what it costs when synthetic bots do. On loopback the sender is charged for waking the receiver, so that the
 * generator's way of receiving is part of the figure under test.
 */
import type { MachineKey } from './machine-facts.ts';

/** Who consumes: Chrome, or synthetic bots that wake up for each packet, or that look at their sockets in batches. */
export const arms = ['chrome', 'packet', 'batch'] as const;
export type Arm = (typeof arms)[number];
export type Wake = Exclude<Arm, 'chrome'>;

/** What every arm of every block is given. */
export interface CalibrationConditions {
  readonly publishers: number;
  readonly consumers: number;
  readonly video: {
    readonly width: number;
    readonly height: number;
    readonly fps: number;
    readonly maxBitrateBps: number;
  };
  readonly settleMs: number;
  readonly holdMs: number;
}

/** One arm of one block: one measured hold on a fresh worker. */
export interface ArmFigures {
  /** CPU of the worker ÷ packets that it sent to consumers, in µs. */
  readonly workerUsPerPacket: number;
  readonly packetsPerSecond: number;
  readonly bitrateBps: number;
  readonly transports: number;
  readonly workerCpuCores: number;
  readonly generatorCpuCores: number;
}

/** Each arm once, in the order in which they were measured. */
export interface CalibrationBlock {
  readonly order: readonly Arm[];
  readonly arms: Readonly<Record<Arm, ArmFigures>>;
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
  /** Means over the blocks. */
  readonly arms: Readonly<Record<Arm, ArmFigures>>;
  /** Arms that were measured again, because their trial was not good, and blocks that were given up for that. */
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
