/** Datagrams that are under way, first in, first out: copies, in slots that are used again. */

const slotBytes = 2048;
const firstSlots = 16;
/** 16 MiB: nobody's network holds more for one socket. */
const mostSlots = 8192;

export class DelayLine {
  #bytes = Buffer.allocUnsafeSlow(firstSlots * slotBytes);
  #atMs = new Float64Array(firstSlots);
  #length = new Int32Array(firstSlots);
  #mark = new Int32Array(firstSlots);
  #peer = new Int32Array(firstSlots);
  #slots = firstSlots;
  #head = 0;
  #count = 0;

  /** What `head` points into, until the next `push`. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** When the first one comes out; infinity when there is none. */
  get headAtMs(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : (this.#atMs[this.#head] as number);
  }

  get headOffset(): number {
    return this.#head * slotBytes;
  }

  get headLength(): number {
    return this.#length[this.#head] as number;
  }

  get headMark(): number {
    return this.#mark[this.#head] as number;
  }

  get headPeer(): number {
    return this.#peer[this.#head] as number;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Takes a copy; `mark` and `peer` come back with it. False when it is too long, or too many are under way. */
  push(atMs: number, bytes: Buffer, offset: number, length: number, mark: number, peer: number): boolean {
    if (length > slotBytes || (this.#count === this.#slots && !this.#grow())) return false;
    const slot = (this.#head + this.#count) % this.#slots;
    bytes.copy(this.#bytes, slot * slotBytes, offset, offset + length);
    this.#atMs[slot] = atMs;
    this.#length[slot] = length;
    this.#mark[slot] = mark;
    this.#peer[slot] = peer;
    this.#count += 1;
    return true;
  }

  /** Forgets the first one. */
  shift(): void {
    this.#head = (this.#head + 1) % this.#slots;
    this.#count -= 1;
  }

  #grow(): boolean {
    if (this.#slots === mostSlots) return false;
    const slots = this.#slots * 2;
    this.#bytes = turned(this.#bytes, this.#head * slotBytes, Buffer.allocUnsafeSlow(slots * slotBytes));
    this.#atMs = turned(this.#atMs, this.#head, new Float64Array(slots));
    this.#length = turned(this.#length, this.#head, new Int32Array(slots));
    this.#mark = turned(this.#mark, this.#head, new Int32Array(slots));
    this.#peer = turned(this.#peer, this.#head, new Int32Array(slots));
    this.#slots = slots;
    this.#head = 0;
    return true;
  }
}

interface Column<Self> {
  readonly length: number;
  subarray(from: number, to?: number): Self;
  set(other: Self, at?: number): void;
}

/** A full ring, from its head on, at the beginning of a larger one. */
function turned<Array extends Column<Array>>(ring: Array, head: number, into: Array): Array {
  into.set(ring.subarray(head));
  into.set(ring.subarray(0, head), ring.length - head);
  return into;
}
