/** Findings about what the system allows a process, from readings that `read-limits.ts` makes. Pure. */
import { type Finding, ok, problem, sizeText, warning } from './finding.ts';

/** Bytes; null where the system does not say. */
export interface SocketBuffers {
  readonly receive: number | null;
  readonly send: number | null;
}

/** 20 ms of 50,000 packets/s of 1,200 bytes, doubled: the kernel counts more per packet than its payload. */
const wantedBufferBytes = 4 * 1024 ** 2;

/** @param sudo what stands before a command that only root may run: `sudo ` or nothing */
export function socketBuffersFinding({ receive, send }: SocketBuffers, sudo: string): Finding {
  if (receive === null || send === null) return ok('socket buffers', 'limits not shown by this system');
  const found = `up to ${sizeText(receive)} to receive, ${sizeText(send)} to send`;
  const low = [
    ...(receive < wantedBufferBytes ? [`net.core.rmem_max=${wantedBufferBytes}`] : []),
    ...(send < wantedBufferBytes ? [`net.core.wmem_max=${wantedBufferBytes}`] : []),
  ];
  if (low.length === 0) return ok('socket buffers', found);
  return warning('socket buffers', found, `bursts overflow small ones: ${sudo}sysctl -w ${low.join(' ')}`);
}

/** How the buffers of datagrams are freed that another core made. */
export interface FreedBuffers {
  /** So many may wait to be freed by the core that made them; null where the system does not say. */
  readonly deferMax: number | null;
  readonly kernel: string;
  readonly isVirtual: boolean;
}

/** The first Linux whose UDP hands buffers back. */
const handsBack = [6, 18] as const;

/** Handing back interrupts the core that made them, and on a virtual machine an interrupt costs as much as some packets. */
export function freedBuffersFinding({ deferMax, kernel, isVirtual }: FreedBuffers, sudo: string): Finding {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  const isNew = major > handsBack[0] || (major === handsBack[0] && minor >= handsBack[1]);
  if (deferMax === null || !isNew) return ok('freed buffers', 'by the core that received');
  if (deferMax === 0) return ok('freed buffers', 'by the core that received (net.core.skb_defer_max=0)');
  const found = `by the core that sent, up to ${deferMax} at a time`;
  if (!isVirtual) return ok('freed buffers', found);
  const remedy = `which is told by interrupts, dear on a virtual machine: ${sudo}sysctl -w net.core.skb_defer_max=0 spares the generator them, and moves the SFU’s figures a little`;
  return warning('freed buffers', found, remedy);
}

/** @param limit open files that this process may have; null where the system does not say */
export function descriptorsFinding(limit: number | null): Finding {
  if (limit === null) return ok('descriptors', 'limit not shown by this system');
  const found = `up to ${limit === Number.POSITIVE_INFINITY ? 'any number of' : limit} open files`;
  if (limit < 512) return problem('descriptors', found, 'a browser needs more: ulimit -n 65536');
  if (limit < 8192) return warning('descriptors', found, 'hundreds of bots need more: ulimit -n 65536');
  return ok('descriptors', found);
}

export interface MemoryReading {
  readonly totalBytes: number;
  /** Free or easily freed, within the container's limit where there is one. */
  readonly availableBytes: number;
  readonly limited: boolean;
}

/**
 * The quickstart took 0.95 GiB, all processes together, when it had six browser pages. It has four now, and two synthetic
 * viewers.
 */
const leastMemoryBytes = 1024 ** 3;
const easyMemoryBytes = 2 * 1024 ** 3;

export function memoryFinding({ totalBytes, availableBytes, limited }: MemoryReading): Finding {
  const where = limited ? ' (limit of the container)' : '';
  const found = `${sizeText(availableBytes)} available of ${sizeText(totalBytes)}${where}`;
  if (availableBytes >= easyMemoryBytes) return ok('memory', found);
  const remedy = `the quickstart takes ${sizeText(leastMemoryBytes)} with its browsers: free some memory, or use a larger machine`;
  return (availableBytes < leastMemoryBytes ? problem : warning)('memory', found, remedy);
}

/** A place in a file system. */
export interface PlaceReading {
  readonly path: string;
  readonly freeBytes: number | null;
  /** Why no file could be written there, one line; null when one could. */
  readonly whyNotWritable: string | null;
}

/** @param shared null where there is no `/dev/shm` @param temporary where Chrome puts profiles, and shared memory too */
export function sharedMemoryFinding(shared: number | null, temporary: PlaceReading): Finding {
  const found = `Chrome is told to use ${temporary.path}, ${freeText(temporary)}, not /dev/shm (${shared === null ? 'none' : sizeText(shared)})`;
  if (temporary.whyNotWritable !== null) {
    return problem(
      'shared memory',
      `${temporary.path}: ${temporary.whyNotWritable}`,
      'name another folder in TMPDIR',
    );
  }
  if (temporary.freeBytes !== null && temporary.freeBytes < 256 * 1024 ** 2) {
    return warning('shared memory', found, 'make room, or name another folder in TMPDIR');
  }
  return ok('shared memory', found);
}

const leastDiskBytes = 64 * 1024 ** 2;
const easyDiskBytes = 1024 ** 3;

export function diskFinding(place: PlaceReading): Finding {
  const { path, freeBytes, whyNotWritable } = place;
  const remedy = 'make room, or store runs elsewhere with --dir';
  if (whyNotWritable !== null) return problem('runs', `${path}: ${whyNotWritable}`, remedy);
  const found = `${path}, ${freeText(place)}`;
  if (freeBytes !== null && freeBytes < leastDiskBytes) return problem('runs', found, remedy);
  if (freeBytes !== null && freeBytes < easyDiskBytes) return warning('runs', found, remedy);
  return ok('runs', found);
}

function freeText({ freeBytes }: PlaceReading): string {
  return freeBytes === null ? 'free space unknown' : `${sizeText(freeBytes)} free`;
}
