/**
 * Whether the sockets of all synthetic bots fit into their hosts: asked before a run, not found out in the middle of
 * one. Hosts are children of this process, and inherit its limits.
 */
import type { BotSpec } from '../bots/bot.ts';
import { readDescriptors } from './doctor/read-limits.ts';
import { textOrNull } from './doctor/read-text.ts';
import { BenchError } from './errors.ts';
import type { Synthetic } from './scenario.ts';

/** Of a host: what Node and its libraries have open, and what a host leaves for files, pipes and children. */
const reservedDescriptors = 192;
/** Sockets of a host that can be woken per packet, each by a thread of its own; what a host has is one more. */
export const mostSleepers = 250;

export interface SocketLimits {
  /** Open files that a process may have; null where the system does not say. */
  readonly descriptors: number | null;
  /** Local UDP ports that the kernel gives away, for all hosts together. */
  readonly ports: number | null;
  /** Sockets of a host that can have a thread of their own; null where none needs one. */
  readonly sleepers: number | null;
}

export function readSocketLimits(wake: Synthetic['wake']): SocketLimits {
  const range = (textOrNull('/proc/sys/net/ipv4/ip_local_port_range') ?? '').trim().split(/\s+/).map(Number);
  const [first = Number.NaN, last = Number.NaN] = range;
  return {
    descriptors: readDescriptors(),
    ports: Number.isNaN(last) ? null : last - first + 1,
    sleepers: wake === 'packet' ? mostSleepers : null,
  };
}

/** A bot has a UDP socket for each direction that it uses. */
function transportsOf({ publish, consume }: BotSpec): number {
  const sends = publish.audio !== null || publish.video !== null;
  return (sends ? 1 : 0) + (consume.kinds.length > 0 ? 1 : 0);
}

/** How many of the bots fit, the first ones, when they go to the hosts in turn. */
export function botsThatFit(bots: readonly BotSpec[], hosts: number, limits: SocketLimits): number {
  const room = (limits.descriptors ?? Number.POSITIVE_INFINITY) - reservedDescriptors;
  const threads = limits.sleepers ?? Number.POSITIVE_INFINITY;
  const perHost = Array.from({ length: hosts }, () => ({ descriptors: 0, transports: 0 }));
  let ports = 0;
  for (const [index, bot] of bots.entries()) {
    const transports = transportsOf(bot);
    ports += transports;
    const host = perHost[index % hosts] ?? { descriptors: 0, transports: 0 };
    host.transports += transports;
    // And its WebSocket.
    host.descriptors += transports + 1;
    const isFull = host.descriptors > room || host.transports > threads;
    if (isFull || ports > (limits.ports ?? Number.POSITIVE_INFINITY)) return index;
  }
  return bots.length;
}

/** Which limit it is that lets no more than these fit, in words, and what to do about it. */
function narrowest(bots: readonly BotSpec[], hosts: number, limits: SocketLimits, fitting: number) {
  const none: SocketLimits = { descriptors: null, ports: null, sleepers: null };
  const isOf = (own: Partial<SocketLimits>): boolean =>
    botsThatFit(bots, hosts, { ...none, ...own }) === fitting;
  const { descriptors, ports, sleepers } = limits;
  const each = `for each of ${hosts} bot ${hosts === 1 ? 'host' : 'hosts'}`;
  if (isOf({ sleepers }))
    return {
      found: `${sleepers} threads to be woken by packets ${each}`,
      hint: "use synthetic: { wake: 'batch' }",
    };
  if (isOf({ ports }))
    return {
      found: `${ports} local ports (net.ipv4.ip_local_port_range)`,
      hint: 'widen the range: sysctl -w net.ipv4.ip_local_port_range="15000 65000"',
    };
  return { found: `${descriptors} open files ${each} (ulimit -n)`, hint: 'raise the limit: ulimit -n 65536' };
}

/** @throws BenchError TOO_FEW_SOCKETS with the number that fits */
export function refuseTooManyBots(bots: readonly BotSpec[], hosts: number, limits: SocketLimits): void {
  const fitting = botsThatFit(bots, hosts, limits);
  if (fitting === bots.length) return;
  const { found, hint } = narrowest(bots, hosts, limits, fitting);
  const message = `${bots.length} synthetic bots need more sockets than fit: with ${found}, ${fitting} bots fit`;
  throw new BenchError('TOO_FEW_SOCKETS', message, { hint: `${hint}; or lower the load` });
}
