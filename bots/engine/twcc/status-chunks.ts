/**
 * draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.3 and §3.1.4: packet statuses, packed as they come into
 * run-length chunks and status vectors. A symbol is the number of bytes of its receive delta: 0, 1 or 2.
 */
import { writeUint16 } from '../bytes.ts';

export const maxRun = 0x1fff;
const oneBitSymbols = 14;
const twoBitSymbols = 7;
const lost = 0;
const large = 2;

/** Holds the symbols of the chunk that is not yet full. */
export class StatusChunks {
  readonly #symbols = new Uint8Array(oneBitSymbols);
  #size = 0;
  #alike = true;
  #hasLarge = false;

  clear(): void {
    this.#size = 0;
    this.#alike = true;
    this.#hasLarge = false;
  }

  /** Takes a symbol; returns where the next chunk goes: `at`, or behind the chunk that had to be written. */
  add(symbol: number, bytes: Uint8Array, at: number): number {
    let next = at;
    while (!this.#fits(symbol)) next = this.#write(bytes, next);
    this.#push(symbol);
    return next;
  }

  /** Writes what is left; returns where the last chunk ends. */
  finish(bytes: Uint8Array, at: number): number {
    if (this.#size === 0) return at;
    if (this.#alike) this.#writeRun(bytes, at);
    else if (this.#size <= twoBitSymbols) this.#writeTwoBit(bytes, at, this.#size);
    else this.#writeOneBit(bytes, at);
    this.clear();
    return at + 2;
  }

  #fits(symbol: number): boolean {
    if (this.#size < twoBitSymbols) return true;
    if (this.#size < oneBitSymbols && !this.#hasLarge && symbol !== large) return true;
    return this.#size < maxRun && this.#alike && this.#symbols[0] === symbol;
  }

  #push(symbol: number): void {
    if (this.#size < oneBitSymbols) this.#symbols[this.#size] = symbol;
    this.#alike = this.#alike && symbol === this.#symbols[0];
    this.#hasLarge = this.#hasLarge || symbol === large;
    this.#size += 1;
  }

  /** A full chunk: the longest form that holds what there is. */
  #write(bytes: Uint8Array, at: number): number {
    if (this.#alike) {
      this.#writeRun(bytes, at);
      this.clear();
      return at + 2;
    }
    if (this.#size === oneBitSymbols) {
      this.#writeOneBit(bytes, at);
      this.clear();
      return at + 2;
    }
    this.#writeTwoBit(bytes, at, twoBitSymbols);
    const rest = this.#size - twoBitSymbols;
    this.clear();
    for (let index = 0; index < rest; index += 1) this.#push(this.#symbols[twoBitSymbols + index] as number);
    return at + 2;
  }

  #writeRun(bytes: Uint8Array, at: number): void {
    writeUint16(bytes, at, ((this.#symbols[0] as number) << 13) | this.#size);
  }

  #writeOneBit(bytes: Uint8Array, at: number): void {
    let word = 0x8000;
    for (let index = 0; index < this.#size; index += 1) {
      if (this.#symbols[index] !== lost) word |= 1 << (oneBitSymbols - 1 - index);
    }
    writeUint16(bytes, at, word);
  }

  #writeTwoBit(bytes: Uint8Array, at: number, count: number): void {
    let word = 0xc000;
    for (let index = 0; index < count; index += 1) {
      word |= (this.#symbols[index] as number) << (2 * (twoBitSymbols - 1 - index));
    }
    writeUint16(bytes, at, word);
  }
}
