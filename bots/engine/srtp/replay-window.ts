/** RFC 3711 §3.3.2: which packet indices were seen, as a bitmap that ends at the highest one. */
import { reason } from '../reason.ts';

export class ReplayWindow {
  readonly size: number;
  readonly #bits: Int32Array;
  readonly #mask: number;
  /** Index of the newest packet marked; −1 before the first. Below 2^48, thus exact. */
  highest = -1;

  /** `size`: a power of two of at least 64 packets. */
  constructor(size: number) {
    if (size < 64 || (size & (size - 1)) !== 0) throw new RangeError(`replay window of ${size} packets`);
    this.size = size;
    this.#bits = new Int32Array(size / 32);
    this.#mask = size - 1;
  }

  /** 0, or the reason why the packet must not be taken. Changes nothing. */
  check(index: number): number {
    if (index > this.highest) return 0;
    if (index <= this.highest - this.size) return reason.tooOld;
    const bit = index & this.#mask;
    return ((this.#bits[bit >> 5] as number) & (1 << (bit & 31))) === 0 ? 0 : reason.replayed;
  }

  /** Call it once the packet has proved authentic, and only after `check` let it through. */
  mark(index: number): void {
    const ahead = index - this.highest;
    if (ahead > 0) {
      if (ahead >= this.size) this.#bits.fill(0);
      else if (ahead > 1) this.#clear(index, ahead);
      this.highest = index;
    }
    const bit = index & this.#mask;
    this.#bits[bit >> 5] = (this.#bits[bit >> 5] as number) | (1 << (bit & 31));
  }

  /** Forgets what stood in the slots of the packets that were skipped. */
  #clear(index: number, ahead: number): void {
    for (let back = 1; back < ahead; back += 1) {
      const bit = (index - back) & this.#mask;
      this.#bits[bit >> 5] = (this.#bits[bit >> 5] as number) & ~(1 << (bit & 31));
    }
  }
}
