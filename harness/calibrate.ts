/**
 * Measures blocks of a calibration: one run for each way of waking, in an order that a seed gives, every one on a fresh
 * worker and with a fresh Chrome. What is compared is measured within seconds, on the same worker.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTurns, turnEffect } from '../reports/analysis/turns.ts';
import {
  type CalibrationBlock,
  type CalibrationConditions,
  type Turn,
  type Wake,
  wakes,
} from './calibration.ts';
import { calibrationScenario } from './calibration-scenario.ts';
import { nowMs } from './clock.ts';
import { Ending } from './ending.ts';
import { BenchError, type ErrorCode, exitCodes } from './errors.ts';
import type { Manifest, RunRecord, Sample } from './record.ts';
import { runScenario } from './run.ts';
import type { RunOptions } from './run-options.ts';
import type { Status } from './status.ts';
import { readRun } from './store.ts';

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
  /** A run is about to begin; `why`: what the one before it was of no use for. */
  readonly onMeasuring: (block: number, wake: Wake, why: string | null) => void;
  readonly onStatus: (status: Status) => void;
}

export interface Measured {
  readonly blocks: readonly CalibrationBlock[];
  /** Of the latest run; null when there was none. */
  readonly manifest: Manifest | null;
  readonly repeated: number;
  readonly givenUp: number;
  readonly interrupted: boolean;
  /** What ended it early; what was measured until then stands. */
  readonly failure: unknown;
}

/** A run that is not good is measured again so often before its block is given up. */
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
      const order = wakeOrder(seed, block);
      const measured: Partial<Record<Wake, readonly Turn[]>> = {};
      for (const wake of order) {
        const turns = await this.#turns(block, wake);
        if (this.interrupted) return;
        if (turns === null) break;
        measured[wake] = turns;
      }
      const { packet, batch } = measured;
      if (packet === undefined || batch === undefined) this.givenUp += 1;
      else this.blocks.push({ order, turns: { packet, batch } });
    }
  }

  /** Null when it never became a good run, or was interrupted. */
  async #turns(block: number, wake: Wake): Promise<readonly Turn[] | null> {
    let why: string | null = null;
    for (let attempt = 0; attempt <= repeatsAtMost; attempt += 1) {
      if (attempt > 0) this.repeated += 1;
      this.#options.onMeasuring(block, wake, why);
      const turns = await this.#run(wake);
      if (typeof turns !== 'string') return turns;
      why = turns;
    }
    return null;
  }

  /** The turns of one run, or why they are of no use; null when it was interrupted. */
  async #run(wake: Wake): Promise<readonly Turn[] | string | null> {
    const { conditions, seed, coresSfu, coresGenerator, worker, browserPath, onRun, onStatus } =
      this.#options;
    const ending = new Ending();
    onRun(ending);
    this.#runs += 1;
    const directory = join(this.#place, `run-${this.#runs}`);
    const startMs = nowMs();
    const { record } = await runScenario({
      scenario: calibrationScenario(wake, conditions, seed),
      id: `calibration-${wake}`,
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
    this.interrupted = record.state === 'interrupted';
    if (this.interrupted) return null;
    throwFailure(record);
    this.manifest = record.manifest;
    const turns = turnsOf(record, readRun(directory).samples, startMs, conditions);
    rmSync(directory, { recursive: true, force: true });
    return turns;
  }
}

/** What would end every run of it ends the calibration; a generator that was the limit is tried again. */
function throwFailure({ failure, exitCode }: RunRecord): void {
  if (failure === null || exitCode === exitCodes.invalidTrials) return;
  const { code, message, ...detail } = failure;
  if (code === 'BUG') throw new Error(message);
  throw new BenchError(code as ErrorCode, message, detail);
}

/** Turns of one run that say something: fewer are no comparison. */
const leastTurns = 6;

function turnsOf(
  { trials }: RunRecord,
  samples: readonly Sample[],
  startMs: number,
  { turnMs, leadMs }: CalibrationConditions,
): readonly Turn[] | string {
  const [trial] = trials;
  const hold = trial?.phases.at(-1);
  if (trial === undefined || hold === undefined) return 'nothing was measured';
  if (trial.state !== 'good') return `${trial.state}: ${trial.reasons.join('; ')}`;
  const { startMs: fromMs, endMs: toMs } = hold;
  const turns = readTurns(samples, { turnMs, leadMs, startMs, fromMs, toMs });
  const says = turns.length >= leastTurns && turnEffect(turns) !== null;
  return says ? turns : `${turns.length} turns were read in full`;
}

/** Which comes first is drawn, the same for the same seed and block. */
export function wakeOrder(seed: number, block: number): readonly Wake[] {
  // The finalizer of splitmix32 over seed and block.
  let mixed = (Math.imul(seed, 0x9e3779b9) ^ Math.imul(block + 1, 0x85ebca6b)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return ((mixed ^ (mixed >>> 15)) & 1) === 0 ? wakes : wakes.toReversed();
}
