/**
 * One direction of a network that is worse than loopback, without sockets or clock: when does a packet come out, if it
 * does? First it may be lost, then it waits for its turn at the rate, then it is under way.
 */

export interface LinkConditions {
  /** From one end to the other, on top of what the machine's own network takes. */
  readonly delayMs: number;
  /** On top of that, between 0 and so much. */
  readonly jitterMs: number;
  /** Share of packets that get lost, each by itself. */
  readonly lossRatio: number;
  /** Bits per second, headers of IP and UDP included; null: no limit. */
  readonly rateBps: number | null;
  /** What would wait longer than this for its turn is dropped. */
  readonly queueMs: number;
}

/** Both directions, seen from a socket's owner. */
export interface NetworkConditions {
  readonly up: LinkConditions;
  readonly down: LinkConditions;
}

/** Of a packet that does not come out. */
export const lost = Number.NaN;

/** IPv4 and UDP. */
const headerBytes = 28;

export class Link {
  readonly #conditions: LinkConditions;
  readonly #random: () => number;
  readonly #wander: Wander | null;
  /** When the packet before has left the queue. */
  #freeMs = Number.NEGATIVE_INFINITY;

  /** `draw`: random numbers of 0 ≤ value < 1, of their own for losses, by the count of packets, and for jitter, by time. */
  constructor(conditions: LinkConditions, draw: (purpose: 'loss' | 'jitter') => () => number) {
    this.#conditions = conditions;
    this.#random = draw('loss');
    this.#wander = conditions.jitterMs > 0 ? new Wander(conditions.jitterMs, draw('jitter')) : null;
  }

  /** The instant at which a packet of so many bytes (of UDP payload) comes out, never before the one before it; or `lost`. */
  pass(nowMs: number, bytes: number): number {
    const { delayMs, lossRatio, rateBps, queueMs } = this.#conditions;
    if (lossRatio > 0 && this.#random() < lossRatio) return lost;
    let leavesMs = nowMs;
    if (rateBps !== null) {
      const beginsMs = Math.max(nowMs, this.#freeMs);
      if (beginsMs - nowMs > queueMs) return lost;
      leavesMs = beginsMs + ((bytes + headerBytes) * 8_000) / rateBps;
      this.#freeMs = leavesMs;
    }
    return leavesMs + delayMs + (this.#wander?.at(leavesMs) ?? 0);
  }
}

/**
 * A delay that goes in straight lines from one random value to the next, each `rangeMs`. It never falls faster than time
 * goes by, so that no packet overtakes another. Values drawn for each packet by itself would either reorder a frame's
 * packets, or, held in order, all become the largest one.
 */
class Wander {
  readonly #rangeMs: number;
  readonly #random: () => number;
  #fromMs = Number.NEGATIVE_INFINITY;
  #from = 0;
  #to = 0;

  constructor(rangeMs: number, random: () => number) {
    this.#rangeMs = rangeMs;
    this.#random = random;
  }

  at(ms: number): number {
    const range = this.#rangeMs;
    if (ms - this.#fromMs >= 2 * range) {
      this.#fromMs = ms;
      this.#from = this.#random() * range;
      this.#to = this.#random() * range;
    } else if (ms - this.#fromMs >= range) {
      this.#fromMs += range;
      this.#from = this.#to;
      this.#to = this.#random() * range;
    }
    return this.#from + (this.#to - this.#from) * ((ms - this.#fromMs) / range);
  }
}
