import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { after, describe, it } from 'node:test';
import { MediasoupDemo } from '../../../bots/signaling/mediasoup-demo.ts';
import type { SignalingListener, SignalingOptions } from '../../../bots/signaling/signaling.ts';
import { SignalingError } from '../../../bots/signaling/signaling.ts';
import { certificate } from '../../support/loopback-certificate.ts';
import { type Script, type ScriptedSignaling, scriptedSignaling } from '../../support/scripted-signaling.ts';

const servers: ScriptedSignaling[] = [];
const clients: MediasoupDemo[] = [];
after(() => {
  for (const client of clients) client.close();
  for (const server of servers) server.close();
});

async function serve(script: Script): Promise<ScriptedSignaling> {
  const server = await scriptedSignaling(script);
  servers.push(server);
  return server;
}

const silent: SignalingListener = {
  consumer: () => Promise.resolve(),
  consumerClosed: () => undefined,
  consumerPaused: () => undefined,
  layersChanged: () => undefined,
  closed: () => undefined,
};

async function connect(url: string, changes: Partial<SignalingOptions> = {}): Promise<MediasoupDemo> {
  const client = await MediasoupDemo.create({
    url,
    tls: { insecure: false, ca: null },
    room: 'R',
    peer: 'P',
    consume: { kinds: ['audio', 'video'], max: null },
    listener: silent,
    requestTimeoutMs: 300,
    ...changes,
  });
  clients.push(client);
  return client;
}

function failsWith(reason: string, message?: RegExp): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof SignalingError, String(thrown));
    assert.equal(thrown.reason, reason, thrown.message);
    if (message !== undefined) assert.match(thrown.message, message);
    return true;
  };
}

const transport = { iceParameters: {}, iceCandidates: [], dtlsParameters: {} };

/** Both generations of the demo, which its signalling tells apart. */
const generations = {
  typescript: {
    version: 'mediasoupVersion',
    answers: {
      getRouterRtpCapabilities: { routerRtpCapabilities: { codecs: [] } },
      createWebRtcTransport: { transportId: 'T', ...transport },
      produce: { producerId: 'X' },
      join: { peers: [{}, {}] },
      connectWebRtcTransport: {},
    },
    asked: { forceTcp: false, appData: { direction: 'consumer' } },
    offered: { consumerId: 'C', transportId: 'T' },
    layers: { consumerId: 'C', layers: { spatialLayer: 1, temporalLayer: 2 } },
  },
  javascript: {
    version: 'mediasoup-version',
    answers: {
      getRouterRtpCapabilities: { codecs: [] },
      createWebRtcTransport: { id: 'T', ...transport },
      produce: { id: 'X' },
      join: { peers: [{}, {}] },
      connectWebRtcTransport: {},
    },
    asked: { forceTcp: false, producing: false, consuming: true },
    offered: { id: 'C' },
    layers: { consumerId: 'C', spatialLayer: 1, temporalLayer: 2 },
  },
} as const;

for (const [name, generation] of Object.entries(generations)) {
  describe(`the demo's ${name} server`, () => {
    const { answers, version } = generation;
    const script: Script = {
      onConnect: (peer) => peer.send({ notification: true, method: version, data: { version: '3' } }),
      onRequest: (method) => answers[method as keyof typeof answers],
    };

    it('is joined, produced to and consumed from', async () => {
      const server = await serve(script);
      const told: unknown[] = [];
      const client = await connect(server.url, {
        listener: {
          ...silent,
          consumer: async (offer) =>
            void told.push([offer.id, offer.producerId, offer.peer, offer.kind, offer.paused]),
          layersChanged: (...layers) => void told.push(layers),
          consumerPaused: (...paused) => void told.push(paused),
          consumerClosed: (id) => void told.push(id),
        },
      });
      assert.deepEqual(await client.routerCapabilities(), { codecs: [] });
      assert.equal((await client.openTransport('recv')).id, 'T');
      await client.connectTransport('T', { fingerprints: [] });
      assert.deepEqual(await client.join({}), { others: 2 });
      assert.equal(await client.produce('T', 'audio', { codecs: [] }), 'X');
      const [peer] = server.peers;
      assert.ok(peer);
      assert.equal(peer.upgrade.headers.origin, server.url.replace('ws:', 'http:').replace(/\/$/, ''));
      assert.deepEqual(
        peer.received.find(({ method }) => method === 'createWebRtcTransport')?.data,
        generation.asked,
      );
      const offer = { peerId: 'Q', producerId: 'Y', kind: 'video', rtpParameters: {}, producerPaused: true };
      peer.send({ request: true, id: 9, method: 'newConsumer', data: { ...offer, ...generation.offered } });
      peer.send({ notification: true, method: 'consumerLayersChanged', data: generation.layers });
      peer.send({ notification: true, method: 'consumerResumed', data: { consumerId: 'C' } });
      peer.send({ notification: true, method: 'consumerClosed', data: { consumerId: 'C' } });
      peer.send({ notification: true, method: 'producerScore', data: null });
      await client.connectTransport('T', { fingerprints: [] });
      assert.deepEqual(told, [['C', 'Y', 'Q', 'video', true], ['C', 1, 2], ['C', false], 'C']);
      assert.equal(peer.received.find(({ id }) => id === 9)?.ok, true);
    });
  });
}

