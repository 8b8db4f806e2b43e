/** What doctor makes of readings: states, words and remedies, without a machine that has the fault. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../harness/doctor/finding.ts';
import {
  descriptorsFinding,
  diskFinding,
  freedBuffersFinding,
  memoryFinding,
  sharedMemoryFinding,
  socketBuffersFinding,
} from '../../harness/doctor/limits.ts';
import { ipv6Finding, loopbackFinding, portsFinding } from '../../harness/doctor/network.ts';
import {
  coresFinding,
  governorFinding,
  locksFinding,
  pinningFinding,
  stealFinding,
} from '../../harness/doctor/processor.ts';
import {
  browserFinding,
  fontFinding,
  kernelFinding,
  mediasoupFinding,
  nodeFinding,
  workerFinding,
} from '../../harness/doctor/programs.ts';

const remedies = { setup: 'sfubench setup' };
const mib = 1024 ** 2;

function is(finding: Finding, state: Finding['state'], found: RegExp, remedy: RegExp | null = null): void {
  assert.equal(finding.state, state, JSON.stringify(finding));
  assert.match(finding.found, found);
  if (remedy === null) assert.equal(finding.remedy, null);
  else assert.match(finding.remedy ?? '', remedy);
}

describe('findings about the processor', () => {
  const cores = { model: 'CPU', total: 8, allowed: [0, 1, 2, 5], quota: null };

  it('counts the cores that may be used', () => {
    is(coresFinding(cores), 'ok', /^4 of 8 cores \(0-2,5\) · CPU$/);
    is(coresFinding({ ...cores, allowed: [] }), 'ok', /^8 of 8 cores · CPU$/);
    is(coresFinding({ ...cores, total: 1, allowed: [0] }), 'warning', /^1 of 1 core /, /two or more/);
  });

  it('warns of a quota below the cores, which throttles', () => {
    is(coresFinding({ ...cores, quota: 1.5 }), 'warning', /a quota of 1\.5 cores/, /cpuset/);
    is(coresFinding({ ...cores, quota: 4 }), 'ok', /4 of 8/);
  });

  it('says what became of a pinned child', () => {
    is(pinningFinding({ state: 'pinned', core: 3 }), 'ok', /core 3/);
    is(
      pinningFinding({ state: 'failed', reason: 'there is no taskset', missing: true }),
      'warning',
      /there is no taskset/,
      /util-linux/,
    );
    is(
      pinningFinding({ state: 'failed', reason: 'not permitted', missing: false }),
      'warning',
      /not per/,
      /unpinned/,
    );
  });

  it('is a problem where another run holds a core that a run here would take', () => {
    const held = [0, 1].map((core) => ({ core, pid: 42, directory: '/runs/a' }));
    is(locksFinding([], [0, 1]), 'ok', /no run/);
    is(locksFinding(held, [0, 1]), 'problem', /^held: 0-1 by process 42 \(\/runs\/a\)$/, /--cores-sfu/);
    is(locksFinding(held, [2, 3]), 'ok', /process 42/);
  });

  it('warns of a clock that follows the load, and of steal', () => {
    is(governorFinding([]), 'ok', /not shown/);
    is(governorFinding(['performance', 'performance']), 'ok', /^performance$/);
    is(governorFinding(['powersave', 'performance']), 'warning', /powersave, performance/, /cpupower/);
    is(stealFinding(null), 'ok', /not shown/);
    is(stealFinding(0.001), 'ok', /0\.1 %/);
    is(stealFinding(0.05), 'warning', /5\.0 %/, /dedicated/);
  });
});

describe('findings about programs', () => {
  const worker = {
    path: '/w/mediasoup-worker',
    kind: 'built',
    version: '3.27.1',
    sha256: 'abcdef0123456789',
    recordedSha256: 'abcdef0123456789',
    whyNot: '',
  };
  const browser = {
    path: '/usr/bin/chromium',
    version: 'Chromium 156',
    whyNot: '',
    given: false,
    asRoot: false,
  };

  it('needs a Node that strips types', () => {
    is(nodeFinding({ version: '24.1.0', recent: true, wanted: '>=22.18' }), 'ok', /^24\.1\.0$/);
    is(
      nodeFinding({ version: '22.1.0', recent: false, wanted: '>=22.18' }),
      'problem',
      />=22\.18/,
      /Node 24/,
    );
    is(kernelFinding({ platform: 'linux', release: '6.1', arch: 'x64' }), 'ok', /linux 6\.1 x64/);
    is(kernelFinding({ platform: 'darwin', release: '25', arch: 'arm64' }), 'warning', /darwin/, /Linux/);
  });

  it('names the optional mediasoup, and the version to install', () => {
    is(mediasoupFinding({ version: '3.27.1', wanted: '3.27.1' }), 'ok', /3\.27\.1/);
    is(
      mediasoupFinding({ version: null, wanted: '3.27.1' }),
      'problem',
      /not installed/,
      /mediasoup@3\.27\.1.*--target/,
    );
  });

  it('wants a worker that starts and is the one that was stored', () => {
    is(
      workerFinding(worker, remedies),
      'ok',
      /^starts · built 3\.27\.1 · sha256 abcdef012345 · \/w\/mediasoup-worker$/,
    );
    is(workerFinding(null, remedies), 'problem', /none/, /sfubench setup.*MEDIASOUP_WORKER_BIN/);
    is(workerFinding({ message: 'wrong path', hint: null }, remedies), 'problem', /wrong path/, /setup/);
    is(
      workerFinding({ ...worker, whyNot: 'no libuv' }, remedies),
      'problem',
      /does not start: no libuv/,
      /setup/,
    );
    is(
      workerFinding({ ...worker, kind: 'given', whyNot: 'no' }, remedies),
      'problem',
      /given/,
      /MEDIASOUP_WORKER_BIN/,
    );
    is(workerFinding({ ...worker, sha256: 'ffff' }, remedies), 'warning', /not the binary/, /setup/);
  });

  it('wants a browser that starts', () => {
    is(browserFinding(browser, remedies), 'ok', /^starts · Chromium 156 · /);
    is(browserFinding(null, remedies), 'problem', /none/, /CHROME_PATH/);
    is(
      browserFinding({ ...browser, whyNot: 'broken' }, remedies),
      'problem',
      /broken/,
      /--dump-dom.*sfubench setup/,
    );
    is(
      browserFinding({ ...browser, whyNot: 'broken', given: true }, remedies),
      'problem',
      /broken/,
      /CHROME_PATH/,
    );
    is(
      browserFinding({ ...browser, whyNot: 'No usable sandbox!' }, remedies),
      'problem',
      /No usable sandbox/,
      /user namespaces/,
    );
  });

  it('warns of charts without text', () => {
    is(fontFinding('/f/DejaVuSans.ttf'), 'ok', /DejaVuSans\.ttf/);
    is(fontFinding(null), 'warning', /missing/, /npm install/);
  });
});

describe('findings about limits', () => {
  it('gives the sysctl line for the buffers that are too small, and no other', () => {
    is(socketBuffersFinding({ receive: 4 * mib, send: 8 * mib }, 'sudo '), 'ok', /4 MiB.*8 MiB/);
    const low = socketBuffersFinding({ receive: 212_992, send: 4 * mib }, 'sudo ');
    is(low, 'warning', /208 KiB/, /: sudo sysctl -w net\.core\.rmem_max=4194304$/);
    is(
      socketBuffersFinding({ receive: 1, send: 1 }, ''),
      'warning',
      /1 B/,
      /: sysctl -w net\.core\.rmem_max=4194304 net\.core\.wmem_max=4194304$/,
    );
    is(socketBuffersFinding({ receive: null, send: null }, ''), 'ok', /not shown/);
  });

  it('names the sysctl that spares a virtual machine interrupts, and no other machine', () => {
    const virtual = { deferMax: 64, kernel: '6.18.5', isVirtual: true };
    const wanted = /: sudo sysctl -w net\.core\.skb_defer_max=0 /;
    is(freedBuffersFinding(virtual, 'sudo '), 'warning', /up to 64 at a time/, wanted);
    is(freedBuffersFinding({ ...virtual, kernel: '7.0.0-1-generic' }, 'sudo '), 'warning', /64/, wanted);
    is(freedBuffersFinding({ ...virtual, isVirtual: false }, ''), 'ok', /core that sent, up to 64/);
    is(freedBuffersFinding({ ...virtual, deferMax: 0 }, ''), 'ok', /core that received \(.*=0\)/);
    for (const older of [
      { ...virtual, kernel: '6.17.9' },
      { ...virtual, deferMax: null },
    ])
      is(freedBuffersFinding(older, ''), 'ok', /^by the core that received$/);
  });

  it('counts descriptors', () => {
    is(descriptorsFinding(20_000), 'ok', /20000/);
    is(descriptorsFinding(Number.POSITIVE_INFINITY), 'ok', /any number/);
    is(descriptorsFinding(1024), 'warning', /1024/, /ulimit -n/);
    is(descriptorsFinding(256), 'problem', /256/, /ulimit -n/);
    is(descriptorsFinding(null), 'ok', /not shown/);
  });

  it('wants memory for the browsers, within the limit of a container', () => {
    const memory = { totalBytes: 8192 * mib, availableBytes: 4096 * mib, limited: false };
    is(memoryFinding(memory), 'ok', /^4 GiB available of 8 GiB$/);
    is(
      memoryFinding({ ...memory, availableBytes: 1500 * mib, limited: true }),
      'warning',
      /container/,
      /free/,
    );
    is(memoryFinding({ ...memory, availableBytes: 512 * mib }), 'problem', /512 MiB/, /free/);
  });

  it('wants room for Chrome and for the run, that can be written to', () => {
    const place = { path: '/here', freeBytes: 9 * 1024 ** 3, whyNotWritable: null };
    is(diskFinding(place), 'ok', /^\/here, 9 GiB free$/);
    is(diskFinding({ ...place, freeBytes: 500 * mib }), 'warning', /500 MiB free/, /--dir/);
    is(diskFinding({ ...place, freeBytes: 10 * mib }), 'problem', /10 MiB free/, /--dir/);
    is(diskFinding({ ...place, whyNotWritable: 'EROFS' }), 'problem', /EROFS/, /--dir/);
    is(diskFinding({ ...place, freeBytes: null }), 'ok', /unknown/);
    is(sharedMemoryFinding(64 * mib, place), 'ok', /\/here, 9 GiB free, not \/dev\/shm \(64 MiB\)/);
    is(sharedMemoryFinding(null, { ...place, freeBytes: mib }), 'warning', /1 MiB free.*none/, /TMPDIR/);
    is(sharedMemoryFinding(null, { ...place, whyNotWritable: 'ENOENT' }), 'problem', /ENOENT/, /TMPDIR/);
  });
});

describe('findings about the network', () => {
  it('wants every datagram back', () => {
    const echoed = { state: 'echoed', sent: 20, received: 20, medianMs: 0.05 } as const;
    is(loopbackFinding(echoed), 'ok', /20 of 20/);
    is(loopbackFinding({ ...echoed, received: 3 }), 'warning', /3 of 20/, /firewall/);
    is(loopbackFinding({ ...echoed, received: 0 }), 'problem', /0 of 20/, /firewall/);
    is(loopbackFinding({ state: 'failed', reason: 'EPERM' }), 'problem', /EPERM/, /firewall/);
    is(ipv6Finding(echoed), 'ok', /works/);
    is(ipv6Finding({ state: 'failed', reason: 'EADDRNOTAVAIL' }), 'ok', /IPv4 is used/);
  });

  it('keeps the node’s ports apart from those of clients', () => {
    is(portsFinding([32_768, 60_999], 20_000, ''), 'ok', /media from 20000, ephemeral 32768-60999/);
    is(portsFinding([1024, 65_535], 20_000, 'sudo '), 'warning', /1024-65535/, /sudo sysctl -w net\.ipv4/);
    is(portsFinding(null, 20_000, ''), 'ok', /not shown/);
  });
});
