/**
 * Whether the sockets of all synthetic bots fit into their hosts: asked before a run, not found out in the middle of
 * one. Hosts are children of this process, and inherit its limits.
 */
import type { BotSpec } from '../bots/bot.ts';
import { readDescriptors } from './doctor/read-limits.ts';
import { textOrNull } from './doctor/read-text.ts';
import { BenchError } from './errors.ts';

/** Of a host: what Node and its libraries have open, and what a host leaves for files, pipes and children. */
const reservedDescriptors = 192;

export interface SocketLimits {
  /** Open files that a process may have; null where the system does not say. */
  readonly descriptors: number | null;
  /** Local UDP ports that the kernel gives away, for all hosts together. */
  readonly ports: number | null;
}

export function readSocketLimits(): SocketLimits {
  const range = (textOrNull('/proc/sys/net/ipv4/ip_local_port_range') ?? '').trim().split(/\s+/).map(Number);
  const [first = Number.NaN, last = Number.NaN] = range;
  return { descriptors: readDescriptors(), ports: Number.isNaN(last) ? null : last - first + 1 };
}

/** A bot has a UDP socket for each direction that it uses. */
function transportsOf({ publish, consume }: BotSpec): number {
  const sends = publish.audio !== null || publish.video !== null;
  return (sends ? 1 : 0) + (consume.kinds.length > 0 ? 1 : 0);
}

/** How many of the bots fit, the first ones, when they go to the hosts in turn. */
export function botsThatFit(bots: readonly BotSpec[], hosts: number, limits: SocketLimits): number {
  const room = (limits.descriptors ?? Number.POSITIVE_INFINITY) - reservedDescriptors;
  const perHost = Array.from({ length: hosts }, () => 0);
  let ports = 0;
  for (const [index, bot] of bots.entries()) {
    const transports = transportsOf(bot);
    ports += transports;
    // And its WebSocket.
    const used = (perHost[index % hosts] ?? 0) + transports + 1;
    perHost[index % hosts] = used;
    if (used > room || ports > (limits.ports ?? Number.POSITIVE_INFINITY)) return index;
  }
  return bots.length;
}

/** @throws BenchError TOO_FEW_SOCKETS with the number that fits */
export function refuseTooManyBots(
  bots: readonly BotSpec[],
  hosts: number,
  limits: SocketLimits = readSocketLimits(),
): void {
  const fitting = botsThatFit(bots, hosts, limits);
  if (fitting === bots.length) return;
  const { descriptors, ports } = limits;
  const isOfPorts = botsThatFit(bots, hosts, { descriptors: null, ports }) === fitting;
  const found = isOfPorts
    ? `${ports} local ports (net.ipv4.ip_local_port_range)`
    : `${descriptors} open files for each of ${hosts} bot ${hosts === 1 ? 'host' : 'hosts'} (ulimit -n)`;
  const hint = isOfPorts
    ? 'widen the range: sysctl -w net.ipv4.ip_local_port_range="15000 65000"'
    : 'raise the limit: ulimit -n 65536';
  const message = `${bots.length} synthetic bots need more sockets than fit: with ${found}, ${fitting} bots fit`;
  throw new BenchError('TOO_FEW_SOCKETS', message, { hint: `${hint}; or lower the load` });
}
