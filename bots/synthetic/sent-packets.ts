/** Which packets were sent lately, so that they can be written again: by the low bits of their sequence numbers. */
import type { CurrentUnit } from './outgoing.ts';

const flag = { onset: 1, silent: 2 } as const;

export class SentPackets {
  // Of the packet that was found last.
  unit = 0;
  index = 0;
  packets = 0;
  frame = 0;
  timestampBits = 0;
  isOnset = false;
  isSilent = false;
  number = 0;
  sentBits = 0;
  /** When it was sent again last; −∞: never. */
  resentMs = 0.5;
  #slot = 0;
  readonly #mask: number;
  readonly #sequences: Int32Array;
  readonly #units: Int32Array;
  readonly #indices: Uint16Array;
  readonly #packets: Uint16Array;
  readonly #frames: Int32Array;
  readonly #timestamps: Int32Array;
  readonly #flags: Uint8Array;
  readonly #numbers: Int32Array;
  readonly #sentBits: Int32Array;
  readonly #resentMs: Float64Array;

  /** `length`: packets that can be sent again; a power of two. */
  constructor(length: number) {
    this.#mask = length - 1;
    this.#sequences = new Int32Array(length).fill(-1);
    this.#units = new Int32Array(length);
    this.#indices = new Uint16Array(length);
    this.#packets = new Uint16Array(length);
    this.#frames = new Int32Array(length);
    this.#timestamps = new Int32Array(length);
    this.#flags = new Uint8Array(length);
    this.#numbers = new Int32Array(length);
    this.#sentBits = new Int32Array(length);
    this.#resentMs = new Float64Array(length);
  }

  /** Packet `index` of the unit, the `number`-th of the stream. */
  store(
    sequence: number,
    index: number,
    { unit, packets, frame, timestampBits, isOnset, isSilent }: CurrentUnit,
    number: number,
    sentBits: number,
  ): void {
    const slot = sequence & this.#mask;
    this.#sequences[slot] = sequence;
    this.#units[slot] = unit;
    this.#indices[slot] = index;
    this.#packets[slot] = packets;
    this.#frames[slot] = frame;
    this.#timestamps[slot] = timestampBits;
    this.#flags[slot] = (isOnset ? flag.onset : 0) | (isSilent ? flag.silent : 0);
    this.#numbers[slot] = number;
    this.#sentBits[slot] = sentBits;
    // What was sent once may be asked for at once: a burst's next packet tells of the gap within a millisecond.
    this.#resentMs[slot] = Number.NEGATIVE_INFINITY;
  }

  /** Fills the fields; false where the packet is none, or too long ago. */
  find(sequence: number): boolean {
    const slot = sequence & this.#mask;
    if (this.#sequences[slot] !== sequence) return false;
    this.#slot = slot;
    this.unit = this.#units[slot] as number;
    this.index = this.#indices[slot] as number;
    this.packets = this.#packets[slot] as number;
    this.frame = this.#frames[slot] as number;
    this.timestampBits = this.#timestamps[slot] as number;
    const flags = this.#flags[slot] as number;
    this.isOnset = (flags & flag.onset) !== 0;
    this.isSilent = (flags & flag.silent) !== 0;
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
