/**
 * What one worker carries, in the node's own books: counting must not cost the worker a request.
 * Only what peers asked for is entered. The pairs of pipe transports behind `usePipeTransports`, the data bot's direct
 * transport and RTP observers are mediasoup's inner plumbing and are left out.
 */
import type { types } from 'mediasoup';

interface Owned {
  readonly room: string;
  readonly peer: string;
}

export type CarriedStream =
  | (Owned & { readonly side: 'producer'; readonly source: types.Producer })
  | (Owned & { readonly side: 'consumer'; readonly source: types.Consumer });

export class WorkerLoad {
  /** Rooms by identity: a room that is closing and its successor may share an id. */
  readonly rooms = new Set<object>();
  readonly peers = new Set<object>();
  readonly transports = new Set<string>();
  /** In the order of rotation: what was read last stands last. */
  readonly #streams = new Map<string, CarriedStream>();
  #consumers = 0;

  get consumers(): number {
    return this.#consumers;
  }

  addTransport(transport: types.Transport): void {
    this.transports.add(transport.id);
    transport.observer.once('close', () => this.transports.delete(transport.id));
  }

  addProducer(owner: Owned, producer: types.Producer): void {
    this.#streams.set(producer.id, { ...owner, side: 'producer', source: producer });
    producer.observer.once('close', () => this.#streams.delete(producer.id));
  }

  addConsumer(owner: Owned, consumer: types.Consumer): void {
    this.#streams.set(consumer.id, { ...owner, side: 'consumer', source: consumer });
    this.#consumers += 1;
    consumer.observer.once('close', () => {
      this.#streams.delete(consumer.id);
      this.#consumers -= 1;
    });
  }

  count(): { producers: number; consumers: number; pausedConsumers: number } {
    const counts = { producers: 0, consumers: 0, pausedConsumers: 0 };
    for (const { side, source } of this.#streams.values()) {
      if (side === 'producer') counts.producers += 1;
      else if (source.paused || source.producerPaused) counts.pausedConsumers += 1;
      else counts.consumers += 1;
    }
    return counts;
  }

  all(): readonly CarriedStream[] {
    return [...this.#streams.values()];
  }

  /** The next few in rotation. */
  rotate(limit: number): readonly CarriedStream[] {
    const next: CarriedStream[] = [];
    for (const stream of this.#streams.values()) {
      if (next.length >= limit) break;
      next.push(stream);
    }
    for (const stream of next) {
      this.#streams.delete(stream.source.id);
      this.#streams.set(stream.source.id, stream);
    }
    return next;
  }
}
