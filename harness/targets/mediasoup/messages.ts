/**
 * What travels over the node's signalling: the messages of mediasoup-demo's current (TypeScript) server over protoo,
 * as types. Network throttling is the one part that is not served.
 */
import type { types } from 'mediasoup';

export type Direction = 'producer' | 'consumer';
export type Source = 'audio' | 'video' | 'screensharing';
export type Channel = 'chat' | 'bot';

export interface PeerDevice {
  readonly flag: string;
  readonly name: string;
  readonly version?: string;
}

export interface PeerDescription {
  readonly peerId: string;
  readonly displayName: string;
  readonly device: PeerDevice;
  readonly remoteAddress: string;
}

export interface ConsumerOwner {
  readonly peerId: string;
  readonly source: Source;
}

export interface DataConsumerOwner {
  /** Missing where the data bot is the sender. */
  readonly peerId?: string;
  readonly channel: Channel;
}

type Nothing = Readonly<Record<string, never>>;

/** Requests of a peer: data and the response's data. */
export interface PeerRequests {
  getRtcStatsUrl: { data: Nothing; response: { rtcstatsUrl?: string } };
  getRouterRtpCapabilities: {
    data: Nothing;
    response: { routerRtpCapabilities: types.RouterRtpCapabilities };
  };
  join: {
    data: { displayName: string; device: PeerDevice; rtpCapabilities?: types.RtpCapabilities };
    response: { peers: readonly PeerDescription[] };
  };
  createWebRtcTransport: {
    data: { forceTcp: boolean; appData: { direction: Direction } };
    response: {
      transportId: string;
      iceParameters: types.IceParameters;
      iceCandidates: types.IceCandidate[];
      dtlsParameters: types.DtlsParameters;
      sctpParameters?: types.SctpParameters;
    };
  };
  connectWebRtcTransport: {
    data: { transportId: string; dtlsParameters: types.DtlsParameters };
    response: Nothing;
  };
  restartIce: { data: { transportId: string }; response: { iceParameters: types.IceParameters } };
  produce: {
    data: {
      transportId: string;
      kind: types.MediaKind;
      rtpParameters: types.RtpParameters;
      appData: { source: Source };
    };
    response: { producerId: string };
  };
  produceData: {
    data: {
      transportId: string;
      sctpStreamParameters: types.SctpStreamParameters;
      label: string;
      protocol: string;
      appData: { channel: Channel };
    };
    response: { dataProducerId: string };
  };
  getTransportStats: { data: { transportId: string }; response: { stats: unknown[] } };
  getProducerStats: { data: { producerId: string }; response: { stats: unknown[] } };
  getConsumerStats: { data: { consumerId: string }; response: { stats: unknown[] } };
  getDataProducerStats: { data: { dataProducerId: string }; response: { stats: unknown[] } };
  getDataConsumerStats: { data: { dataConsumerId: string }; response: { stats: unknown[] } };
}

/** Notifications of a peer. */
export interface PeerNotifications {
  closeProducer: { producerId: string };
  pauseProducer: { producerId: string };
  resumeProducer: { producerId: string };
  pauseConsumer: { consumerId: string };
  resumeConsumer: { consumerId: string };
  setConsumerPreferredLayers: { consumerId: string; spatialLayer: number; temporalLayer?: number };
  setConsumerPriority: { consumerId: string; priority: number };
  requestConsumerKeyFrame: { consumerId: string };
  changeDisplayName: { displayName: string };
}

/** Requests of the node; a peer answers them with nothing. */
export interface NodeRequests {
  newConsumer: {
    peerId: string;
    transportId: string;
    consumerId: string;
    producerId: string;
    kind: types.MediaKind;
    rtpParameters: types.RtpParameters;
    type: types.ConsumerType;
    producerPaused: boolean;
    consumerScore: types.ConsumerScore;
    appData: ConsumerOwner;
  };
  newDataConsumer: {
    peerId?: string;
    transportId: string;
    dataConsumerId: string;
    dataProducerId: string;
    sctpStreamParameters: types.SctpStreamParameters;
    label: string;
    protocol: string;
    appData: DataConsumerOwner;
  };
}

/** Notifications of the node. */
export interface NodeNotifications {
  mediasoupVersion: { version: string };
  newPeer: { peer: PeerDescription };
  peerDisplayNameChanged: { peerId: string; displayName: string; oldDisplayName: string };
  peerClosed: { peerId: string };
  producerScore: { producerId: string; score: types.ProducerScore[] };
  speakingPeers: { peerVolumes: readonly { peerId: string; volume: number }[] };
  /** Without a peer: nobody speaks. */
  activeSpeaker: { peerId?: string };
  consumerPaused: { consumerId: string };
  consumerResumed: { consumerId: string };
  consumerScore: { consumerId: string; score: types.ConsumerScore };
  consumerLayersChanged: { consumerId: string; layers?: types.ConsumerLayers };
  consumerClosed: { consumerId: string };
  dataConsumerClosed: { dataConsumerId: string };
}

export type PeerRequestName = keyof PeerRequests;
export type PeerNotificationName = keyof PeerNotifications;
