/**
 * A client that is not ours: protoo-client and mediasoup-client, in the order in which mediasoup-demo's web app uses
 * them. Bundled for the browser; the test drives it by `globalThis.foreign`.
 */
import { Device } from 'mediasoup-client';
import type { Consumer, RtpParameters, Transport } from 'mediasoup-client/types';
import { Peer, WebSocketTransport } from 'protoo-client';

export interface Reception {
  readonly peer: string;
  readonly kind: string;
  readonly packets: number;
  readonly framesDecoded: number;
  readonly concealedRatio: number | null;
}

const consumers = new Map<string, { consumer: Consumer; peer: string }>();
const notifications: string[] = [];

async function join(url: string): Promise<{ peers: number; rejections: string[] }> {
  const rejections: string[] = [];
  const peer = new Peer(new WebSocketTransport(url));
  await new Promise<void>((resolve, reject) => {
    peer.on('open', resolve);
    peer.on('failed', () => reject(new Error('the WebSocket failed')));
  });
  const device = new Device();
  const capabilities = await peer.request('getRouterRtpCapabilities');
  await device.load({ routerRtpCapabilities: capabilities.routerRtpCapabilities ?? capabilities });
  const send = await createTransport(peer, device, 'producer');
  const receive = await createTransport(peer, device, 'consumer');
  peer.on('notification', ({ method }) => notifications.push(method));
  peer.on('request', (request, accept, reject) => {
    if (request.method !== 'newConsumer') {
      rejections.push(request.method);
      reject(404, 'no such request');
      return;
    }
    void consume(receive, request.data).then(
      () => accept(),
      () => reject(500, 'not consumed'),
    );
  });
  const joined = await peer.request('join', {
    displayName: 'foreign',
    device: { flag: 'chrome', name: 'Chrome', version: '1' },
    rtpCapabilities: device.recvRtpCapabilities,
  });
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: true,
    video: { width: 320, height: 180 },
  });
  for (const track of stream.getTracks()) {
    await send.produce({ track, appData: { source: track.kind === 'audio' ? 'audio' : 'video' } });
  }
  return { peers: joined.peers.length, rejections };
}

async function createTransport(
  peer: Peer,
  device: Device,
  direction: 'producer' | 'consumer',
): Promise<Transport> {
  const answer = await peer.request('createWebRtcTransport', { forceTcp: false, appData: { direction } });
  const { transportId: id, iceParameters, iceCandidates, dtlsParameters } = answer;
  const parameters = {
    id,
    iceParameters,
    iceCandidates,
    dtlsParameters: { ...dtlsParameters, role: 'auto' as const },
  };
  const transport =
    direction === 'producer'
      ? device.createSendTransport(parameters)
      : device.createRecvTransport(parameters);
  transport.on('connect', ({ dtlsParameters: own }, done, failed) => {
    const request = peer.request('connectWebRtcTransport', { transportId: id, dtlsParameters: own });
    void request.then(done, failed);
  });
  transport.on('produce', ({ kind, rtpParameters, appData }, done, failed) => {
    const request = peer.request('produce', { transportId: id, kind, rtpParameters, appData });
    void request.then(({ producerId }) => done({ id: producerId }), failed);
  });
  return transport;
}

interface Offer {
  readonly peerId: string;
  readonly consumerId: string;
  readonly producerId: string;
  readonly kind: 'audio' | 'video';
  readonly rtpParameters: RtpParameters;
}

async function consume(receive: Transport, offer: Offer): Promise<void> {
  const { peerId, consumerId: id, producerId, kind, rtpParameters } = offer;
  const consumer = await receive.consume({ id, producerId, kind, rtpParameters });
  consumers.set(id, { consumer, peer: peerId });
  play(consumer.track);
}

function play(track: MediaStreamTrack): void {
  const element = document.createElement(track.kind === 'audio' ? 'audio' : 'video');
  element.srcObject = new MediaStream([track]);
  document.body.append(element);
  void element.play();
}

async function receptions(): Promise<Reception[]> {
  return Promise.all(
    [...consumers.values()].map(async ({ consumer, peer }) => {
      const stats = [...(await consumer.getStats()).values()] as Record<string, unknown>[];
      const inbound = stats.find(({ type }) => type === 'inbound-rtp') ?? {};
      const number = (name: string): number => Number(inbound[name] ?? 0);
      const samples = number('totalSamplesReceived');
      return {
        peer,
        kind: consumer.kind,
        packets: number('packetsReceived'),
        framesDecoded: number('framesDecoded'),
        concealedRatio: samples === 0 ? null : number('concealedSamples') / samples,
      };
    }),
  );
}

Object.assign(globalThis, { foreign: { join, receptions, notifications } });
