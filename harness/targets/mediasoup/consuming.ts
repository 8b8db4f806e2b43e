/**
 * Makes a peer consume other peers' producers, as the demo does: each consumer is created paused, with RTX and NACK
 * (audio too) and with DTX packets left out (unless told otherwise), announced by a `newConsumer` request, and resumed once the peer accepted,
 * so that the first packet finds a receiver that is ready. A consumer that the peer refuses stays paused.
 *
 * A consumer closes with its transport, or with its producer; the latter is told by `consumerClosed`.
 */
import type { types } from 'mediasoup';
import type { WorkerLoad } from './load.ts';
import type { Peer, PeerDataProducer, PeerProducer, PeerTransport } from './peer.ts';

/** What consuming needs to know of the room. */
export interface ConsumingRoom {
  readonly id: string;
  readonly consumerReplicas: number;
  readonly ignoreDtx: boolean;
  /** The books of the worker that consumers live on. */
  readonly load: WorkerLoad;
  canConsume(producerId: string, rtpCapabilities: types.RtpCapabilities): boolean;
  /** Resolves when the producer can be consumed where consumers live (at once, or when it is piped there). */
  reach(producerId: string): Promise<void>;
}

/** Starts consuming every producer that the peer wants and does not consume yet; safe to call again. */
export function offer(room: ConsumingRoom, peer: Peer, producers: Iterable<PeerProducer>): void {
  const transport = peer.consumingTransport;
  const rtpCapabilities = peer.joined?.rtpCapabilities;
  if (peer.closed || transport === undefined || rtpCapabilities === undefined) return;
  for (const producer of producers) {
    if (peer.consuming.size >= peer.wish.max) return;
    if (producer.closed || !peer.wish.kinds.includes(producer.kind) || peer.consuming.has(producer.id))
      continue;
    peer.consuming.add(producer.id);
    void consume(room, peer, transport, { producer, rtpCapabilities });
  }
}

interface Offer {
  readonly producer: PeerProducer;
  readonly rtpCapabilities: types.RtpCapabilities;
}

async function consume(
  room: ConsumingRoom,
  peer: Peer,
  transport: PeerTransport,
  wanted: Offer,
): Promise<void> {
  const { producer, rtpCapabilities } = wanted;
  try {
    await room.reach(producer.id);
    if (!room.canConsume(producer.id, rtpCapabilities)) {
      peer.consuming.delete(producer.id);
      return;
    }
    const copies = Array.from({ length: 1 + room.consumerReplicas }, () =>
      consumeOnce(room, peer, transport, wanted),
    );
    await Promise.all(copies);
  } catch {
    // The producer, the transport or the worker closed meanwhile.
    peer.consuming.delete(producer.id);
  }
}

async function consumeOnce(
  room: ConsumingRoom,
  peer: Peer,
  transport: PeerTransport,
  wanted: Offer,
): Promise<void> {
  const { producer, rtpCapabilities } = wanted;
  const { appData } = producer;
  const consumer = await transport.consume({
    producerId: producer.id,
    rtpCapabilities,
    paused: true,
    enableRtx: true,
    ignoreDtx: room.ignoreDtx,
    appData,
  });
  peer.consumers.set(consumer.id, consumer);
  room.load.addConsumer({ room: room.id, peer: peer.id }, consumer);
  watch(peer, consumer);
  try {
    await peer.request('newConsumer', {
      peerId: appData.peerId,
      transportId: transport.id,
      consumerId: consumer.id,
      producerId: producer.id,
      kind: consumer.kind,
      rtpParameters: consumer.rtpParameters,
      type: consumer.type,
      producerPaused: consumer.producerPaused,
      consumerScore: consumer.score,
      appData,
    });
    await consumer.resume();
  } catch {
    // Refused, unanswered or closed meanwhile: what is left of it is a paused consumer, and counted as such.
  }
}

function watch(peer: Peer, consumer: types.Consumer): void {
  const { id: consumerId } = consumer;
  consumer.observer.once('close', () => peer.consumers.delete(consumerId));
  consumer.on('producerclose', () => {
    peer.notify('consumerClosed', { consumerId });
    peer.consuming.delete(consumer.producerId);
    if (Number.isFinite(peer.wish.max)) peer.room.offerAll(peer);
  });
  consumer.on('producerpause', () => peer.notify('consumerPaused', { consumerId }));
  consumer.on('producerresume', () => peer.notify('consumerResumed', { consumerId }));
  consumer.on('score', (score) => peer.notify('consumerScore', { consumerId, score }));
  consumer.on('layerschange', (layers) => {
    peer.notify('consumerLayersChanged', { consumerId, ...(layers === undefined ? {} : { layers }) });
  });
}

/** The same for a data producer; without SCTP there is nothing to consume over. */
export async function consumeData(
  room: ConsumingRoom,
  peer: Peer,
  dataProducer: PeerDataProducer,
): Promise<void> {
  const transport = peer.consumingTransport;
  if (peer.closed || peer.joined === null || transport?.sctpParameters === undefined) return;
  try {
    await room.reach(dataProducer.id);
    const { appData } = dataProducer;
    const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id, appData });
    const dataConsumerId = dataConsumer.id;
    const { sctpStreamParameters, label, protocol } = dataConsumer;
    if (sctpStreamParameters === undefined) return;
    peer.dataConsumers.set(dataConsumerId, dataConsumer);
    dataConsumer.observer.once('close', () => peer.dataConsumers.delete(dataConsumerId));
    dataConsumer.on('dataproducerclose', () => peer.notify('dataConsumerClosed', { dataConsumerId }));
    await peer.request('newDataConsumer', {
      ...(appData.peerId === undefined ? {} : { peerId: appData.peerId }),
      transportId: transport.id,
      dataConsumerId,
      dataProducerId: dataProducer.id,
      sctpStreamParameters,
      label,
      protocol,
      appData,
    });
  } catch {
    // Refused, or something closed meanwhile: data is no part of what is measured.
  }
}
