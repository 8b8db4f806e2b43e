/**
 * The signalling of mediasoup-demo, both of its generations: the JavaScript server of 2023–24 and today's TypeScript
 * server, whose messages are typed in its `server/src/signaling/protooMessages.ts`. Our reference node speaks
 * today's, and understands `consume` and `maxConsumers`; elsewhere the bot refuses what it does not want.
 */
import type { Consume, MediaKind } from '../bot.ts';
import { fieldsOf, type Json, Protoo } from './protoo.ts';
import type {
  ConsumerOffer,
  Direction,
  DtlsParameters,
  OrtcSignaling,
  RtpCapabilities,
  RtpParameters,
  SignalingOptions,
  TransportOffer,
} from './signaling.ts';
import { SignalingError } from './signaling.ts';

type Generation = 'javascript' | 'typescript';

/** The address that a peer connects to; keeps what the target's URL says itself. */
export function addressOf(base: string, room: string, peer: string, consume: Consume): URL {
  const url = new URL(base);
  url.searchParams.set('roomId', room);
  url.searchParams.set('peerId', peer);
  const [kind = 'none'] = consume.kinds;
  url.searchParams.set('consume', consume.kinds.length > 1 ? 'all' : kind);
  if (consume.max !== null) url.searchParams.set('maxConsumers', String(consume.max));
  return url;
}

/** A field that a message must have. */
function text(fields: Json, ...names: readonly string[]): string {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'string') return value;
  }
  throw new SignalingError('refused', `the server's message lacks "${names[0] ?? ''}"`);
}

/** A field that is an object or a list; what is in it is for WebRTC to judge. */
function part(fields: Json, name: string): unknown {
  const value = fields[name];
  if (typeof value === 'object' && value !== null) return value;
  throw new SignalingError('refused', `the server's message lacks "${name}"`);
}

function offerOf(fields: Json): ConsumerOffer {
  const kind = text(fields, 'kind');
  if (kind !== 'audio' && kind !== 'video') throw new SignalingError('refused', `unknown kind "${kind}"`);
  return {
    id: text(fields, 'consumerId', 'id'),
    producerId: text(fields, 'producerId'),
    peer: text(fields, 'peerId'),
    kind,
    rtpParameters: part(fields, 'rtpParameters') as RtpParameters,
    paused: fields['producerPaused'] === true,
  };
}

function layerOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** One peer on a mediasoup-demo. */
export class MediasoupDemo implements OrtcSignaling {
  readonly negotiation = 'ortc';
  readonly #options: SignalingOptions;
  readonly #wanted = new Set<string>();
  #protoo: Protoo | null = null;
  #generation: Generation | null = null;

