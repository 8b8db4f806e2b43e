/** One side of the benchmark of receive paths, a process of its own so that it can be pinned and its CPU read. */
import { NullSfu } from '../../bots/ceiling/null-sfu.ts';
import { Sink } from '../../bots/ceiling/sink.ts';
import { rooms, srtpKeys } from '../../bots/ceiling/streams.ts';
import { nowMs } from '../../bots/clock.ts';
import { nodeCiphers } from '../../bots/crypto/node.ts';
import { weriftReceiver } from './werift-receiver.ts';

/** `ours`: recvmmsg and OpenSSL by FFI; `portable`: ours over node:dgram and node:crypto. */
export type ReceivePath = 'ours' | 'portable' | 'werift';

export type ReceiveLoadOrder =
  | { readonly side: 'send' }
  | {
      readonly side: 'receive';
      readonly path: ReceivePath;
      readonly verifyEvery: number;
      readonly sockets: number;
      readonly from: number;
    }
  /** To the sender: begin. */
  | { readonly side: 'load'; readonly ports: readonly number[] }
  | { readonly side: 'read' };

export type ReceiveLoadReport =
  | { readonly kind: 'ports'; readonly ports: readonly number[] }
  /** Totals: packets are those that were sent, or received and not refused. */
  | { readonly kind: 'read'; readonly atMs: number; readonly cpuUs: number; readonly packets: number };

/** AEAD_AES_128_GCM: the best that werift has. */
const keys = srtpKeys(7);

let packets: () => number = () => 0;
let sender: NullSfu | null = null;

function report(message: ReceiveLoadReport): void {
  process.send?.(message);
}

async function receive(order: Extract<ReceiveLoadOrder, { side: 'receive' }>): Promise<void> {
  const { path, sockets, from, verifyEvery } = order;
  if (path === 'werift') {
    const receiver = await weriftReceiver(sockets, from, rooms, keys);
    packets = receiver.received;
    report({ kind: 'ports', ports: receiver.ports });
    return;
  }
  const slow = path === 'portable' ? ({ udp: 'portable', ciphers: nodeCiphers } as const) : {};
  const sink = await Sink.create(sockets, from, { keys, verifyEvery, ...slow });
  packets = () => {
    const { packetsTotal, refusedTotal } = sink.read();
    return packetsTotal - refusedTotal;
  };
  report({ kind: 'ports', ports: sink.ports });
}

async function obey(order: ReceiveLoadOrder): Promise<void> {
  if (order.side === 'send') {
    sender = await NullSfu.create(keys);
    packets = () => sender?.read().packetsTotal ?? 0;
    report({ kind: 'ports', ports: [sender.local] });
  } else if (order.side === 'receive') await receive(order);
  else if (order.side === 'load') {
    sender?.aim(order.ports);
    sender?.load(order.ports.length);
  } else {
    const { user, system } = process.cpuUsage();
    report({ kind: 'read', atMs: nowMs(), cpuUs: user + system, packets: packets() });
  }
}

if (process.send !== undefined) {
  process.on('message', (order: ReceiveLoadOrder) => void obey(order));
  process.on('disconnect', () => process.exit());
}
