/** The verb `calibrate`: what Chrome costs this machine's worker, over what synthetic bots do. */
import { randomInt } from 'node:crypto';
import { armMeans, calibrationFactor, unlikeness } from '../../reports/analysis/calibration.ts';
import { factorText } from '../../reports/calibration.ts';
import { percent, plural, whole } from '../../reports/format.ts';
import { calibrate, type Measured } from '../calibrate.ts';
import { type Arm, type Calibration, type CalibrationConditions, wakes } from '../calibration.ts';
import { runMs } from '../calibration-scenario.ts';
import { turnMs } from '../calibration-turns.ts';
import { allowedCores, divideCores } from '../cores.ts';
import type { Ending } from '../ending.ts';
import { BenchError, exitCodes, explain } from '../errors.ts';
import { calibrationFile, calibrationKey, keepFact, readCalibration } from '../machine-facts.ts';
import type { Manifest } from '../record.ts';
import { type CoreFlags, installed, type OutputFlags } from './flags.ts';
import { onInterrupt } from './interrupt.ts';
import { createTerminal } from './terminal.ts';

export interface CalibrateFlags extends CoreFlags, OutputFlags {
  readonly blocks: number;
  /** Of the runs' order; another one each time unless it is given. */
  readonly seed?: number;
  /** Adds to the blocks that are kept of this machine. */
  readonly more?: boolean;
}

/** Two Chromes keep 40 % of a core busy; more of them spoil the trial on a machine of two cores. */
const conditions: CalibrationConditions = {
  publishers: 2,
  consumers: 2,
  video: { width: 640, height: 360, fps: 30, maxBitrateBps: 500_000 },
  settleMs: 12_000,
  holdMs: 66_000,
  turnMs,
  leadMs: 2_000,
};

/** From so many on there is an interval of 95 %. */
const wholeBlocks = 6;

const names: Readonly<Record<Arm, string>> = {
  chrome: 'Chrome',
  packet: 'synthetic, wake packet',
  batch: 'synthetic, wake batch',
};

/** @returns the exit code; @throws BenchError where nothing could be measured */
export async function calibrateCommand(flags: CalibrateFlags): Promise<number> {
  const terminal = createTerminal({ quiet: flags.quiet ?? false, color: flags.color });
  const { worker, browser } = installed();
  if (worker === null)
    throw new BenchError('WORKER_MISSING', 'there is no mediasoup worker', { hint: 'run set-up' });
  if (browser === null)
    throw new BenchError('BROWSER_MISSING', 'there is no Chrome to compare with', {
      hint: 'run set-up, or name a Chrome or Chromium with CHROME_PATH',
    });
  const cores = coresOf(flags);
  let current: Ending | null = null;
  const release = onInterrupt(() => {
    terminal.note('interrupted: what was measured is kept');
    current?.interrupt();
  });
  const seed = flags.seed ?? randomInt(1, 1_000_000_000);
  const minutes = Math.ceil((flags.blocks * wakes.length * runMs(conditions)) / 60_000);
  terminal.note(
    `${plural(flags.blocks, 'block')} of ${wakes.length} runs, about ${minutes} min; seed ${seed}`,
  );
  const measured = await calibrate({
    conditions,
    blocks: flags.blocks,
    seed,
    ...cores,
    worker,
    browserPath: browser.path,
    onRun: (ending) => {
      current = ending;
    },
    onMeasuring: (block, wake, why) => {
      terminal.clear();
      const again = why === null ? '' : `, again (${why})`;
      terminal.note(`block ${block + 1} of ${flags.blocks}: Chrome and ${names[wake]}${again}`);
    },
    onStatus: (status) => terminal.status(status),
  }).finally(() => {
    release();
    terminal.clear();
  });
  return tell(measured, flags);
}

/** Worker and generator apart, or no figure is worth its name. */
function coresOf({ coresSfu, coresGenerator }: CoreFlags): {
  coresSfu: readonly number[];
  coresGenerator: readonly number[];
} {
  const wishes = { workers: 1, embedded: true, sfu: coresSfu ?? null, generator: coresGenerator ?? null };
  const { sfu, generator } = divideCores(allowedCores(), wishes);
  if (sfu === null || generator === null || sfu.some((core) => generator.includes(core)))
    throw new BenchError('TOO_FEW_CORES', 'worker and bots have no cores of their own here', {
      hint: 'a calibration compares what receivers cost the worker’s core: allow this process two cores or more',
    });
  return { coresSfu: sfu, coresGenerator: generator };
}

