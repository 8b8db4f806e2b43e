/** Looks at everything that a run depends on; installs nothing and leaves nothing behind. */
import { arch, platform, release } from 'node:os';
import { divideCores, heldCores } from '../cores.ts';
import { runsDirectory } from '../run-directory.ts';
import { isClone, packageRoot } from '../setup/places.js';
import { resolveNodeOptions } from '../targets/mediasoup/options.ts';
import type { Finding } from './finding.ts';
import {
  descriptorsFinding,
  diskFinding,
  freedBuffersFinding,
  memoryFinding,
  sharedMemoryFinding,
  socketBuffersFinding,
} from './limits.ts';
import { ipv6Finding, loopbackFinding, portsFinding } from './network.ts';
import { coresFinding, governorFinding, locksFinding, pinningFinding, stealFinding } from './processor.ts';
import {
  browserFinding,
  fontFinding,
  kernelFinding,
  mediasoupFinding,
  nodeFinding,
  sandboxFinding,
  workerFinding,
} from './programs.ts';
import {
  readDescriptors,
  readFreedBuffers,
  readMemory,
  readRuns,
  readSharedMemory,
  readSocketBuffers,
  readTemporary,
} from './read-limits.ts';
import { readEphemeralPorts, tryEcho } from './read-network.ts';
import { readCores, readGovernors, tryPinning, watchSteal } from './read-processor.ts';
import { findFont, readBrowser, readMediasoup, readNode, readWorker } from './read-programs.ts';

/**
 * @param signal ends what was started
 * @returns findings in the order in which a person wants them: what is missing first, then what disturbs
 */
export async function examine(signal: AbortSignal): Promise<readonly Finding[]> {
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  const remedies = { setup: isClone(packageRoot()) ? 'npm run sfubench -- setup' : 'npx sfubench setup' };
  const cores = readCores();
  const wanted = divideCores(cores.allowed, { workers: 1, embedded: true, sfu: null, generator: null });
  // Before the trials: they would be the load that is seen.
  const steal = await watchSteal();
  const [pinning, worker, browser, loopback, ipv6] = await Promise.all([
    tryPinning(cores.allowed),
    readWorker(),
    readBrowser(signal),
    tryEcho('127.0.0.1'),
    tryEcho('::1'),
  ]);
  return [
    nodeFinding(readNode()),
    mediasoupFinding(readMediasoup()),
    workerFinding(worker, remedies),
    browserFinding(browser, remedies),
    sandboxFinding(browser),
    fontFinding(findFont()),
    kernelFinding({ platform: platform(), release: release(), arch: arch() }),
    coresFinding(cores),
    pinningFinding(pinning),
    locksFinding(heldCores(), [...(wanted.sfu ?? []), ...(wanted.generator ?? [])]),
    governorFinding(readGovernors(cores.allowed)),
    stealFinding(steal),
    memoryFinding(readMemory()),
    sharedMemoryFinding(readSharedMemory(), readTemporary()),
    descriptorsFinding(readDescriptors()),
    socketBuffersFinding(readSocketBuffers(), sudo),
    freedBuffersFinding(readFreedBuffers(), sudo),
    loopbackFinding(loopback),
    ipv6Finding(ipv6),
    portsFinding(readEphemeralPorts(), resolveNodeOptions({}).rtcPort, sudo),
    diskFinding(readRuns(runsDirectory())),
  ];
}
