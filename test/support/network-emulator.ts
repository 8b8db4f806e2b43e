/**
 * A network without sockets or clock: packets go in with an instant, and come out later, twice, in another order or not
 * at all, the same way for the same seed. `dropped` names every packet that it kept, by the order in which they went in.
 */

import { randomFrom } from '../../bots/random.ts';

export interface NetworkConditions {
  readonly seed: number;
  readonly lossRatio?: number;
  readonly duplicateRatio?: number;
  /** Of the packets, and by how much they are held back. */
  readonly reorderRatio?: number;
  readonly reorderMs?: number;
  readonly delayMs?: number;
  /** Uniform, on top of the delay; may reorder. */
  readonly jitterMs?: number;
  /** Bits per second through one queue; what finds it full is dropped. */
  readonly rateBps?: number;
  readonly queueBytes?: number;
}

export interface Dropped {
  readonly index: number;
  readonly cause: 'loss' | 'queue';
}

interface InFlight {
  readonly atMs: number;
  readonly order: number;
  readonly packet: Uint8Array;
}

export class NetworkEmulator {
  readonly dropped: Dropped[] = [];
  sentTotal = 0;
  duplicatedTotal = 0;
  readonly #conditions: NetworkConditions;
  readonly #random: () => number;
  #inFlight: InFlight[] = [];
  #order = 0;
  #queueFreeMs = 0;

  constructor(conditions: NetworkConditions) {
    this.#conditions = conditions;
    this.#random = randomFrom(conditions.seed);
  }

  /** Takes a copy. */
  send(packet: Uint8Array, nowMs: number): void {
    const { lossRatio = 0, duplicateRatio = 0, rateBps, queueBytes = 100_000 } = this.#conditions;
    const index = this.sentTotal;
    this.sentTotal += 1;
    if (this.#random() < lossRatio) {
      this.dropped.push({ index, cause: 'loss' });
      return;
    }
    let leavesMs = nowMs;
    if (rateBps !== undefined) {
      const waitingMs = Math.max(0, this.#queueFreeMs - nowMs);
      if ((waitingMs * rateBps) / 8000 + packet.length > queueBytes) {
        this.dropped.push({ index, cause: 'queue' });
        return;
      }
      leavesMs = nowMs + waitingMs + (packet.length * 8000) / rateBps;
      this.#queueFreeMs = leavesMs;
    }
    this.#launch(packet, leavesMs);
    if (this.#random() < duplicateRatio) {
      this.duplicatedTotal += 1;
      this.#launch(packet, leavesMs);
    }
  }

  /** When the next packet comes out; Infinity where none is under way. */
  get nextAtMs(): number {
    return this.#inFlight[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** The next packet that has arrived by now, or null. */
  receive(nowMs: number): Uint8Array | null {
    if (this.nextAtMs > nowMs) return null;
    return this.#inFlight.shift()?.packet ?? null;
  }

  #launch(packet: Uint8Array, leavesMs: number): void {
    const { delayMs = 0, jitterMs = 0, reorderRatio = 0, reorderMs = 0 } = this.#conditions;
    const held = this.#random() < reorderRatio ? reorderMs : 0;
    const atMs = leavesMs + delayMs + this.#random() * jitterMs + held;
    this.#order += 1;
    const entry = { atMs, order: this.#order, packet: new Uint8Array(packet) };
    let place = this.#inFlight.length;
    while (place > 0 && (this.#inFlight[place - 1] as InFlight).atMs > atMs) place -= 1;
    this.#inFlight.splice(place, 0, entry);
  }
}
