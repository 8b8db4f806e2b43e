/** Synthetic bots on transports of a worker that the test drives itself, without signalling. */
import assert from 'node:assert/strict';
import { createWorker, type types } from 'mediasoup';
import type { BotSpec, VideoMedia } from '../../bots/bot.ts';
import type { Endpoint } from '../../bots/endpoint.ts';
import type { SyntheticSettings } from '../../bots/messages.ts';
import type { ConsumerOffer, RtpCapabilities } from '../../bots/signaling/signaling.ts';
import { Crowd } from '../../bots/synthetic/crowd.ts';
import type { Loop } from '../../bots/synthetic/loop.ts';
import { routerCodecs } from '../../harness/targets/mediasoup/codecs.ts';
import { botSpec, opus } from './bot-specs.ts';
import { syntheticSettings } from './running-host.ts';
import { workerInput } from './running-node.ts';

export interface SyntheticRoom {
  readonly router: types.Router;
  join(id: string, video: VideoMedia | null, changes?: Partial<BotSpec>): Promise<SyntheticPeer>;
  close(): Promise<void>;
}

export interface SyntheticPeer {
  readonly endpoint: Endpoint;
  readonly producers: Map<string, types.Producer>;
  readonly receiving: types.WebRtcTransport;
  consume(producer: types.Producer): Promise<types.Consumer>;
}

const listen = { protocol: 'udp', ip: '127.0.0.1' } as const;

export async function syntheticRoom(
  settings: Partial<SyntheticSettings> = {},
  over?: Loop,
): Promise<SyntheticRoom> {
  const worker = await createWorker({ workerBin: workerInput().workerBin, logLevel: 'none' });
  const router = await worker.createRouter({ mediaCodecs: [...routerCodecs] });
  const crowd = await Crowd.create(syntheticSettings(settings), over);
  const endpoints: Endpoint[] = [];
  return {
    router,
    join: async (id, video, changes = {}) => {
      const publish = { audio: opus, video };
      const endpoint = crowd.open(botSpec(id, { kind: 'synthetic', publish, ...changes }));
      endpoints.push(endpoint);
      return joinPeer(router, endpoint);
    },
    close: async () => {
      await Promise.all(endpoints.map((endpoint) => endpoint.close()));
      crowd.close();
      worker.close();
      if (!worker.subprocessClosed)
        await new Promise<void>((resolve) => void worker.once('subprocessclose', resolve));
    },
  };
}

async function joinPeer(router: types.Router, endpoint: Endpoint): Promise<SyntheticPeer> {
  const [send, recv] = await Promise.all(
    ['send', 'recv'].map(() => router.createWebRtcTransport({ listenInfos: [listen] })),
  );
  assert.ok(send !== undefined && recv !== undefined);
  const transports = { send, recv };
  const producers = new Map<string, types.Producer>();
  await endpoint.begin({
    connectTransport: (direction, dtlsParameters) => transports[direction].connect({ dtlsParameters }),
    produce: async (kind, rtpParameters) => {
      const given = rtpParameters as unknown as types.RtpParameters;
      const producer = await send.produce({ kind, rtpParameters: given });
      producers.set(kind, producer);
      return producer.id;
    },
    connected: () => undefined,
    failed: () => assert.fail('a transport failed'),
    firstMedia: () => undefined,
    firstFrame: () => undefined,
  });
  const capabilities = await endpoint.load(router.rtpCapabilities as unknown as RtpCapabilities);
  for (const direction of ['send', 'recv'] as const) {
    const { id, iceParameters, iceCandidates, dtlsParameters } = transports[direction];
    const offer = { id, iceParameters, iceCandidates, dtlsParameters };
    await endpoint.openTransport(direction, offer);
  }
  return {
    endpoint,
    producers,
    receiving: recv,
    consume: async (producer) => {
      const rtpCapabilities = capabilities as unknown as types.RtpCapabilities;
      const consumer = await recv.consume({ producerId: producer.id, rtpCapabilities, paused: true });
      const { id, producerId, kind, rtpParameters } = consumer;
      const offer = { id, producerId, peer: 'other', kind, rtpParameters, paused: false };
      await endpoint.consume(offer as unknown as ConsumerOffer);
      await consumer.resume();
      return consumer;
    },
  };
}

/** What a consumer in this process gets of a producer, in clear, from now on. */
export async function listenTo(
  router: types.Router,
  producer: types.Producer,
  onPacket: (packet: Buffer) => void,
): Promise<types.Consumer> {
  const transport = await router.createDirectTransport();
  const consumer = await transport.consume({
    producerId: producer.id,
    rtpCapabilities: router.rtpCapabilities,
    paused: true,
  });
  consumer.on('rtp', onPacket);
  await consumer.resume();
  return consumer;
}
