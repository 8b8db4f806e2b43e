/** Reads what the findings about programs are about, and starts them to see whether they do. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findInstalledBrowser, findInstalledWorker } from '../setup/installed.js';
import { isRecentNode } from '../setup/node.js';
import { packageDir, packageRoot } from '../setup/places.js';
import { SetupError } from '../setup/setup-error.js';
import { sha256Of, whyNotWorker } from '../setup/worker-binary.js';
import { mediasoupVersion } from '../setup/worker-places.js';
import type { BrowserReading, MediasoupReading, NodeReading, WorkerReading, WrongPath } from './programs.ts';
import { browserVersion, whyNotBrowser } from './try-browser.ts';

/** What of our package.json is looked at. */
interface Requirements {
  readonly engines: { readonly node: string };
  readonly optionalDependencies: { readonly mediasoup: string };
}

function requirements(): Requirements {
  return JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as Requirements;
}

export function readNode(): NodeReading {
  const { node } = process.versions;
  return { version: node, recent: isRecentNode(node), wanted: requirements().engines.node };
}

export function readMediasoup(): MediasoupReading {
  const folder = packageDir(packageRoot(), 'mediasoup');
  return {
    version: folder === undefined ? null : mediasoupVersion(folder),
    wanted: requirements().optionalDependencies.mediasoup,
  };
}

export async function readWorker(): Promise<WorkerReading | WrongPath | null> {
  const worker = lookUp(() => findInstalledWorker());
  if (worker === null || 'message' in worker) return worker;
  const { path, kind, version, sha256: recordedSha256 } = worker;
  const whyNot = await whyNotWorker(path);
  return { path, kind, version, sha256: sha256Of(path), recordedSha256, whyNot };
}

export async function readBrowser(signal: AbortSignal): Promise<BrowserReading | WrongPath | null> {
  const browser = lookUp(() => findInstalledBrowser());
  if (browser === null || 'message' in browser) return browser;
  const { path } = browser;
  const asRoot = process.getuid?.() === 0;
  const [version, whyNot] = await Promise.all([
    browserVersion(path, signal),
    whyNotBrowser(path, asRoot, signal),
  ]);
  return { path, version, whyNot, given: (process.env['CHROME_PATH'] ?? '') !== '', asRoot };
}

/** The font file that charts are drawn with. */
export function findFont(): string | null {
  const folder = packageDir(packageRoot(), 'dejavu-fonts-ttf');
  const file = folder === undefined ? '' : join(folder, 'ttf/DejaVuSans.ttf');
  return existsSync(file) ? file : null;
}

function lookUp<Found>(find: () => Found): Found | WrongPath {
  try {
    return find();
  } catch (thrown) {
    if (thrown instanceof SetupError) return { message: thrown.message, hint: thrown.hint ?? null };
    throw thrown;
  }
}
