/** What a result depends on and must carry: versions, worker binary, machine, pinning, settings. */
import { readFileSync } from 'node:fs';
import { cpus, hostname, release, totalmem } from 'node:os';
import type { Cores } from './cores.ts';
import { calibrationFor } from './machine-facts.ts';
import type { Manifest } from './record.ts';
import type { Target } from './targets/target.ts';

/** Version of this package. */
export function packageVersion(): string {
  // One folder up in a clone, two in the published package.
  for (const place of ['../package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (name === 'sfubench' && version !== undefined) return version;
    } catch {
      // The other place has it.
    }
  }
  return 'unknown';
}

export function thisMachine(): Manifest['machine'] {
  const all = cpus();
  return {
    hostname: hostname(),
    kernel: release(),
    cpuModel: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryBytes: totalmem(),
  };
}

/** @param bots what the bots run on, as their hosts say */
export function manifestOf(
  target: Target | null,
  bots: { readonly browser: string | null; readonly packets: string | null },
  cores: Cores,
): Manifest {
  const manifest: Manifest = {
    versions: {
      sfubench: packageVersion(),
      node: process.versions.node,
      browser: bots.browser,
      mediasoup: target?.description?.versions.mediasoup ?? null,
    },
    target: {
      kind: target?.kind ?? 'unknown',
      embedded: target?.embedded ?? false,
      signalingUrl: target?.signalingUrl ?? '',
    },
    node: target?.description ?? null,
    machine: thisMachine(),
    clocks: target?.embedded ? 'shared' : 'not shared',
    pinning: { sfu: cores.sfu, generator: cores.generator },
    shared: cores.shared,
    packets: bots.packets,
  };
  return { ...manifest, calibration: calibrationFor(manifest) };
}
