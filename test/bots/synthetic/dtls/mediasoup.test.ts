/** The DTLS client against the worker's own stack: keys that carry SRTP both ways, loss, and what it refuses. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as mediasoup from 'mediasoup';
import type { Router, WebRtcTransport, Worker } from 'mediasoup/types';
import {
  createCertificate,
  Dtls,
  type DtlsOptions,
  type DtlsState,
  processCertificate,
  type SrtpKeys,
} from '../../../../bots/synthetic/dtls.ts';
import { findInstalledWorker } from '../../../../harness/setup/installed.js';
import { bindingRequest } from '../../../support/ice-binding.ts';
import { isAuthentic, openAead, sealAead } from '../../../support/plain-srtp.ts';

const binary = findInstalledWorker();

function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

interface Peer {
  readonly transport: WebRtcTransport;
  readonly socket: Socket;
  readonly dtls: Dtls;
  readonly media: Buffer[];
  /** Connected, failed or closed. */
  readonly settled: Promise<DtlsState>;
}

async function keysOf({ settled }: Peer): Promise<SrtpKeys> {
  const state = await settled;
  if (state.state !== 'connected') throw new Error(JSON.stringify(state));
  return state;
}

/** The worker says so a moment after it sent its finish. */
async function hears(transport: WebRtcTransport, state: WebRtcTransport['dtlsState']): Promise<void> {
  for (let wait = 0; transport.dtlsState !== state && wait < 200; wait++) await sleep(10);
  assert.equal(transport.dtlsState, state);
}

