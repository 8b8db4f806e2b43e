/**
 * Measures blocks of a calibration: each arm once per block, in an order that a seed gives, every one on a fresh
 * worker. Machines drift; what is compared is measured within two minutes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Arm,
  type ArmFigures,
  arms,
  type CalibrationBlock,
  type CalibrationConditions,
} from './calibration.ts';
import { armScenario } from './calibration-scenario.ts';
import { Ending } from './ending.ts';
import { BenchError, type ErrorCode, exitCodes } from './errors.ts';
import type { Manifest, RunRecord } from './record.ts';
import { runScenario } from './run.ts';
import type { RunOptions } from './run-options.ts';
import type { Status } from './status.ts';

export interface CalibrateOptions {
  readonly conditions: CalibrationConditions;
  readonly blocks: number;
  readonly seed: number;
  readonly coresSfu: readonly number[];
  readonly coresGenerator: readonly number[];
  readonly worker: RunOptions['worker'];
  readonly browserPath: string;
  /** A run begins: interrupting its ending ends the calibration. */
  readonly onRun: (ending: Ending) => void;
  readonly onArm: (block: number, arm: Arm, why: string | null) => void;
  readonly onStatus: (status: Status) => void;
}

export interface Measured {
  readonly blocks: readonly CalibrationBlock[];
  /** Of the latest run with Chrome; null when there was none. */
  readonly manifest: Manifest | null;
  readonly repeated: number;
  readonly givenUp: number;
  readonly interrupted: boolean;
  /** What ended it early; what was measured until then stands. */
  readonly failure: unknown;
}

/** An arm whose trial is not good is measured again so often before its block is given up. */
const repeatsAtMost = 2;

/** Never throws: what ended it is in the result. */
export async function calibrate(options: CalibrateOptions): Promise<Measured> {
  const place = mkdtempSync(join(tmpdir(), 'sfubench-calibration-'));
  const measurement = new Measurement(options, place);
  try {
    await measurement.run();
  } catch (thrown) {
    measurement.failure = thrown;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  const { blocks, manifest, repeated, givenUp, interrupted, failure } = measurement;
  return { blocks, manifest, repeated, givenUp, interrupted, failure };
}

class Measurement {
  readonly blocks: CalibrationBlock[] = [];
  manifest: Manifest | null = null;
  repeated = 0;
  givenUp = 0;
  interrupted = false;
  failure: unknown = null;
  readonly #options: CalibrateOptions;
  readonly #place: string;
  #runs = 0;

  constructor(options: CalibrateOptions, place: string) {
    this.#options = options;
    this.#place = place;
  }

  async run(): Promise<void> {
    const { blocks, seed } = this.#options;
    for (let block = 0; block < blocks && !this.interrupted; block += 1) {
      const order = armOrder(seed, block);
      const measured: Partial<Record<Arm, ArmFigures>> = {};
      for (const arm of order) {
        const figures = await this.#arm(block, arm);
        if (this.interrupted) return;
        if (figures === null) break;
        measured[arm] = figures;
      }
      const { chrome, packet, batch } = measured;
      if (chrome === undefined || packet === undefined || batch === undefined) this.givenUp += 1;
      else this.blocks.push({ order, arms: { chrome, packet, batch } });
    }
  }

  /** Null when it never became a good trial, or was interrupted. */
  async #arm(block: number, arm: Arm): Promise<ArmFigures | null> {
    let why: string | null = null;
    for (let attempt = 0; attempt <= repeatsAtMost; attempt += 1) {
      if (attempt > 0) this.repeated += 1;
      this.#options.onArm(block, arm, why);
      const record = await this.#run(arm);
      if (record === null) return null;
      if (arm === 'chrome') this.manifest = record.manifest;
      const figures = figuresOf(record);
      if (typeof figures !== 'string') return figures;
      why = figures;
    }
    return null;
  }

  async #run(arm: Arm): Promise<RunRecord | null> {
    const { conditions, seed, coresSfu, coresGenerator, worker, browserPath, onRun, onStatus } =
      this.#options;
    const ending = new Ending();
    onRun(ending);
    this.#runs += 1;
    const directory = join(this.#place, `run-${this.#runs}`);
    const { record } = await runScenario({
      scenario: armScenario(arm, conditions, seed),
      id: `calibration-${arm}`,
      directory,
      startedAt: new Date(),
      coresSfu,
      coresGenerator,
      worker,
      browserPath,
      ending,
      onStage: () => undefined,
      onStatus,
    });
    rmSync(directory, { recursive: true, force: true });
    this.interrupted = record.state === 'interrupted';
    if (this.interrupted) return null;
    if (record.failure === null || record.exitCode === exitCodes.invalidTrials) return record;
    const { code, message, ...detail } = record.failure;
    if (code === 'BUG') throw new Error(message);
    throw new BenchError(code as ErrorCode, message, detail);
  }
}

/** The figures of its trial, or why they are of no use. */
function figuresOf({ trials }: RunRecord): ArmFigures | string {
  const [trial] = trials;
  if (trial === undefined) return 'nothing was measured';
  if (trial.state !== 'good') return `${trial.state}: ${trial.reasons.join('; ')}`;
  const { workerUsPerPacket, packetsOutPerSecond, bitrateOutBps } = trial.figures;
  const { transports, workerCpuCores, generatorCpuCores } = trial.figures;
  if (
    workerUsPerPacket === null ||
    packetsOutPerSecond === null ||
    bitrateOutBps === null ||
    transports === null ||
    workerCpuCores === null ||
    generatorCpuCores === null
  )
    return 'the node did not answer at both ends of the hold';
  return {
    workerUsPerPacket,
    packetsPerSecond: packetsOutPerSecond,
    bitrateBps: bitrateOutBps,
    transports,
    workerCpuCores,
    generatorCpuCores,
  };
}

/** A fair shuffle of the arms (Fisher–Yates), the same for the same seed and block. */
export function armOrder(seed: number, block: number): readonly Arm[] {
  const random = randomOf(seed, block);
  const order = [...arms];
  for (let left = order.length; left > 1; left -= 1) {
    const at = Math.floor(random() * left);
    const [last, chosen] = [order[left - 1], order[at]];
    if (last === undefined || chosen === undefined) continue;
    order[left - 1] = chosen;
    order[at] = last;
  }
  return order;
}

/** Numbers from 0 to 1, by splitmix32 over seed and block. */
function randomOf(seed: number, block: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b9) ^ Math.imul(block + 1, 0x85ebca6b)) | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
