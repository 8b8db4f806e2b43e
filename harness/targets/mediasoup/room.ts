/**
 * A room: its peers, and a router on the worker it was placed on (two routers with `usePipeTransports`).
 *
 * A room closes when its last peer has left (one turn of the event loop later, so that a peer which replaces the last
 * one finds it), when a worker under it closes or dies, and with the node. Closing it closes its peers and routers.
 */
import type { types } from 'mediasoup';
import { routerCodecs } from './codecs.ts';
import { type ConsumingRoom, consumeData, offer } from './consuming.ts';
import { DataBot } from './data-bot.ts';
import type { WorkerLoad } from './load.ts';
import type { Direction, PeerDescription } from './messages.ts';
import type { NodeOptions } from './options.ts';
import { Peer, type PeerDataProducer, type PeerProducer, type PeerRoom, type PeerTransport } from './peer.ts';
import type { JoinQuery } from './query.ts';
import { observeAudio } from './room-observers.ts';
import type { Arrival } from './signaling.ts';
import { createTransport } from './transport.ts';
import type { MediaWorker } from './worker.ts';

/** Where the room lives: twice the same worker, unless it pipes. */
export interface RoomPlace {
  readonly producing: MediaWorker;
  readonly consuming: MediaWorker;
}

export class Room implements PeerRoom, ConsumingRoom {
  readonly id: string;
  readonly consumerReplicas: number;
  readonly ignoreDtx: boolean;
  readonly load: WorkerLoad;
  readonly #place: RoomPlace;
  readonly #options: NodeOptions;
  readonly #producing: types.Router;
  readonly #consuming: types.Router;
  readonly #closed: () => void;
  readonly #peers = new Map<string, Peer>();
  /** Pipes under way or done, by id of what is piped. */
  readonly #pipes = new Map<string, Promise<void>>();
  #observe: (producerId: string) => void = () => undefined;
  #bot: DataBot | null = null;
  #isClosed = false;

  /** @param closed called once, whatever closed the room */
  static async create(
    query: JoinQuery,
    place: RoomPlace,
    options: NodeOptions,
    closed: () => void,
  ): Promise<Room> {
    place.producing.load.rooms.add(place);
    try {
      const mediaCodecs = [...routerCodecs];
      const producing = await place.producing.worker.createRouter({ mediaCodecs });
      const piped = place.consuming !== place.producing;
      const consuming = piped ? await place.consuming.worker.createRouter({ mediaCodecs }) : producing;
      const room = new Room(query, place, options, { producing, consuming, closed });
      await room.#furnish();
      return room;
    } catch (thrown) {
      place.producing.load.rooms.delete(place);
      throw thrown;
    }
  }

  private constructor(
    query: JoinQuery,
    place: RoomPlace,
    options: NodeOptions,
    {
      producing,
      consuming,
      closed,
    }: { producing: types.Router; consuming: types.Router; closed: () => void },
  ) {
    this.id = query.roomId;
    this.consumerReplicas = query.consumerReplicas;
    this.ignoreDtx = options.ignoreDtx;
    this.load = place.consuming.load;
    this.#place = place;
    this.#options = options;
    this.#producing = producing;
    this.#consuming = consuming;
    this.#closed = closed;
    for (const router of [producing, consuming]) {
      router.observer.once('close', () => this.close('worker closed'));
    }
  }

