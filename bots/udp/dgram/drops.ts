/** Datagrams that the kernel dropped at sockets, where only their addresses are known: /proc/net/udp and udp6 (proc(5)). */
import { readFileSync } from 'node:fs';
import type { Endpoint } from '../port.ts';

/** Of the sockets bound to these addresses, together; null where the system does not say. */
export function portableDrops(locals: readonly Endpoint[]): number | null {
  const six = locals.some(({ address }) => address.includes(':'));
  const four = locals.some(({ address }) => !address.includes(':'));
  try {
    const ports = (of: 4 | 6): ReadonlySet<number> =>
      new Set(locals.filter(({ address }) => address.includes(':') === (of === 6)).map(({ port }) => port));
    return (
      (four ? sum(readFileSync('/proc/net/udp', 'latin1'), ports(4)) : 0) +
      (six ? sum(readFileSync('/proc/net/udp6', 'latin1'), ports(6)) : 0)
    );
  } catch {
    return null;
  }
}

/** Lines are `slot: address:port remote:port … drops`, numbers in hexadecimal save the last. */
function sum(table: string, ports: ReadonlySet<number>): number {
  let drops = 0;
  for (const line of table.split('\n').slice(1)) {
    const [, local] = line.trim().split(/\s+/, 2);
    const port = Number.parseInt(local?.split(':')[1] ?? '', 16);
    if (ports.has(port)) drops += Number(line.trim().split(/\s+/).at(-1));
  }
  return drops;
}
