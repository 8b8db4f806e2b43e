/** Loads mediasoup, which is an optional dependency, and finds the worker binary that it will run. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as mediasoup from 'mediasoup';
import { BenchError, messageOf } from '../../errors.ts';
import type { NodeDescription } from '../control.ts';
import type { NodeOptions } from './options.ts';

/** mediasoup's module, as far as the node uses it. */
export type Mediasoup = Pick<typeof mediasoup, 'createWorker' | 'version' | 'workerBin'>;

/** @throws BenchError WORKER_MISSING where the package is not installed, OPTION_INVALID where `mediasoupDir` is none */
export async function loadMediasoup(mediasoupDir: string | null): Promise<Mediasoup> {
  if (mediasoupDir !== null) return loadFrom(mediasoupDir);
  try {
    return moduleOf(await import('mediasoup'));
  } catch (cause) {
    throw new BenchError('WORKER_MISSING', 'the package mediasoup is not installed', {
      hint: 'mediasoup is an optional dependency: install it with `npm install mediasoup`, or name a target that runs elsewhere with --target',
      cause,
    });
  }
}

async function loadFrom(folder: string): Promise<Mediasoup> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const { name, main } = manifest as { readonly name?: unknown; readonly main?: unknown };
    if (name !== 'mediasoup' || typeof main !== 'string')
      throw new Error('its package.json is not that of mediasoup');
    return moduleOf(await import(pathToFileURL(join(folder, main)).href));
  } catch (cause) {
    throw new BenchError(
      'OPTION_INVALID',
      `mediasoup cannot be loaded from the folder given: ${messageOf(cause)}`,
      {
        field: 'mediasoupDir',
        value: folder,
        hint: 'give the folder of an installed mediasoup package, such as node_modules/mediasoup',
        cause,
      },
    );
  }
}

/** mediasoup is CommonJS: what its module exports is the default export of the namespace. */
function moduleOf(namespace: unknown): Mediasoup {
  const { default: inner } = namespace as { readonly default?: Mediasoup };
  return inner ?? (namespace as Mediasoup);
}

/** The binary that workers are started from. @throws BenchError WORKER_MISSING where it cannot be read */
export async function findWorkerBinary(
  loaded: Mediasoup,
  options: NodeOptions,
): Promise<NodeDescription['workerBinary']> {
  const path = options.workerBin ?? loaded.workerBin;
  const given = options.workerBin !== null || (process.env['MEDIASOUP_WORKER_BIN'] ?? '') !== '';
  try {
    return { path, kind: options.workerKind ?? (given ? 'given' : 'prebuilt'), sha256: await sha256Of(path) };
  } catch (cause) {
    throw new BenchError('WORKER_MISSING', `the mediasoup worker cannot be read: ${messageOf(cause)}`, {
      field: 'workerBin',
      value: path,
      hint: 'run the set-up again, or give the path of a mediasoup-worker in MEDIASOUP_WORKER_BIN or workerBin',
      cause,
    });
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
