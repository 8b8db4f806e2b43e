/**
 * What receiving the same packets costs by different paths, from the socket to the statistics: CPU per packet of a process
 * on a core of its own, whose sender is a process on another. Every transport gets 100 packets/s (an opus and a video
 * stream, AEAD_AES_128_GCM, which is the best that werift has), and answers with RR and transport-cc.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReceiveLoadOrder, ReceiveLoadReport, ReceivePath } from '../support/receive-load.ts';

const side = new URL('../support/receive-load.ts', import.meta.url);
/** Until werift's code is compiled, and what it could not take before that is gone. */
const warmMs = 4000;
const measureMs = 2500;

interface Form {
  readonly path: ReceivePath;
  readonly what: string;
  readonly verifyEvery: number;
  readonly sockets: number;
}

/** As many packets as werift can take, where ours pays for its waking more than for packets; then ours where they are many. */
const forms: readonly Form[] = [
  { path: 'ours', what: 'ours, all opened', verifyEvery: 1, sockets: 30 },
  { path: 'portable', what: 'ours over node:dgram and node:crypto, all opened', verifyEvery: 1, sockets: 30 },
  { path: 'werift', what: 'werift, all opened', verifyEvery: 1, sockets: 30 },
  { path: 'ours', what: 'ours, all opened', verifyEvery: 1, sockets: 250 },
];

class Side {
  readonly #child: ChildProcess;

  constructor(core: number) {
    this.#child = fork(side, [], {
      execPath: 'taskset',
      execArgv: [
        '-c',
        String(core % cpus().length),
        process.execPath,
        '--disable-warning=ExperimentalWarning',
      ],
    });
  }

  order(order: ReceiveLoadOrder): void {
    this.#child.send(order);
  }

  ask<K extends ReceiveLoadReport['kind']>(
    order: ReceiveLoadOrder,
    kind: K,
  ): Promise<Extract<ReceiveLoadReport, { kind: K }>> {
    return new Promise((resolve, reject) => {
      this.#child.once('exit', (code) => reject(new Error(`a side of the benchmark ended with ${code}`)));
      this.#child.once('message', (message: ReceiveLoadReport) => {
        if (message.kind === kind) resolve(message as Extract<ReceiveLoadReport, { kind: K }>);
        else reject(new Error(`${message.kind} instead of ${kind}`));
      });
      this.order(order);
    });
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}

interface Cost {
  readonly usPerPacket: number;
  readonly packetsPerSecond: number;
  /** Of what was sent meanwhile. */
  readonly receivedRatio: number;
}

async function measure({ path, verifyEvery, sockets }: Form): Promise<Cost> {
  const receiver = new Side(1);
  const sender = new Side(0);
  try {
    const [from = 0] = (await sender.ask({ side: 'send' }, 'ports')).ports;
    const { ports } = await receiver.ask({ side: 'receive', path, verifyEvery, sockets, from }, 'ports');
    sender.order({ side: 'load', ports });
    await sleep(warmMs);
    const read = async () => ({
      sent: (await sender.ask({ side: 'read' }, 'read')).packets,
      ...(await receiver.ask({ side: 'read' }, 'read')),
    });
    const before = await read();
    await sleep(measureMs);
    const after = await read();
    const packets = after.packets - before.packets;
    return {
      usPerPacket: (after.cpuUs - before.cpuUs) / packets,
      packetsPerSecond: (packets * 1000) / (after.atMs - before.atMs),
      receivedRatio: packets / (after.sent - before.sent),
    };
  } finally {
    receiver.close();
    sender.close();
  }
}

export const bench = {
  title:
    'Receive paths: CPU per packet, 100 packets/s (opus and video, AEAD_AES_128_GCM) to each transport, RR and transport-cc on',
  rows: async () => {
    const costs: Cost[] = [];
    for (const form of forms) costs.push(await measure(form));
    const base = costs[0]?.usPerPacket ?? Number.NaN;
    return [
      ['receives', 'transports', 'packets/s', 'µs/packet', 'of the first', 'received'],
      ...forms.map(({ what, sockets }, index) => {
        const { usPerPacket, packetsPerSecond, receivedRatio } = costs[index] as Cost;
        return [
          what,
          String(sockets),
          packetsPerSecond.toFixed(0),
          usPerPacket.toFixed(2),
          (usPerPacket / base).toFixed(2),
          `${(receivedRatio * 100).toFixed(1)} %`,
        ];
      }),
    ];
  },
};
