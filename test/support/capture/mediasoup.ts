/**
 * What a mediasoup worker sends: two of our own bots in a room of the reference node, which lose packets on purpose
 * in both directions, and what their transports were handed.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from '../../../bots/clock.ts';
import { protocol, protocolOf } from '../../../bots/engine/demultiplex.ts';
import type { SrtpKeys } from '../../../bots/engine/srtp/profile.ts';
import { SrtpReceiver } from '../../../bots/engine/srtp/receiver.ts';
import { Roster } from '../../../bots/roster.ts';
import { dialects } from '../../../bots/signaling/dialects.ts';
import { Crowd } from '../../../bots/synthetic/crowd.ts';
import { Transport, type TransportOptions } from '../../../bots/synthetic/transport.ts';
import { toHex } from '../../vectors/hex.ts';
import { botSpec } from '../bot-specs.ts';
import { hostSettings } from '../running-host.ts';
import { startNode } from '../running-node.ts';
import type { CaptureFile } from './reading.ts';
import { Sorter } from './sorting.ts';

const seconds = 6;
const missing: readonly number[] = [0, 2, 3];
const missingOf = 29;

/** What one transport heard. */
interface Ear {
  readonly heard: Buffer[];
  readonly password: string;
  keys: SrtpKeys | null;
}

/** What is wrapped of a transport. */
interface Methods {
  receive: (this: Transport, bytes: Buffer, at: number, length: number, arrivalMs: number) => void;
  carryRtp: (this: Transport, at: number, length: number) => boolean;
}

/** Wraps the transports of this process; their packets are counted for what is to be lost. */
function listen(): Ear[] {
  const ears = new Map<Transport, Ear>();
  const all: Ear[] = [];
  let current: Ear | null = null;
  let sent = 0;
  let received = 0;
  const create = Transport.create.bind(Transport);
  Transport.create = (options: TransportOptions): Transport => {
    const transport = create(options);
    const ear = { heard: [], password: options.offer.iceParameters.password, keys: null };
    ears.set(transport, ear);
    all.push(ear);
    return transport;
  };
  const createReceiver = SrtpReceiver.create.bind(SrtpReceiver);
  SrtpReceiver.create = (keys, ...rest): SrtpReceiver => {
    // The transport makes it while it is handed the handshake's last message.
    if (current !== null) current.keys = keys;
    return createReceiver(keys, ...rest);
  };
  const methods: Methods = Transport.prototype;
  const { receive, carryRtp } = methods;
  methods.receive = function (bytes, at, length, arrivalMs): void {
    current = ears.get(this) ?? null;
    current?.heard.push(Buffer.from(bytes.subarray(at, at + length)));
    const isRtp = protocolOf(bytes, at, length) === protocol.rtp;
    if (isRtp) received += 1;
    if (!isRtp || !missing.includes(received % missingOf)) receive.call(this, bytes, at, length, arrivalMs);
    current = null;
  };
  methods.carryRtp = function (at, length): boolean {
    sent += 1;
    return missing.includes(sent % missingOf) || carryRtp.call(this, at, length);
  };
  return all;
}

export async function captureMediasoup(): Promise<CaptureFile[]> {
  const ears = listen();
  const node = await startNode();
  const synthetic = {
    verify: 'all',
    udp: 'auto',
    seed: 1,
    wake: 'batch',
    feedback: 'chrome',
    payload: 'cassette',
    keyFrameIntervalMs: null,
  } as const;
  const settings = hostSettings(node.ready.signalingUrl, { chrome: null, synthetic });
  const crowd = await Crowd.create(synthetic);
  const roster = Roster.create({
    target: {
      dialect: dialects[settings.dialect],
      url: settings.signalingUrl,
      tls: { insecure: false, ca: null },
    },
    functions: {},
    setupData: null,
    endpointOf: (spec) => Promise.resolve(crowd.open(spec)),
    emit: () => undefined,
    onFree: () => undefined,
    quality: settings.quality,
    watchesLag: false,
  });
  const bots = ['a', 'b'];
  const failed = await roster.prepare(bots.map((id) => botSpec(id, { kind: 'synthetic' })));
  if (failed[0] !== undefined) throw new Error(failed[0].message);
  for (const bot of bots) roster.join(bot, nowMs(), 0);
  await sleep(seconds * 1000);
  await roster.close();
  crowd.close();
  await node.close();
  const { version } = JSON.parse(
    readFileSync(new URL('../../../node_modules/mediasoup/package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  return ears.slice(0, 2).map(({ heard, password, keys }) => {
    if (keys === null) throw new Error('a transport did not connect');
    const sorter = new Sorter(keys, () => password);
    for (const datagram of heard) sorter.take(datagram);
    const srtp = {
      profile: keys.profile.id,
      masterKey: toHex(keys.masterKey),
      masterSalt: toHex(keys.masterSalt),
    };
    return { sender: `mediasoup ${version}`, srtp, ...sorter.sorted };
  });
}
