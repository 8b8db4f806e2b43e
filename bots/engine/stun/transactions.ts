/** RFC 8489 §6.2: the ids of requests that may still be answered: the last eight, so that late consent counts. */
import { fixedBytes } from '../bytes.ts';
import { transactionLength } from './attribute.ts';
import { type StunMessage, transactionEquals } from './message.ts';

const kept = 8;

export class Transactions {
  readonly ids = fixedBytes(kept * transactionLength);
  /** Where the id of the last request stands in `ids`. */
  lastAt = 0;
  readonly #random: (bytes: Uint8Array, at: number, length: number) => void;
  readonly #sentAtMs = new Float64Array(kept).fill(Number.NaN);
  #last = 0;
  #found = 0;

  constructor(random: (bytes: Uint8Array, at: number, length: number) => void) {
    this.#random = random;
  }

  /** Begins a request with a new id. */
  next(nowMs: number): void {
    this.#last = (this.#last + 1) % kept;
    this.lastAt = this.#last * transactionLength;
    this.#random(this.ids, this.lastAt, transactionLength);
    this.#sentAtMs[this.#last] = nowMs;
  }

  sentAgain(nowMs: number): void {
    this.#sentAtMs[this.#last] = nowMs;
  }

  /** When the request was sent that this message answers; NaN: it answers none of ours. */
  find(message: StunMessage, bytes: Uint8Array): number {
    for (let index = 0; index < kept; index += 1) {
      const sentAtMs = this.#sentAtMs[index] as number;
      if (Number.isNaN(sentAtMs)) continue;
      if (!transactionEquals(message, bytes, this.ids, index * transactionLength)) continue;
      this.#found = index;
      return sentAtMs;
    }
    return Number.NaN;
  }

  /** The request that `find` found is answered: a second answer is none. */
  take(): void {
    this.#sentAtMs[this.#found] = Number.NaN;
  }

  forget(): void {
    this.#sentAtMs.fill(Number.NaN);
  }
}
