/** Reads what the findings about the network are about, and sends datagrams to ourselves. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { messageOf } from '../errors.ts';
import type { EchoTrial, PortRange } from './network.ts';
import { textOrNull } from './read-text.ts';

const datagrams = 20;
/** As large as media packets are. */
const datagramBytes = 1200;
const patienceMs = 1000;

/** A socket that sends to itself: the path that media of bots and node takes. */
export async function tryEcho(address: '127.0.0.1' | '::1'): Promise<EchoTrial> {
  const socket = createSocket(address === '::1' ? 'udp6' : 'udp4');
  const delays: number[] = [];
  try {
    socket.bind(0, address);
    await once(socket, 'listening');
    const { port } = socket.address();
    for (let at = 0; at < datagrams; at += 1) {
      const sentMs = performance.now();
      socket.send(Buffer.alloc(datagramBytes), port, address);
      const came = await once(socket, 'message', { signal: AbortSignal.timeout(patienceMs) }).then(
        () => true,
        (thrown: unknown) => {
          if (thrown instanceof Error && thrown.name === 'AbortError') return false;
          throw thrown;
        },
      );
      if (came) delays.push(performance.now() - sentMs);
      // One that is lost tells enough; nobody should wait for all of them.
      else break;
    }
    delays.sort((a, b) => a - b);
    const medianMs = delays[Math.floor(delays.length / 2)] ?? 0;
    return { state: 'echoed', sent: datagrams, received: delays.length, medianMs };
  } catch (thrown) {
    return { state: 'failed', reason: messageOf(thrown) };
  } finally {
    socket.close();
  }
}

export function readEphemeralPorts(): PortRange {
  const match = /^(\d+)\s+(\d+)/.exec(textOrNull('/proc/sys/net/ipv4/ip_local_port_range') ?? '');
  return match === null ? null : [Number(match[1]), Number(match[2])];
}
