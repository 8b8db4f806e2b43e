/** How the contract drives a port. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import {
  noAddress,
  type OpenSocket,
  type SocketRequest,
  type UdpOptions,
  type UdpPort,
} from '../../../bots/udp/port.ts';

export type CreatePort = (options?: Partial<UdpOptions>) => UdpPort;

export interface Received {
  readonly handle: number;
  readonly bytes: Buffer;
  readonly arrivalMs: number;
  readonly flags: number;
  readonly from: number;
}

export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function opened(port: UdpPort, request: SocketRequest): OpenSocket {
  const opening = port.open(request);
  if (opening.state !== 'open') throw new Error(opening.reason);
  return opening;
}

/** Two sockets connected to each other. */
export function pair(
  port: UdpPort,
  address = '127.0.0.1',
  sizes: Partial<SocketRequest> = {},
): { a: OpenSocket; b: OpenSocket } {
  const reserved = opened(port, { address });
  port.close(reserved.handle);
  const a = opened(port, { address, remote: { address, port: reserved.port }, ...sizes });
  const b = opened(port, { address, port: reserved.port, remote: { address, port: a.port }, ...sizes });
  return { a, b };
}

/** Polls until there are `count` datagrams, or none came for `idleMs`. */
export async function collect(port: UdpPort, count: number, idleMs = 200): Promise<Received[]> {
  const received: Received[] = [];
  let lastMs = nowMs();
  while (received.length < count && nowMs() - lastMs < idleMs) {
    const handed = port.poll(nowMs(), (handle, offset, length, arrivalMs, flags, from) => {
      const bytes = Buffer.from(port.inbox.subarray(offset, offset + length));
      received.push({ handle, bytes, arrivalMs, flags, from });
    });
    if (handed > 0) lastMs = nowMs();
    await setImmediate();
  }
  return received;
}

export function say(port: UdpPort, handle: number, bytes: Buffer, to = noAddress): void {
  assert.equal(port.send(handle, bytes, 0, bytes.length, to), true);
}
