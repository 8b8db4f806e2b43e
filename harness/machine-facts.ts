/**
 * What was measured of this machine and speaks for later runs on it, kept in the user's cache: one file per kind of
 * fact and machine. A file that cannot be read is as good as none: it can be measured again.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { dirname, join } from 'node:path';
import type { Calibration, CalibrationKey, CalibrationSummary } from './calibration.ts';
import type { Ceiling } from './doctor/ceiling.ts';
import { BenchError, messageOf } from './errors.ts';
import type { Manifest } from './record.ts';
import { userCacheDir } from './setup/context.js';

/** What every figure of CPU depends on. */
export interface MachineKey {
  readonly cpuModel: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
}

export function machineKey(): MachineKey {
  return {
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    node: process.versions.node,
  };
}

/** The file of a calibration: Chrome is looked at when it is read, as a run may be without one. */
export function calibrationFile(
  key: Omit<CalibrationKey, 'browser'>,
  env: NodeJS.ProcessEnv = process.env,
): string {
  const { cpuModel, cores, kernel, node, mediasoup, workerSha256 } = key;
  return fileOf('calibration', [cpuModel, cores, kernel, node, mediasoup, workerSha256], env);
}

export function ceilingFile(key: MachineKey, env: NodeJS.ProcessEnv = process.env): string {
  const { cpuModel, cores, kernel, node } = key;
  return fileOf('ceiling', [cpuModel, cores, kernel, node], env);
}

function fileOf(kind: string, parts: readonly (string | number)[], env: NodeJS.ProcessEnv): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
  return join(userCacheDir(env), 'machine', `${kind}-${hash}.json`);
}

export function readCalibration(file: string): Calibration | null {
  return read<Calibration>(file, (fact) => Array.isArray(fact.blocks) && fact.blocks.length > 0);
}

export function readCeiling(file: string): Ceiling | null {
  return read<Ceiling>(file, (fact) => typeof fact.packetsPerSecond === 'number');
}

function read<Fact extends { readonly schemaVersion: 1 }>(
  file: string,
  isWhole: (fact: Fact) => boolean,
): Fact | null {
  try {
    const fact = JSON.parse(readFileSync(file, 'utf8')) as Fact | null;
    return fact?.schemaVersion === 1 && isWhole(fact) ? fact : null;
  } catch {
    return null;
  }
}

/** @throws BenchError where the cache cannot be written */
export function keepFact(file: string, fact: Calibration | Ceiling): void {
  const draft = `${file}.${process.pid}.new`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, `${JSON.stringify(fact, null, 2)}\n`);
    renameSync(draft, file);
  } catch (cause) {
    throw new BenchError('DIRECTORY_NOT_WRITABLE', `cannot keep what was measured: ${messageOf(cause)}`, {
      file,
      hint: 'XDG_CACHE_HOME names another folder for the cache',
      cause,
    });
  }
}

/** Null where the SFU is not on this machine, or the node does not say what it runs. */
export function calibrationKey(manifest: Manifest): Omit<CalibrationKey, 'browser'> | null {
  const { target, node, versions } = manifest;
  if (!target.embedded || node === null || versions.mediasoup === null) return null;
  return { ...machineKey(), mediasoup: versions.mediasoup, workerSha256: node.workerBinary.sha256 };
}

/** The calibration that speaks for a run: of the same machine and programs, its Chrome included if it has one. */
export function calibrationFor(
  manifest: Manifest,
  env: NodeJS.ProcessEnv = process.env,
): CalibrationSummary | null {
  // Only synthetic bots have to be compared with Chrome.
  const key = manifest.packets == null ? null : calibrationKey(manifest);
  const stored = key === null ? null : readCalibration(calibrationFile(key, env));
  if (stored === null) return null;
  const { browser } = manifest.versions;
  if (browser !== null && browser !== stored.key.browser) return null;
  const { schemaVersion: _version, blocks: _blocks, ...summary } = stored;
  return summary;
}