describe('DTLS with a mediasoup worker', { skip: binary === null }, () => {
  let worker: Worker;
  let router: Router;
  const open: (() => void)[] = [];

  before(async () => {
    worker = await mediasoup.createWorker({ workerBin: binary?.path ?? '', logLevel: 'none' });
    router = await worker.createRouter({
      mediaCodecs: [
        { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2, preferredPayloadType: 100 },
      ],
    });
  });

  after(() => {
    for (const close of open) close();
    worker.close();
  });

  /** `drops` is asked for each datagram of DTLS, in either direction. */
  async function peer(options: Partial<DtlsOptions> = {}, drops: () => boolean = () => false): Promise<Peer> {
    const certificate = options.certificate ?? processCertificate();
    const transport = await router.createWebRtcTransport({
      listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
    });
    const { algorithm, value } = certificate.fingerprint;
    await transport.connect({
      dtlsParameters: { role: 'client', fingerprints: [{ algorithm: algorithm as 'sha-256', value }] },
    });
    const socket = createSocket('udp4');
    socket.connect(transport.iceCandidates[0]?.port ?? 0, '127.0.0.1');
    await once(socket, 'connect');
    socket.send(bindingRequest(transport.iceParameters));
    await once(socket, 'message');
    const { promise: settled, resolve } = Promise.withResolvers<DtlsState>();
    const media: Buffer[] = [];
    const dtls = Dtls.create({
      certificate,
      fingerprints: transport.dtlsParameters.fingerprints,
      send: (datagram) => drops() || socket.send(datagram),
      changed: (state) => state.state !== 'connecting' && resolve(state),
      ...options,
    });
    socket.on('message', (datagram) => {
      const first = datagram.readUInt8(0);
      if (first >= 128 && first < 192) media.push(datagram);
      else if (first >= 20 && first < 64 && !drops()) dtls.handle(datagram, nowMs());
    });
    const clock = setInterval(() => dtls.tick(nowMs()), 5);
    open.push(() => {
      clearInterval(clock);
      socket.close();
    });
    dtls.start(nowMs());
    return { transport, socket, dtls, media, settled };
  }

  for (const profile of [8, 7, 1] as const) {
    it(`agrees on SRTP profile ${profile}, with keys that open what the worker sends`, async () => {
      const publisher = await peer();
      const publishing = await keysOf(publisher);
      assert.equal(publishing.profile, 8);
      const producer = await publisher.transport.produce({
        kind: 'audio',
        rtpParameters: {
          codecs: [{ mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType: 100 }],
          encodings: [{ ssrc: 1111 }],
        },
      });
      const subscriber = await peer({ profiles: [profile] });
      const keys = await keysOf(subscriber);
      assert.equal(keys.profile, profile);
      await subscriber.transport.consume({
        producerId: producer.id,
        rtpCapabilities: router.rtpCapabilities,
      });
      for (let sequence = 1; sequence <= 100 && subscriber.media.length < 3; sequence++) {
        const packet = Buffer.alloc(12 + 40, sequence);
        packet.writeUInt16BE(0x8064, 0);
        packet.writeUInt16BE(sequence, 2);
        packet.writeUInt32BE(sequence * 960, 4);
        packet.writeUInt32BE(1111, 8);
        publisher.socket.send(sealAead(publishing.localKey, publishing.localSalt, packet, 12));
        await sleep(5);
      }
      assert.ok(subscriber.media.length >= 3, 'the worker forwarded what was sealed with the local key');
      const rtp = subscriber.media.filter((packet) => (packet.readUInt8(1) & 0x7f) === 100);
      assert.ok(rtp.length > 0);
      for (const packet of rtp) {
        if (profile === 1) {
          assert.ok(isAuthentic(keys.remoteKey, keys.remoteSalt, packet));
          continue;
        }
        const payload = openAead(keys.remoteKey, keys.remoteSalt, packet);
        assert.deepEqual(payload, Buffer.alloc(40, payload[0]));
      }
      producer.close();
    });
  }

  it('connects through seeded loss of a fifth and of two fifths of all datagrams', async () => {
    for (const [seed, ratio] of [
      [1, 0.2],
      [2, 0.2],
      [3, 0.4],
      [4, 0.4],
    ] as const) {
      let state = seed * 0x9e37_79b1;
      const drops = (): boolean => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state / 2 ** 32 < ratio;
      };
      const { settled } = await peer({ retransmitMs: 20 }, drops);
      assert.equal((await settled).state, 'connected');
    }
  });

  it('connects twenty at once', async () => {
    const peers = await Promise.all(Array.from({ length: 20 }, () => peer()));
    const states = await Promise.all(peers.map(({ settled }) => settled));
    assert.ok(states.every(({ state }) => state === 'connected'));
    for (const { transport } of peers) await hears(transport, 'connected');
  });

  it('fails when the worker’s certificate is not the signalled one, and tells the worker', async () => {
    const { settled, transport } = await peer({ fingerprints: [createCertificate().fingerprint] });
    assert.deepEqual(await settled, {
      state: 'failed',
      reason: 'fingerprint',
      detail: 'the peer’s certificate has another fingerprint',
    });
    await hears(transport, 'failed');
  });

  it('is closed by the worker when its own certificate is not the one it signalled', async () => {
    const signalled = createCertificate();
    const other = createCertificate();
    const { dtls, settled, transport } = await peer({
      certificate: { ...other, fingerprint: signalled.fingerprint },
    });
    await settled;
    await hears(transport, 'failed');
    assert.notEqual(dtls.state.state, 'connecting');
  });

  it('fails in time when every answer is lost', async () => {
    const { settled } = await peer({ timeoutMs: 300 }, () => true);
    const state = await settled;
    assert.equal(state.state === 'failed' && state.reason, 'timeout');
  });

  it('closing tells the worker; the worker’s closing is heard', async () => {
    const leaving = await peer();
    await leaving.settled;
    await hears(leaving.transport, 'connected');
    leaving.dtls.close();
    await hears(leaving.transport, 'closed');
    const left = await peer();
    await left.settled;
    left.transport.close();
    for (let wait = 0; left.dtls.state.state === 'connected' && wait < 100; wait++) await sleep(10);
    assert.equal(left.dtls.state.state, 'closed');
  });
});
