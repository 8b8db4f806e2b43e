/** What every implementation of the UDP port does. Loopback only. */
import { closingContract } from './udp/closing.ts';
import { datagramsContract } from './udp/datagrams.ts';
import { limitsContract } from './udp/limits.ts';
import type { CreatePort } from './udp/polling.ts';

export function udpContract(name: string, create: CreatePort): void {
  datagramsContract(name, create);
  limitsContract(name, create);
  closingContract(name, create);
}