function tell(measured: Measured, flags: CalibrateFlags): number {
  const { failure, interrupted, manifest } = measured;
  const known = failure instanceof BenchError;
  if (failure !== null && (!known || measured.blocks.length === 0)) throw failure;
  if (known) process.stderr.write(`${explain(failure.message, failure.detail)}\n`);
  const kept = manifest === null ? null : keep(measured, manifest, flags.more === true);
  if (kept !== null && kept.failure !== null)
    process.stderr.write(`${explain(kept.failure.message, kept.failure.detail)}\n`);
  const state = interrupted ? 'interrupted' : failure === null ? 'completed' : 'failed';
  if (flags.json) process.stdout.write(`${JSON.stringify({ state, ...toldOf(kept) }, null, 2)}\n`);
  else if (kept === null) process.stdout.write('no block was measured to its end: nothing is kept\n');
  else process.stdout.write(calibrationTable(kept.calibration, keptText(kept)));
  if (interrupted) return exitCodes.interrupted;
  if (known) return failure.exitCode;
  if (kept !== null && kept.failure !== null) return kept.failure.exitCode;
  return kept === null ? exitCodes.invalidTrials : exitCodes.ok;
}

interface Kept {
  readonly calibration: Calibration;
  readonly file: string;
  /** False where more blocks are kept of before than these, or it failed. */
  readonly isKept: boolean;
  /** Of keeping it: what was measured is told all the same. */
  readonly failure: BenchError | null;
}

/** As JSON has it. */
function toldOf(kept: Kept | null): Omit<Kept, 'failure'> | null {
  if (kept === null) return null;
  const { failure: _, ...told } = kept;
  return told;
}

function keep(measured: Measured, manifest: Manifest, more: boolean): Kept | null {
  const machine = calibrationKey(manifest);
  const { browser } = manifest.versions;
  if (measured.blocks.length === 0 || machine === null || browser === null) return null;
  const file = calibrationFile(machine);
  const stored = readCalibration(file);
  const before =
    stored?.key.browser === browser && JSON.stringify(stored.conditions) === JSON.stringify(conditions)
      ? stored
      : null;
  const own = { blocks: measured.blocks, repeated: measured.repeated, givenUp: measured.givenUp };
  const all =
    more && before !== null
      ? {
          blocks: [...before.blocks, ...own.blocks],
          repeated: before.repeated + own.repeated,
          givenUp: before.givenUp + own.givenUp,
        }
      : own;
  const { blocks } = all;
  const calibration: Calibration = {
    schemaVersion: 1,
    measuredAt: new Date().toISOString(),
    key: { ...machine, browser },
    conditions,
    factors: { packet: calibrationFactor(blocks, 'packet'), batch: calibrationFactor(blocks, 'batch') },
    arms: {
      chrome: armMeans(blocks, 'chrome'),
      packet: armMeans(blocks, 'packet'),
      batch: armMeans(blocks, 'batch'),
    },
    ...all,
  };
  // A short one, or one that was cut short, says less than a whole one of before.
  const isWorthIt = before === null || blocks.length >= Math.min(before.blocks.length, wholeBlocks);
  const failure = isWorthIt ? failureOf(() => keepFact(file, calibration)) : null;
  return { calibration, file, isKept: isWorthIt && failure === null, failure };
}

function failureOf(act: () => void): BenchError | null {
  try {
    act();
    return null;
  } catch (thrown) {
    if (thrown instanceof BenchError) return thrown;
    throw thrown;
  }
}

function keptText({ file, isKept, failure }: Kept): string {
  if (failure !== null) return `not kept: it could not be written  ${file}`;
  return `${isKept ? 'kept' : 'not kept: what is there has more blocks'}  ${file}`;
}

/** @param kept where it is kept, or why not */
export function calibrationTable(calibration: Calibration, kept: string): string {
  const { key, factors, repeated, givenUp, blocks } = calibration;
  const head = ['consumers', 'packets/s', 'worker CPU', 'µs/packet', 'generator'];
  const rows = (['chrome', ...wakes] as const).map((arm) => {
    const figures = calibration.arms[arm];
    return [
      names[arm],
      whole(figures.packetsPerSecond),
      percent(figures.workerCpuCores, 2),
      figures.workerUsPerPacket.toFixed(1),
      percent(figures.generatorCpuCores, 0),
    ];
  });
  const widths = head.map((text, column) =>
    Math.max(text.length, ...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`;
  const coverage = factors.packet.coverage;
  const interval = coverage === null ? '' : ` (interval ${percent(coverage, 1)})`;
  return [
    `calibration · mediasoup ${key.mediasoup} · ${key.browser} · ${plural(blocks.length, 'block')}`,
    '',
    line(head),
    ...rows.map(line),
    '',
    `Chrome ÷ synthetic, wake packet  ${factorText(factors.packet)}${interval}`,
    `Chrome ÷ synthetic, wake batch   ${factorText(factors.batch)}${interval}`,
    ...unlikeness(calibration.arms).map((what) => `not alike  ${what}`),
    `generator  sound in every block that counts; ${plural(repeated, 'run')} measured again, ${plural(givenUp, 'block')} given up`,
    kept,
    '',
  ].join('\n');
}
