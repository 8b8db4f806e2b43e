/** One side of the UDP benchmark, a process of its own so that it can be pinned and its CPU read: `send` or `receive`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openUdp, type UdpChoice } from '../../bots/udp/open.ts';

export interface ReceiveOrder {
  readonly side: 'receive';
  readonly choice: UdpChoice;
  readonly sockets: number;
  readonly pollMs: number;
  readonly warmMs: number;
  readonly measureMs: number;
}

export interface SendOrder {
  readonly side: 'send';
  readonly ports: readonly number[];
  readonly packetsPerSecond: number;
  readonly bytes: number;
}

export type LoadReport =
  | { readonly kind: 'ports'; readonly ports: readonly number[] }
  | {
      readonly kind: 'received';
      readonly packets: number;
      readonly cpuUs: number;
      readonly drops: number | null;
      readonly calls: number;
    };

function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function report(message: LoadReport): void {
  process.send?.(message);
}

async function receive({ choice, sockets, pollMs, warmMs, measureMs }: ReceiveOrder): Promise<void> {
  const { port } = await openUdp(choice);
  const ports = Array.from({ length: sockets }, () => {
    const opening = port.open({
      address: '127.0.0.1',
      receiveBufferBytes: sockets === 1 ? 16 << 20 : 1 << 20,
    });
    if (opening.state !== 'open') throw new Error(opening.reason);
    return opening.port;
  });
  // As a bot's transports are: connected to the one address that they hear.
  const connected = await new Promise<number>((resolve) => {
    process.once('message', (from: number) => resolve(from));
    report({ kind: 'ports', ports });
  });
  for (let handle = 0; handle < sockets; handle++) port.close(handle);
  for (const local of ports) {
    const remote = { address: '127.0.0.1', port: connected };
    port.open({
      address: '127.0.0.1',
      port: local,
      remote,
      receiveBufferBytes: sockets === 1 ? 16 << 20 : 1 << 20,
    });
  }
  let sequences = 0;
  const take = (_handle: number, offset: number): void => {
    sequences ^= port.inbox.readUInt16BE(offset + 2);
  };
  const beginMs = nowMs() + warmMs;
  let start: { cpu: NodeJS.CpuUsage; packets: number; drops: number | null; calls: number } | null = null;
  for (let dueMs = nowMs(); ; dueMs += pollMs) {
    await sleep(Math.max(0, dueMs - nowMs()));
    const now = nowMs();
    port.poll(now, take);
    if (start === null && now >= beginMs)
      start = {
        cpu: process.cpuUsage(),
        packets: port.counters.received,
        drops: port.dropsTotal(),
        calls: port.counters.calls,
      };
    if (start === null || now < beginMs + measureMs) continue;
    const { user, system } = process.cpuUsage(start.cpu);
    const drops = port.dropsTotal();
    report({
      kind: 'received',
      packets: port.counters.received - start.packets,
      cpuUs: user + system,
      drops: drops === null || start.drops === null ? null : drops - start.drops,
      calls: port.counters.calls - start.calls,
    });
    port.shut();
    process.disconnect();
    return;
  }
}

/** Each millisecond its share of the rate, the receivers in turn; what was missed is not made up for beyond 10 ms. */
async function send({ ports, packetsPerSecond, bytes }: SendOrder): Promise<void> {
  const { port } = await openUdp('linux');
  const opening = port.open({ address: '127.0.0.1', sendBufferBytes: 8 << 20 });
  if (opening.state !== 'open') throw new Error(opening.reason);
  report({ kind: 'ports', ports: [opening.port] });
  const to = ports.map((number) => port.address({ address: '127.0.0.1', port: number }));
  const packet = Buffer.alloc(bytes, 0x55);
  let turn = 0;
  let sentUntilMs = nowMs();
  while (process.connected) {
    const now = nowMs();
    sentUntilMs = Math.max(sentUntilMs, now - 10);
    const count = Math.floor(((now - sentUntilMs) * packetsPerSecond) / 1000);
    for (let index = 0; index < count; index++) {
      packet.writeUInt16BE(turn & 0xffff, 2);
      port.send(opening.handle, packet, 0, bytes, to[turn++ % to.length]);
    }
    port.flush();
    sentUntilMs += (count * 1000) / packetsPerSecond;
    await sleep(1);
  }
  port.shut();
}

if (process.send !== undefined)
  process.once('message', (order: ReceiveOrder | SendOrder) => {
    void (order.side === 'send' ? send(order) : receive(order));
  });
