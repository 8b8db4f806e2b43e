/** What receiving costs: CPU per packet of the implementations of the UDP port, on sockets of one process, nothing decrypted. */
import { type ChildProcess, fork } from 'node:child_process';
import { cpus } from 'node:os';
import type { UdpChoice } from '../../bots/udp/open.ts';
import { percentileOf } from '../../reports/analysis/histogram.ts';
import type { LoadReport, ReceiveOrder, SendOrder } from '../support/udp-load.ts';

const side = new URL('../support/udp-load.ts', import.meta.url);
const rounds = 3;
const packetsPerSecond = 25_000;
const bytes = 1100;

interface Form {
  readonly choice: UdpChoice;
  readonly sockets: number;
  readonly pollMs: number;
}

const forms: readonly Form[] = [
  ...[250, 60, 1].flatMap((sockets) => [5, 20].map((pollMs): Form => ({ choice: 'linux', sockets, pollMs }))),
  ...[250, 1].map((sockets): Form => ({ choice: 'portable', sockets, pollMs: 5 })),
];

/** On a core of its own where there are two: the sender is charged for what it wakes. */
function start(core: number): ChildProcess {
  return fork(side, [], {
    execPath: 'taskset',
    execArgv: ['-c', String(core % cpus().length), process.execPath, '--disable-warning=ExperimentalWarning'],
  });
}

function next<K extends LoadReport['kind']>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<LoadReport, { kind: K }>> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: LoadReport) => {
      if (message.kind === kind) resolve(message as Extract<LoadReport, { kind: K }>);
    });
    child.once('exit', (code) => reject(new Error(`a side of the benchmark ended with ${code}`)));
  });
}

type Received = Extract<LoadReport, { kind: 'received' }>;

async function measure(form: Form): Promise<Received> {
  const receiver = start(1);
  const sender = start(0);
  try {
    const order: ReceiveOrder = { side: 'receive', ...form, warmMs: 1000, measureMs: 2000 };
    const bound = next(receiver, 'ports');
    receiver.send(order);
    const { ports } = await bound;
    const sending = next(sender, 'ports');
    const load: SendOrder = { side: 'send', ports, packetsPerSecond, bytes };
    sender.send(load);
    const from = (await sending).ports[0] ?? 0;
    const received = next(receiver, 'received');
    receiver.send(from);
    return await received;
  } finally {
    receiver.kill('SIGKILL');
    sender.kill('SIGKILL');
  }
}

export const bench = {
  title: `UDP: CPU per received packet of ${bytes} bytes, ${packetsPerSecond} packets/s offered (median of ${rounds}, interleaved)`,
  rows: async () => {
    const results = forms.map((): Received[] => []);
    for (let round = 0; round < rounds; round++)
      for (const [index, form] of forms.entries()) results[index]?.push(await measure(form));
    const cost = (index: number): number =>
      percentileOf(
        (results[index] ?? []).map(({ cpuUs, packets }) => cpuUs / packets),
        50,
      ) ?? Number.NaN;
    const base = cost(0);
    return [
      ['receives', 'sockets', 'polled', 'µs/packet', 'of the first', 'packets/call', 'packets/s', 'dropped'],
      ...forms.map(({ choice, sockets, pollMs }, index) => {
        const all = results[index] ?? [];
        const sum = (of: (one: Received) => number): number => all.reduce((total, one) => total + of(one), 0);
        const packets = sum((one) => one.packets);
        return [
          choice === 'linux' ? 'recvmmsg' : 'node:dgram',
          String(sockets),
          `${pollMs} ms`,
          cost(index).toFixed(2),
          (cost(index) / base).toFixed(2),
          choice === 'linux' ? (packets / sum((one) => one.calls)).toFixed(1) : '1',
          (packets / rounds / 2).toFixed(0),
          String(sum((one) => one.drops ?? 0)),
        ];
      }),
    ];
  },
};
