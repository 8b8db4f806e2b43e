/** Answers a peer's requests: one function per method, in the words of messages.ts. */
import type { types } from 'mediasoup';
import { messageOf } from '../../errors.ts';
import type { PeerDevice, PeerRequestName, PeerRequests } from './messages.ts';
import type { Peer } from './peer.ts';
import { ProtooError } from './protoo-connection.ts';
import { flagAt, maybe, objectAt, textAt, wordAt } from './wire-shape.ts';

type Answer<Name extends PeerRequestName> = (
  peer: Peer,
  data: unknown,
) => PeerRequests[Name]['response'] | Promise<PeerRequests[Name]['response']>;

const answers: { readonly [Name in PeerRequestName]: Answer<Name> } = {
  getRtcStatsUrl: () => ({}),
  getRouterRtpCapabilities: (peer) => ({ routerRtpCapabilities: peer.room.rtpCapabilities }),
  join,
  createWebRtcTransport,
  connectWebRtcTransport: async (peer, data) => {
    const dtlsParameters = objectAt(data, 'dtlsParameters') as types.DtlsParameters;
    await owned(peer.transports, data, 'transportId').connect({ dtlsParameters });
    return {};
  },
  restartIce: async (peer, data) => ({
    iceParameters: await owned(peer.transports, data, 'transportId').restartIce(),
  }),
  produce,
  produceData,
  getTransportStats: async (peer, data) => ({
    stats: await owned(peer.transports, data, 'transportId').getStats(),
  }),
  getProducerStats: async (peer, data) => ({
    stats: await owned(peer.producers, data, 'producerId').getStats(),
  }),
  getConsumerStats: async (peer, data) => ({
    stats: await owned(peer.consumers, data, 'consumerId').getStats(),
  }),
  getDataProducerStats: async (peer, data) => ({
    stats: await owned(peer.dataProducers, data, 'dataProducerId').getStats(),
  }),
  getDataConsumerStats: async (peer, data) => ({
    stats: await owned(peer.dataConsumers, data, 'dataConsumerId').getStats(),
  }),
};

/**
 * Error codes of a rejection: 400 malformed or refused by mediasoup's own validation, 404 unknown method or id,
 * 409 not in this state, 500 anything else.
 */
export async function answerRequest(peer: Peer, method: string, data: unknown): Promise<unknown> {
  if (!Object.hasOwn(answers, method)) throw new ProtooError(404, `unknown request '${method}'`);
  try {
    return await answers[method as PeerRequestName](peer, data);
  } catch (thrown) {
    if (thrown instanceof ProtooError) throw thrown;
    const name = thrown instanceof Error ? thrown.name : '';
    const code =
      { TypeError: 400, UnsupportedError: 400, NotFoundError: 404, InvalidStateError: 409 }[name] ?? 500;
    throw new ProtooError(code, messageOf(thrown));
  }
}

/** What the peer owns under the id that the message names. */
function owned<T>(things: ReadonlyMap<string, T>, data: unknown, name: string): T {
  const id = textAt(data, name);
  const thing = things.get(id);
  if (thing === undefined) throw new ProtooError(404, `${name} '${id}' is not one of this peer's`);
  return thing;
}

function mustHaveJoined(peer: Peer): void {
  if (peer.joined === null) throw new ProtooError(409, 'peer has not joined');
}

function join(peer: Peer, data: unknown): PeerRequests['join']['response'] {
  if (peer.joined !== null) throw new ProtooError(409, 'peer has joined already');
  peer.enter({
    displayName: maybe(textAt, data, 'displayName') ?? peer.id,
    device: (maybe(objectAt, data, 'device') as PeerDevice | undefined) ?? {
      flag: 'unknown',
      name: 'unknown',
    },
    rtpCapabilities: maybe(objectAt, data, 'rtpCapabilities'),
  });
  return { peers: peer.room.join(peer) };
}

async function createWebRtcTransport(
  peer: Peer,
  data: unknown,
): Promise<PeerRequests['createWebRtcTransport']['response']> {
  const direction = wordAt(objectAt(data, 'appData'), 'direction', ['producer', 'consumer']);
  const transport = await peer.room.createTransport(direction, flagAt(data, 'forceTcp'));
  peer.addTransport(transport);
  const { id: transportId, iceParameters, iceCandidates, dtlsParameters, sctpParameters } = transport;
  return {
    transportId,
    iceParameters,
    iceCandidates,
    dtlsParameters,
    ...(sctpParameters === undefined ? {} : { sctpParameters }),
  };
}

async function produce(peer: Peer, data: unknown): Promise<PeerRequests['produce']['response']> {
  mustHaveJoined(peer);
  const transport = owned(peer.transports, data, 'transportId');
  const source = wordAt(objectAt(data, 'appData'), 'source', ['audio', 'video', 'screensharing']);
  const producer = await transport.produce({
    kind: wordAt(data, 'kind', ['audio', 'video']),
    rtpParameters: objectAt(data, 'rtpParameters') as types.RtpParameters,
    appData: { peerId: peer.id, source },
  });
  peer.producers.set(producer.id, producer);
  producer.observer.once('close', () => peer.producers.delete(producer.id));
  producer.on('score', (score) => peer.notify('producerScore', { producerId: producer.id, score }));
  peer.room.produced(peer, producer);
  return { producerId: producer.id };
}

async function produceData(peer: Peer, data: unknown): Promise<PeerRequests['produceData']['response']> {
  mustHaveJoined(peer);
  const transport = owned(peer.transports, data, 'transportId');
  if (transport.sctpParameters === undefined)
    throw new ProtooError(409, 'SCTP is off on this node (option sctp)');
  const dataProducer = await transport.produceData({
    sctpStreamParameters: objectAt(data, 'sctpStreamParameters') as types.SctpStreamParameters,
    label: textAt(data, 'label'),
    protocol: textAt(data, 'protocol'),
    appData: { peerId: peer.id, channel: wordAt(objectAt(data, 'appData'), 'channel', ['chat', 'bot']) },
  });
  peer.dataProducers.set(dataProducer.id, dataProducer);
  dataProducer.observer.once('close', () => peer.dataProducers.delete(dataProducer.id));
  peer.room.producedData(peer, dataProducer);
  return { dataProducerId: dataProducer.id };
}
