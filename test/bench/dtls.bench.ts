/** What a DTLS handshake with a worker costs the generator, beside werift's client where that is installed. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import * as mediasoup from 'mediasoup';
import type { Router } from 'mediasoup/types';
import { createCertificate, Dtls, processCertificate } from '../../bots/synthetic/dtls.ts';
import { findInstalledWorker } from '../../harness/setup/installed.js';
import { bindingRequest } from '../support/ice-binding.ts';
import { median } from '../support/statistics.ts';

const batches = 12;
const batch = 25;

type Fingerprints = readonly { readonly algorithm: string; readonly value: string }[];
/** Shakes hands over a connected socket; resolves when there are keys. */
type Client = (socket: Socket, fingerprints: Fingerprints) => Promise<void>;

/** The parts of werift that are used. */
interface Werift {
  readonly DtlsClient: new (
    options: object,
  ) => {
    readonly onConnect: { once(act: () => void): void };
    connect(): Promise<void>;
  };
}

function ours(socket: Socket, fingerprints: Fingerprints): Promise<void> {
  return new Promise((resolve, reject) => {
    const dtls = Dtls.create({
      certificate: processCertificate(),
      fingerprints,
      // The bench has no clock for it: a loss would show as a hang.
      retransmitMs: 60_000,
      send: (datagram) => socket.send(datagram),
      changed: (state) => {
        if (state.state === 'connected') resolve();
        if (state.state === 'failed') reject(new Error(state.detail));
      },
    });
    socket.on('message', (datagram) => dtls.handle(datagram, performance.now()));
    dtls.start(performance.now());
  });
}

async function werifts(): Promise<Client | null> {
  // Not a dependency that types may rely on.
  const name = 'werift';
  const { DtlsClient } = (await import(name).catch(() => ({}))) as Partial<Werift>;
  if (DtlsClient === undefined) return null;
  const { der, privateKey } = processCertificate();
  const cert = `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  return (socket) =>
    new Promise((resolve, reject) => {
      const transport = {
        send: async (bytes: Buffer) => socket.send(bytes),
        onData: (_bytes: Buffer): void => undefined,
        close: (): void => undefined,
      };
      socket.on('message', (datagram) => transport.onData(datagram));
      const signatureHash = { hash: 4, signature: 3 };
      const options = {
        transport,
        cert,
        key,
        signatureHash,
        srtpProfiles: [8, 7, 1],
        extendedMasterSecret: true,
      };
      const client = new DtlsClient(options);
      client.onConnect.once(resolve);
      client.connect().catch(reject);
    });
}

async function prepare(
  router: Router,
): Promise<{ socket: Socket; fingerprints: Fingerprints; close: () => void }> {
  const transport = await router.createWebRtcTransport({
    listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
  });
  const { value } = processCertificate().fingerprint;
  await transport.connect({
    dtlsParameters: { role: 'client', fingerprints: [{ algorithm: 'sha-256', value }] },
  });
  const socket = createSocket('udp4');
  socket.connect(transport.iceCandidates[0]?.port ?? 0, '127.0.0.1');
  await once(socket, 'connect');
  socket.send(bindingRequest(transport.iceParameters));
  await once(socket, 'message');
  const close = (): void => {
    socket.close();
    transport.close();
  };
  return { socket, fingerprints: transport.dtlsParameters.fingerprints, close };
}

/** Milliseconds of this process's CPU and of the wall, per handshake. */
async function measure(router: Router, client: Client): Promise<{ cpuMs: number; wallMs: number }> {
  const peers = await Promise.all(Array.from({ length: batch }, () => prepare(router)));
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  for (const { socket, fingerprints } of peers) await client(socket, fingerprints);
  const { user, system } = process.cpuUsage(cpu);
  const wallMs = (performance.now() - startMs) / batch;
  for (const { close } of peers) close();
  return { cpuMs: (user + system) / 1000 / batch, wallMs };
}

export const bench = {
  title: `DTLS: one handshake with a worker, sockets included (median of ${batches} × ${batch}, interleaved)`,
  rows: async () => {
    const binary = findInstalledWorker();
    if (binary === null) return [['no worker is installed']];
    const worker = await mediasoup.createWorker({ workerBin: binary.path, logLevel: 'none' });
    const router = await worker.createRouter();
    const werift = await werifts();
    const clients: [string, Client][] = [['ours', ours]];
    if (werift !== null) clients.push(['werift', werift]);
    const results = clients.map((): { cpuMs: number; wallMs: number }[] => []);
    for (let round = 0; round < batches; round++)
      for (const [index, [, client]] of clients.entries())
        results[index]?.push(await measure(router, client));
    worker.close();
    const startMs = performance.now();
    for (let made = 0; made < 20; made++) createCertificate();
    const certificateMs = (performance.now() - startMs) / 20;
    const base = median((results[0] ?? []).map(({ cpuMs }) => cpuMs));
    return [
      ['client', 'CPU ms', 'of ours', 'wall ms'],
      ...clients.map(([name], index) => {
        const cpuMs = median((results[index] ?? []).map((one) => one.cpuMs));
        const wallMs = median((results[index] ?? []).map((one) => one.wallMs));
        return [name, cpuMs.toFixed(2), (cpuMs / base).toFixed(1), wallMs.toFixed(2)];
      }),
      ['a certificate', certificateMs.toFixed(2), '', ''],
    ];
  },
};
