/**
 * One participant as the node sees it: a protoo connection, and the transports, producers and consumers it owns.
 *
 * A peer closes when its WebSocket closes, when it does not join in time, when ICE or DTLS of one of its transports
 * fails or closes, when another peer of its room takes its id, and when its room closes. Closing it closes its
 * transports (hence its producers and consumers, and other peers' consumers of them) and its WebSocket.
 */
import type { types } from 'mediasoup';
import type {
  ConsumerOwner,
  DataConsumerOwner,
  Direction,
  NodeNotifications,
  NodeRequests,
  PeerDescription,
  PeerDevice,
} from './messages.ts';
import { receiveNotification } from './peer-notifications.ts';
import { answerRequest } from './peer-requests.ts';
import { closeCodes } from './protoo.ts';
import { ProtooConnection } from './protoo-connection.ts';
import type { ConsumeWish } from './query.ts';
import type { Arrival } from './signaling.ts';

export type PeerTransport = types.WebRtcTransport<{ direction: Direction }>;
export type PeerProducer = types.Producer<ConsumerOwner & types.AppData>;
export type PeerDataProducer = types.DataProducer<DataConsumerOwner & types.AppData>;

/** What a peer may ask of its room. */
export interface PeerRoom {
  readonly id: string;
  readonly rtpCapabilities: types.RouterRtpCapabilities;
  createTransport(direction: Direction, forceTcp: boolean): Promise<PeerTransport>;
  /** Tells the others and offers the peer their producers. @returns the others */
  join(peer: Peer): readonly PeerDescription[];
  /** Offers a new producer to the others. */
  produced(peer: Peer, producer: PeerProducer): void;
  producedData(peer: Peer, dataProducer: PeerDataProducer): void;
  renamed(peer: Peer, oldDisplayName: string): void;
  /** Offers the peer again what it does not consume yet: a limited peer has a free place. */
  offerAll(peer: Peer): void;
  /** @param announce whether the others are told */
  left(peer: Peer, announce: boolean): void;
}

export interface Joined {
  displayName: string;
  readonly device: PeerDevice;
  /** Undefined: the peer consumes nothing. */
  readonly rtpCapabilities: types.RtpCapabilities | undefined;
}

/** A connection that has not joined by then is closed, as in the demo. */
const joinTimeoutMs = 10_000;

export class Peer {
  readonly id: string;
  readonly wish: ConsumeWish;
  readonly room: PeerRoom;
  readonly transports = new Map<string, PeerTransport>();
  readonly producers = new Map<string, PeerProducer>();
  readonly consumers = new Map<string, types.Consumer>();
  readonly dataProducers = new Map<string, PeerDataProducer>();
  readonly dataConsumers = new Map<string, types.DataConsumer>();
  /** Ids of the producers that it consumes, or is about to. */
  readonly consuming = new Set<string>();
  joined: Joined | null = null;
  readonly #remoteAddress: string;
  readonly #connection: ProtooConnection;
  readonly #joinTimer: NodeJS.Timeout;
  #closed = false;

  /** Takes over the socket and greets it with mediasoup's version. */
  static create(
    arrival: Arrival,
    asked: { readonly id: string; readonly wish: ConsumeWish },
    room: PeerRoom,
    mediasoupVersion: string,
  ): Peer {
    const peer = new Peer(arrival, asked, room);
    peer.notify('mediasoupVersion', { version: mediasoupVersion });
    return peer;
  }

  private constructor(
    arrival: Arrival,
    { id, wish }: { readonly id: string; readonly wish: ConsumeWish },
    room: PeerRoom,
  ) {
    this.id = id;
    this.wish = wish;
    this.room = room;
    this.#remoteAddress = arrival.remoteAddress;
    this.#joinTimer = setTimeout(() => this.close('not joined in time'), joinTimeoutMs);
    this.#connection = ProtooConnection.create(arrival, {
      request: (method, data) => answerRequest(this, method, data),
      notification: (method, data) => receiveNotification(this, method, data),
      closed: (reason) => this.close(reason),
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  get displayName(): string {
    return this.joined?.displayName ?? this.id;
  }

  get description(): PeerDescription {
    const device = this.joined?.device ?? { flag: 'unknown', name: 'unknown' };
    return { peerId: this.id, displayName: this.displayName, device, remoteAddress: this.#remoteAddress };
  }

  get consumingTransport(): PeerTransport | undefined {
    return [...this.transports.values()].find((transport) => transport.appData.direction === 'consumer');
  }

  enter(joined: Joined): void {
    clearTimeout(this.#joinTimer);
    this.joined = joined;
  }

  addTransport(transport: PeerTransport): void {
    if (this.#closed) return transport.close();
    this.transports.set(transport.id, transport);
    transport.observer.once('close', () => this.transports.delete(transport.id));
    transport.on('icestatechange', (state) => {
      if (state === 'disconnected' || state === 'closed') this.close(`ICE ${state}`);
    });
    transport.on('dtlsstatechange', (state) => {
      if (state === 'failed' || state === 'closed') this.close(`DTLS ${state}`);
    });
  }

  notify<Name extends keyof NodeNotifications>(method: Name, data: NodeNotifications[Name]): void {
    this.#connection.notify(method, data);
  }

  /** Resolves when the peer accepted. @throws ProtooError where it rejected, left, or did not answer */
  async request<Name extends keyof NodeRequests>(method: Name, data: NodeRequests[Name]): Promise<void> {
    await this.#connection.request(method, data);
  }

  close(reason: string, { announce = true }: { readonly announce?: boolean } = {}): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#joinTimer);
    for (const transport of this.transports.values()) transport.close();
    this.#connection.close(closeCodes.byNode, reason);
    this.room.left(this, announce && this.joined !== null);
  }
}