describe('what a bot does not want', () => {
  it('is said in the address, and refused where the server does not listen', async () => {
    const server = await serve({ onRequest: () => ({}) });
    const client = await connect(server.url, { consume: { kinds: ['audio'], max: 1 } });
    const [peer] = server.peers;
    assert.ok(peer);
    assert.equal(peer.upgrade.url, '/?roomId=R&peerId=P&consume=audio&maxConsumers=1');
    const offer = { peerId: 'Q', producerId: 'Y', rtpParameters: {} };
    peer.send({
      request: true,
      id: 1,
      method: 'newConsumer',
      data: { ...offer, consumerId: 'v', kind: 'video' },
    });
    peer.send({
      request: true,
      id: 2,
      method: 'newConsumer',
      data: { ...offer, consumerId: 'a', kind: 'audio' },
    });
    peer.send({
      request: true,
      id: 3,
      method: 'newConsumer',
      data: { ...offer, consumerId: 'b', kind: 'audio' },
    });
    peer.send({ request: true, id: 4, method: 'newDataConsumer', data: {} });
    peer.send({ request: true, id: 5, method: 'newConsumer', data: { kind: 'audio' } });
    await client.connectTransport('T', { fingerprints: [] });
    const verdicts = peer.received
      .filter(({ response }) => response === true)
      .map(({ id, ok }) => [id, ok] as const);
    assert.deepEqual(
      new Map(verdicts),
      new Map([
        [1, false],
        [2, true],
        [3, false],
        [4, false],
        [5, false],
      ]),
    );
    peer.send({ notification: true, method: 'consumerClosed', data: { consumerId: 'a' } });
    peer.send({
      request: true,
      id: 6,
      method: 'newConsumer',
      data: { ...offer, consumerId: 'c', kind: 'audio' },
    });
    await client.connectTransport('T', { fingerprints: [] });
    assert.equal(peer.received.find(({ id, response }) => id === 6 && response)?.ok, true);
  });
});

describe('a server that fails', () => {
  it('nobody there: unreachable', async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    await assert.rejects(connect(`ws://127.0.0.1:${port}/`), failsWith('unreachable', /ECONNREFUSED/));
    await assert.rejects(connect('ws://nobody.invalid/'), failsWith('unreachable'));
  });

  it('accepts TCP and says nothing: timeout', async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    await assert.rejects(connect(`ws://127.0.0.1:${port}/`), failsWith('timeout'));
    mute.close();
  });

  it('answers with an HTTP status, or without protoo: refused', async () => {
    const forbidding = await serve({ refuseWith: 403 });
    await assert.rejects(connect(forbidding.url), failsWith('refused', /403/));
    const foreign = await serve({ subprotocol: false });
    await assert.rejects(connect(foreign.url), failsWith('refused', /subprotocol/));
  });

  it('rejects a request, stays silent, answers nonsense', async () => {
    const server = await serve({
      onRequest: (method) => {
        if (method === 'join') throw new Error('room is full');
        return method === 'produce' ? { id: 5 } : null;
      },
    });
    const client = await connect(server.url);
    await assert.rejects(client.join({}), failsWith('refused', /join: .*room is full/));
    await assert.rejects(client.routerCapabilities(), failsWith('timeout', /getRouterRtpCapabilities/));
    await assert.rejects(client.produce('T', 'audio', { codecs: [] }), failsWith('refused', /producerId/));
    // The late answer to a request that timed out concerns nobody.
    server.peers[0]?.send({ response: true, id: 2, ok: true, data: {} });
    await assert.rejects(client.join({}), failsWith('refused'));
  });

  it('closes in mid-request, and says it once', async () => {
    const server = await serve({ onRequest: (_method, _payload, peer) => peer.socket.close(4000, 'go') });
    const losses: SignalingError[] = [];
    const client = await connect(server.url, {
      listener: { ...silent, closed: (error) => void losses.push(error) },
    });
    await assert.rejects(client.join({}), failsWith('signaling-closed', /4000, go/));
    await assert.rejects(client.join({}), failsWith('signaling-closed'));
    client.close();
    assert.deepEqual(
      losses.map(({ reason }) => reason),
      ['signaling-closed'],
    );
  });

  for (const garbage of ['}{', '[]', '"text"', '{"request":true}', '{"id":1}', '{"response":true,"id":"1"}'])
    it(`sends ${garbage}`, async () => {
      const server = await serve({ onRequest: (_method, _payload, peer) => peer.socket.send(garbage) });
      const client = await connect(server.url);
      await assert.rejects(client.join({}), failsWith('signaling-closed', /no protoo message/));
    });

  it('is left without a word of closing', async () => {
    const server = await serve({ onRequest: () => null });
    const losses: SignalingError[] = [];
    const client = await connect(server.url, {
      listener: { ...silent, closed: (error) => void losses.push(error) },
    });
    const joining = client.join({});
    client.close();
    client.close();
    await assert.rejects(joining, failsWith('signaling-closed'));
    assert.equal(losses.length, 0);
  });
});

describe('certificates', () => {
  it('are refused unless their authority is given, or nobody shall look', async () => {
    const server = await serve({ tls: certificate });
    await assert.rejects(connect(server.url), failsWith('certificate'));
    await connect(server.url, { tls: { insecure: true, ca: null } });
    await connect(server.url, { tls: { insecure: false, ca: certificate.cert } });
  });
});
