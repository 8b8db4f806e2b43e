/** Which packets were sent lately, so that they can be written again: by the low bits of their sequence numbers. */
import type { CurrentUnit } from './outgoing.ts';

/** Packets that can be sent again; a power of two. */
const length = 512;
const mask = length - 1;

export class SentPackets {
  // Of the packet that was found last.
  unit = 0;
  index = 0;
  packets = 0;
  frame = 0;
  timestampBits = 0;
  number = 0;
  sentBits = 0;
  /** When it was sent last. */
  resentMs = 0.5;
  #slot = 0;
  readonly #sequences = new Int32Array(length).fill(-1);
  readonly #units = new Int32Array(length);
  readonly #indices = new Uint16Array(length);
  readonly #packets = new Uint16Array(length);
  readonly #frames = new Int32Array(length);
  readonly #timestamps = new Int32Array(length);
  readonly #numbers = new Int32Array(length);
  readonly #sentBits = new Int32Array(length);
  readonly #resentMs = new Float64Array(length);

  /** Packet `index` of the unit, the `number`-th of the stream. */
  store(
    sequence: number,
    index: number,
    { unit, packets, frame, timestampBits }: CurrentUnit,
    number: number,
    sentBits: number,
    nowMs: number,
  ): void {
    const slot = sequence & mask;
    this.#sequences[slot] = sequence;
    this.#units[slot] = unit;
    this.#indices[slot] = index;
    this.#packets[slot] = packets;
    this.#frames[slot] = frame;
    this.#timestamps[slot] = timestampBits;
    this.#numbers[slot] = number;
    this.#sentBits[slot] = sentBits;
    this.#resentMs[slot] = nowMs;
  }

  /** Fills the fields; false where the packet is none, or too long ago. */
  find(sequence: number): boolean {
    const slot = sequence & mask;
    if (this.#sequences[slot] !== sequence) return false;
    this.#slot = slot;
    this.unit = this.#units[slot] as number;
    this.index = this.#indices[slot] as number;
    this.packets = this.#packets[slot] as number;
    this.frame = this.#frames[slot] as number;
    this.timestampBits = this.#timestamps[slot] as number;
    this.number = this.#numbers[slot] as number;
    this.sentBits = this.#sentBits[slot] as number;
    this.resentMs = this.#resentMs[slot] as number;
    return true;
  }

  /** The packet that was found is on its way again. */
  resent(nowMs: number): void {
    this.#resentMs[this.#slot] = nowMs;
  }
}
