/**
 * What belongs to an SSRC, found without allocation: a Map would box every SSRC above 2^31 to look it up. Open
 * addressing, bounded; one entry remembered, since packets of a frame come in a row.
 */

export class SsrcTable<T> {
  readonly capacity: number;
  #keys: Int32Array;
  #values: (T | null)[];
  #mask: number;
  #size = 0;
  #lastKey = 0;
  #last: T | null = null;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#keys = new Int32Array(8);
    this.#values = emptySlots<T>(8);
    this.#mask = 7;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes an SSRC, or its bits. */
  find(ssrc: number): T | null {
    const key = ssrc | 0;
    if (this.#last !== null && this.#lastKey === key) return this.#last;
    const found = this.#values[this.#slotOf(key)] as T | null;
    if (found !== null) {
      this.#lastKey = key;
      this.#last = found;
    }
    return found;
  }

  /** False where the table is full. Replaces what was there. */
  add(ssrc: number, value: T): boolean {
    const key = ssrc | 0;
    let slot = this.#slotOf(key);
    if (this.#values[slot] === null) {
      if (this.#size === this.capacity) return false;
      if ((this.#size + 1) * 2 > this.#keys.length) {
        this.#rebuild(this.#keys.length * 2, null);
        slot = this.#slotOf(key);
      }
      this.#size += 1;
    }
    this.#keys[slot] = key;
    this.#values[slot] = value;
    this.#last = null;
    return true;
  }

  remove(ssrc: number): boolean {
    const value = this.find(ssrc);
    if (value === null) return false;
    this.#rebuild(this.#keys.length, ssrc | 0);
    this.#last = null;
    return true;
  }

  /** Calls back for each entry; not for the hot path. */
  forEach(visit: (value: T, ssrc: number) => void): void {
    for (let slot = 0; slot < this.#values.length; slot += 1) {
      const value = this.#values[slot] as T | null;
      if (value !== null) visit(value, (this.#keys[slot] as number) >>> 0);
    }
  }

  #slotOf(key: number): number {
    let slot = (Math.imul(key, 0x9e3779b1) >>> 16) & this.#mask;
    while (this.#values[slot] !== null && this.#keys[slot] !== key) slot = (slot + 1) & this.#mask;
    return slot;
  }

  #rebuild(length: number, without: number | null): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Int32Array(length);
    this.#values = emptySlots<T>(length);
    this.#mask = length - 1;
    this.#size = without === null ? this.#size : this.#size - 1;
    for (let slot = 0; slot < values.length; slot += 1) {
      const value = values[slot] as T | null;
      const key = keys[slot] as number;
      if (value === null || key === without) continue;
      const free = this.#slotOf(key);
      this.#keys[free] = key;
      this.#values[free] = value;
    }
  }
}

function emptySlots<T>(length: number): (T | null)[] {
  return Array.from<T | null>({ length }).fill(null);
}
