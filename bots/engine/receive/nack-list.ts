/**
 * RFC 4585 §6.2.1 as libwebrtc's NackRequester uses it: which packets are missing, and when to ask for each: at once,
 * again after a round trip, ten times at most. What does not come by then is given up silently: a decoder that needs it
 * stands still, and asks for a key frame by its own clock. One is asked for here only where more is missing than can be
 * listed.
 */

/** `age`: in packets, before the newest. */
export const nackLimits = { missing: 1000, tries: 10, age: 10_000, defaultRttMs: 100 } as const;
const fewest = 16;

export class NackList {
  givenUpTotal = 0;
  /** Numbers that were asked for, each time counted. */
  requestedTotal = 0;
  /** More is missing than can be listed; the caller asks for a key frame and clears it. */
  keyFrameNeeded = false;
  /** When the first of what was given up had been missed, NaN: nothing was; the caller takes and clears it. */
  givenUpFromMs = Number.NaN;
  /** Numbers without wrap, ascending. Grows to the limit: a thousand streams miss a few packets each at a time. */
  #extended = new Float64Array(fewest);
  #foundMs = new Float64Array(fewest);
  #askedMs = new Float64Array(fewest);
  #tries = new Uint8Array(fewest);
  #size = 0;
  #highest = -1;

  get size(): number {
    return this.#size;
  }

  /** Takes each new packet, in the order of arrival; `extended` as its `StreamReceiver` numbers it. */
  packet(extended: number, nowMs: number): void {
    if (this.#highest < 0) {
      this.#highest = extended;
      return;
    }
    if (extended <= this.#highest) {
      if (this.#size > 0) this.#remove(extended);
      return;
    }
    const missing = extended - this.#highest - 1;
    if (missing > 0) this.#add(missing, nowMs);
    this.#highest = extended;
  }

  /** A key frame that begins at `extended` was shown: what is older is not asked for a second time. */
  forgetBefore(extended: number): void {
    const older = this.#olderThan(extended);
    let asked = 0;
    while (asked < older && (this.#tries[asked] as number) > 0) asked += 1;
    this.#drop(0, asked);
  }

  /** Writes into `sequences` what to ask for now; returns how many. Call it every 20 ms or so while `size` > 0. */
  poll(nowMs: number, rttMs: number, sequences: Uint16Array): number {
    const again = Number.isNaN(rttMs) ? nackLimits.defaultRttMs : rttMs;
    let kept = 0;
    let asked = 0;
    for (let index = 0; index < this.#size; index += 1) {
      const foundMs = this.#foundMs[index] as number;
      let tries = this.#tries[index] as number;
      let askedMs = this.#askedMs[index] as number;
      const due = tries === 0 || nowMs - askedMs >= again;
      if (due && tries >= nackLimits.tries) {
        this.#giveUp(1, foundMs);
        continue;
      }
      const extended = this.#extended[index] as number;
      if (due && asked < sequences.length) {
        sequences[asked] = extended & 0xffff;
        asked += 1;
        tries += 1;
        askedMs = nowMs;
      }
      this.#extended[kept] = extended;
      this.#foundMs[kept] = foundMs;
      this.#askedMs[kept] = askedMs;
      this.#tries[kept] = tries;
      kept += 1;
    }
    this.#size = kept;
    this.requestedTotal += asked;
    return asked;
  }

  #add(missing: number, nowMs: number): void {
    const aged = this.#olderThan(this.#highest + missing + 1 - nackLimits.age);
    if (aged > 0) this.#giveUp(aged, this.#foundMs[0] as number);
    this.#drop(0, aged);
    if (this.#size + missing > nackLimits.missing) {
      this.#giveUp(this.#size + missing, this.#size > 0 ? (this.#foundMs[0] as number) : nowMs);
      this.keyFrameNeeded = true;
      this.#size = 0;
      return;
    }
    this.#makeRoom(this.#size + missing);
    for (let offset = 1; offset <= missing; offset += 1) {
      const index = this.#size;
      this.#extended[index] = this.#highest + offset;
      this.#foundMs[index] = nowMs;
      this.#askedMs[index] = 0;
      this.#tries[index] = 0;
      this.#size += 1;
    }
  }

  #giveUp(count: number, foundMs: number): void {
    this.givenUpTotal += count;
    if (!(this.givenUpFromMs <= foundMs)) this.givenUpFromMs = foundMs;
  }

  /** How many stand before `extended`. */
  #olderThan(extended: number): number {
    let count = 0;
    while (count < this.#size && (this.#extended[count] as number) < extended) count += 1;
    return count;
  }

  #makeRoom(size: number): void {
    let room = this.#tries.length;
    if (size <= room) return;
    while (room < size) room *= 2;
    this.#extended = grown(this.#extended, room);
    this.#foundMs = grown(this.#foundMs, room);
    this.#askedMs = grown(this.#askedMs, room);
    const tries = new Uint8Array(room);
    tries.set(this.#tries);
    this.#tries = tries;
  }

  #remove(extended: number): void {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#extended[middle] as number) < extended) low = middle + 1;
      else high = middle;
    }
    if (low < this.#size && this.#extended[low] === extended) this.#drop(low, 1);
  }

  #drop(from: number, count: number): void {
    if (count === 0) return;
    this.#extended.copyWithin(from, from + count, this.#size);
    this.#foundMs.copyWithin(from, from + count, this.#size);
    this.#askedMs.copyWithin(from, from + count, this.#size);
    this.#tries.copyWithin(from, from + count, this.#size);
    this.#size -= count;
  }
}

function grown(numbers: Float64Array, room: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(room);
  larger.set(numbers);
  return larger;
}
