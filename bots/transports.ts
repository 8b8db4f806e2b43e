/** The transports of one session: their ids on the target, and when each was connected. */
import type { Endpoint } from './endpoint.ts';
import type { Direction, Signaling } from './signaling/signaling.ts';

export class Transports {
  readonly #endpoint: Endpoint;
  readonly #ids = new Map<Direction, string>();
  readonly #connected: Readonly<Record<Direction, PromiseWithResolvers<number>>> = {
    send: Promise.withResolvers(),
    recv: Promise.withResolvers(),
  };

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  async open(signaling: Signaling, direction: Direction): Promise<void> {
    const offer = await signaling.openTransport(direction);
    this.#ids.set(direction, offer.id);
    await this.#endpoint.openTransport(direction, offer);
  }

  /** Undefined where there is none. */
  find(direction: Direction): string | undefined {
    return this.#ids.get(direction);
  }

  id(direction: Direction): string {
    const id = this.#ids.get(direction);
    if (id === undefined) throw new Error(`no transport to ${direction}`);
    return id;
  }

  connected(direction: Direction, atMs: number): void {
    this.#connected[direction].resolve(atMs);
  }

  /** The instants at which all of these are connected. */
  allConnectedMs(directions: readonly Direction[]): Promise<number[]> {
    return Promise.all(directions.map((direction) => this.#connected[direction].promise));
  }
}
