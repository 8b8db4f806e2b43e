/** What a run's manifest must know of the node. Holds no secret: no token, no key, and of files only their names. */
import { existsSync, readFileSync } from 'node:fs';
import { cpus, hostname, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { NodeDescription } from '../control.ts';
import { routerCodecs } from './codecs.ts';
import type { NodeOptions } from './options.ts';
import type { MediaWorker } from './worker.ts';

export function describeNode(
  options: NodeOptions,
  mediasoupVersion: string,
  workers: readonly MediaWorker[],
  workerBinary: NodeDescription['workerBinary'],
): NodeDescription {
  const processors = cpus();
  const { tokenFile: _tokenFile, ...told } = options;
  return {
    schemaVersion: 1,
    kind: 'mediasoup',
    versions: { sfubench: packageVersion(), mediasoup: mediasoupVersion, node: process.versions.node },
    workerBinary,
    workers: workers.map((worker) => worker.description),
    settings: { ...told, routerCodecs, pinning: workers.map((worker) => worker.pinning) },
    host: {
      hostname: hostname(),
      kernel: release(),
      cpuModel: processors[0]?.model ?? 'unknown',
      cores: processors.length,
      memoryBytes: totalmem(),
    },
  };
}

/** Our own version: from the nearest package.json above, as sources and compiled files lie at different depths. */
function packageVersion(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version?: string };
    if (version !== undefined) return version;
  }
  return 'unknown';
}