  async #furnish(): Promise<void> {
    this.#observe = await observeAudio(this.#producing, this.#options, (method, data) => {
      for (const peer of this.#joinedPeers()) peer.notify(method, data);
    });
    if (!this.#options.dataBot) return;
    this.#bot = await DataBot.create(this.#producing);
    this.#pipe({ dataProducerId: this.#bot.dataProducer.id });
  }

  get closed(): boolean {
    return this.#isClosed;
  }

  get rtpCapabilities(): types.RouterRtpCapabilities {
    return this.#consuming.rtpCapabilities;
  }

  /** Lets a connection in; a peer that has the same id makes room for it, and the others are told nothing of that. */
  enter(arrival: Arrival, query: JoinQuery, mediasoupVersion: string): void {
    this.#peers.get(query.peerId)?.close('replaced by a peer of the same id', { announce: false });
    const peer = Peer.create(arrival, { id: query.peerId, wish: query.consume }, this, mediasoupVersion);
    this.#peers.set(peer.id, peer);
    this.#place.producing.load.peers.add(peer);
  }

  join(peer: Peer): readonly PeerDescription[] {
    const others = this.#othersOf(peer);
    for (const other of others) {
      other.notify('newPeer', { peer: peer.description });
      for (const dataProducer of other.dataProducers.values()) {
        if (dataProducer.appData.channel === 'chat') void consumeData(this, peer, dataProducer);
      }
    }
    this.offerAll(peer);
    if (this.#bot !== null) void consumeData(this, peer, this.#bot.dataProducer);
    return others.map((other) => other.description);
  }

  offerAll(peer: Peer): void {
    for (const other of this.#othersOf(peer)) offer(this, peer, other.producers.values());
  }

  produced(peer: Peer, producer: PeerProducer): void {
    this.#place.producing.load.addProducer({ room: this.id, peer: peer.id }, producer);
    this.#pipe({ producerId: producer.id });
    producer.observer.once('close', () => this.#pipes.delete(producer.id));
    for (const other of this.#othersOf(peer)) offer(this, other, [producer]);
    if (producer.kind === 'audio') this.#observe(producer.id);
  }

  producedData(peer: Peer, dataProducer: PeerDataProducer): void {
    if (dataProducer.appData.channel === 'bot') {
      void this.#bot?.listen(dataProducer, () => peer.displayName);
      return;
    }
    this.#pipe({ dataProducerId: dataProducer.id });
    dataProducer.observer.once('close', () => this.#pipes.delete(dataProducer.id));
    for (const other of this.#othersOf(peer)) void consumeData(this, other, dataProducer);
  }

  renamed(peer: Peer, oldDisplayName: string): void {
    const { id: peerId, displayName } = peer;
    for (const other of this.#othersOf(peer)) {
      other.notify('peerDisplayNameChanged', { peerId, displayName, oldDisplayName });
    }
  }

  left(peer: Peer, announce: boolean): void {
    this.#place.producing.load.peers.delete(peer);
    if (this.#peers.get(peer.id) === peer) this.#peers.delete(peer.id);
    if (announce) for (const other of this.#othersOf(peer)) other.notify('peerClosed', { peerId: peer.id });
    setImmediate(() => this.closeIfEmpty());
  }

  closeIfEmpty(): void {
    if (this.#peers.size === 0) this.close('empty');
  }

  createTransport(direction: Direction, forceTcp: boolean): Promise<PeerTransport> {
    const at = direction === 'producer' ? this.#place.producing : this.#place.consuming;
    const router = direction === 'producer' ? this.#producing : this.#consuming;
    return createTransport(router, at, this.#options, { direction, forceTcp });
  }

  canConsume(producerId: string, rtpCapabilities: types.RtpCapabilities): boolean {
    return this.#consuming.canConsume({ producerId, rtpCapabilities });
  }

  async reach(id: string): Promise<void> {
    await this.#pipes.get(id);
  }

  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const peer of this.#peers.values()) peer.close(`room closed: ${reason}`, { announce: false });
    this.#producing.close();
    this.#consuming.close();
    this.#place.producing.load.rooms.delete(this.#place);
    this.#closed();
  }

  #pipe(what: { readonly producerId: string } | { readonly dataProducerId: string }): void {
    if (this.#consuming === this.#producing) return;
    const id = 'producerId' in what ? what.producerId : what.dataProducerId;
    const piping = this.#producing
      .pipeToRouter({ ...what, router: this.#consuming, enableSctp: this.#options.sctp })
      .then(() => undefined);
    // Who waits for the pipe hears of its failure; with nobody waiting it is nobody's.
    piping.catch(() => undefined);
    this.#pipes.set(id, piping);
  }

  #joinedPeers(): readonly Peer[] {
    return [...this.#peers.values()].filter((peer) => peer.joined !== null && !peer.closed);
  }

  #othersOf(peer: Peer): readonly Peer[] {
    return this.#joinedPeers().filter((other) => other !== peer);
  }
}