  /** Connects; joins nothing yet. Rejects with `SignalingError`. */
  static async create(options: SignalingOptions): Promise<MediasoupDemo> {
    const signaling = new MediasoupDemo(options);
    signaling.#protoo = await Protoo.create({
      url: addressOf(options.url, options.room, options.peer, options.consume),
      tls: options.tls,
      timeoutMs: options.requestTimeoutMs,
      onRequest: (method, payload) => signaling.#asked(method, fieldsOf(payload)),
      onNotification: (method, payload) => signaling.#told(method, fieldsOf(payload)),
      onClosed: (error) => options.listener.closed(error),
    });
    return signaling;
  }

  private constructor(options: SignalingOptions) {
    this.#options = options;
  }

  async routerCapabilities(): Promise<RtpCapabilities> {
    const answer = fieldsOf(await this.#request('getRouterRtpCapabilities', {}));
    // The first answer tells the generations apart where the first notification was lost or is another one's.
    this.#generation ??= 'routerRtpCapabilities' in answer ? 'typescript' : 'javascript';
    const capabilities = 'routerRtpCapabilities' in answer ? answer['routerRtpCapabilities'] : answer;
    part(fieldsOf(capabilities), 'codecs');
    return capabilities as RtpCapabilities;
  }

  async openTransport(direction: Direction): Promise<TransportOffer> {
    const side = direction === 'send' ? 'producer' : 'consumer';
    const asked =
      this.#generation === 'javascript'
        ? { forceTcp: false, producing: direction === 'send', consuming: direction === 'recv' }
        : { forceTcp: false, appData: { direction: side } };
    const answer = fieldsOf(await this.#request('createWebRtcTransport', asked));
    return {
      id: text(answer, 'transportId', 'id'),
      iceParameters: part(answer, 'iceParameters') as TransportOffer['iceParameters'],
      iceCandidates: part(answer, 'iceCandidates') as TransportOffer['iceCandidates'],
      dtlsParameters: part(answer, 'dtlsParameters') as TransportOffer['dtlsParameters'],
    };
  }

  async connectTransport(id: string, dtlsParameters: DtlsParameters): Promise<void> {
    await this.#request('connectWebRtcTransport', { transportId: id, dtlsParameters });
  }

  async join(capabilities: RtpCapabilities | null): Promise<{ others: number }> {
    const answer = fieldsOf(
      await this.#request('join', {
        displayName: this.#options.peer,
        device: { flag: 'chrome', name: 'sfubench' },
        ...(capabilities === null ? {} : { rtpCapabilities: capabilities }),
      }),
    );
    const peers = answer['peers'];
    return { others: Array.isArray(peers) ? peers.length : 0 };
  }

  async produce(transportId: string, kind: MediaKind, rtpParameters: RtpParameters): Promise<string> {
    const appData = { source: kind };
    const answer = await this.#request('produce', { transportId, kind, rtpParameters, appData });
    return text(fieldsOf(answer), 'producerId', 'id');
  }

  /**
   * The server asks its worker for every consumer at once when a peer joins, and a worker answers in order: when this
   * request, which the worker answers too, is through, every offer for what was there before has arrived.
   */
  async settle(transportId: string): Promise<void> {
    await this.#request('getTransportStats', { transportId });
  }

  pauseProducer(id: string, paused: boolean): Promise<void> {
    return this.#command(paused ? 'pauseProducer' : 'resumeProducer', { producerId: id });
  }

  pauseConsumer(id: string, paused: boolean): Promise<void> {
    return this.#command(paused ? 'pauseConsumer' : 'resumeConsumer', { consumerId: id });
  }

  preferLayers(consumerId: string, spatial: number, temporal: number | null): Promise<void> {
    const layers = { spatialLayer: spatial, ...(temporal === null ? {} : { temporalLayer: temporal }) };
    return this.#command('setConsumerPreferredLayers', { consumerId, ...layers });
  }

  close(): void {
    this.#protoo?.close();
  }

  /** What today's server takes as a notification, and the one before as a request. */
  async #command(method: string, payload: unknown): Promise<void> {
    if (this.#generation === 'javascript') await this.#request(method, payload);
    else this.#protoo?.notify(method, payload);
  }

  #request(method: string, payload: unknown): Promise<unknown> {
    if (this.#protoo === null) throw new SignalingError('signaling-closed', `${method}: not connected`);
    return this.#protoo.request(method, payload);
  }

  async #asked(method: string, fields: Json): Promise<void> {
    if (method !== 'newConsumer') throw new Error(`a bot knows no "${method}"`);
    const offer = offerOf(fields);
    const { kinds, max } = this.#options.consume;
    if (!kinds.includes(offer.kind) || (max !== null && this.#wanted.size >= max))
      throw new Error('not wanted');
    this.#wanted.add(offer.id);
    try {
      await this.#options.listener.consumer(offer);
    } catch (thrown) {
      this.#wanted.delete(offer.id);
      throw thrown;
    }
  }

  #told(method: string, fields: Json): void {
    const { listener } = this.#options;
    const id = fields['consumerId'];
    switch (method) {
      case 'mediasoup-version':
        this.#generation ??= 'javascript';
        return;
      case 'mediasoupVersion':
        this.#generation ??= 'typescript';
        return;
      case 'consumerClosed':
        if (typeof id !== 'string') return;
        this.#wanted.delete(id);
        return listener.consumerClosed(id);
      case 'consumerPaused':
      case 'consumerResumed':
        if (typeof id === 'string') listener.consumerPaused(id, method === 'consumerPaused');
        return;
      case 'consumerLayersChanged': {
        if (typeof id !== 'string') return;
        const layers = fieldsOf(fields['layers'] ?? fields);
        return listener.layersChanged(id, layerOf(layers['spatialLayer']), layerOf(layers['temporalLayer']));
      }
      default:
        // Scores, speakers, peers: nothing that a bot acts upon.
        return;
    }
  }
}
