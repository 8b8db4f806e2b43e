/** How many sockets fit, to be asked before a run instead of found out in the middle of one. */
import { readdirSync, readFileSync } from 'node:fs';

export interface SocketRoom {
  /** Sockets that can be opened now. */
  readonly sockets: number;
  /** RLIMIT_NOFILE, and how many descriptors are in use; null where the system does not say. */
  readonly descriptorLimit: number | null;
  readonly descriptorsOpen: number | null;
  /** Local ports that the kernel gives away by itself, per local address. */
  readonly ephemeralPorts: number | null;
}

/** Left for files, pipes, WebSockets and children. */
const reserve = 128;

export function socketRoom(): SocketRoom {
  const descriptorLimit = readLimit();
  const descriptorsOpen = count('/proc/self/fd');
  const ephemeralPorts = readPorts();
  const descriptors =
    descriptorLimit === null ? Number.POSITIVE_INFINITY : descriptorLimit - (descriptorsOpen ?? 0) - reserve;
  return {
    sockets: Math.max(0, Math.min(descriptors, ephemeralPorts ?? 16_384)),
    descriptorLimit,
    descriptorsOpen,
    ephemeralPorts,
  };
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}

function count(folder: string): number | null {
  try {
    return readdirSync(folder).length;
  } catch {
    return null;
  }
}

/** The soft limit, which Node raises to the hard one when it starts. */
function readLimit(): number | null {
  const line = /^Max open files\s+(\d+|unlimited)/m.exec(read('/proc/self/limits') ?? '');
  if (line === null) return null;
  return line[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(line[1]);
}

function readPorts(): number | null {
  const [first, last] = (read('/proc/sys/net/ipv4/ip_local_port_range') ?? '')
    .trim()
    .split(/\s+/)
    .map(Number);
  return first === undefined || last === undefined || Number.isNaN(last) ? null : last - first + 1;
}
