/**
 * Who speaks when: talk spurts and pauses, exponentially distributed about the means of ITU-T P.59 (03/93), table 1, as
 * measured with hangover, which opus' DTX has too: 1.004 s and 1.587 s, so that a speaker speaks for 39 % of the time.
 * Each for himself: the table's double talk (0.228 s) and mutual silence (0.508 s) are of two talkers, and have no
 * meaning for a room. In a pause opus is discontinuous (DTX): a packet of comfort noise when it begins and each 400 ms,
 * and nothing else.
 */

const meanMs = { talk: 1004, pause: 1587 } as const;
const noiseMs = 400;

/** What becomes of one interval of a packet. */
export const slot = { talk: 0, onset: 1, noise: 2, nothing: 3 } as const;
export type Slot = (typeof slot)[keyof typeof slot];

export class Speech {
  readonly #packetMs: number;
  readonly #random: () => number;
  #isTalking: boolean;
  #leftMs = 0;
  #isFresh = true;
  #noiseInMs = 0;

  /** `random`: 0 ≤ value < 1, the speaker's own. `packetMs`: what one packet holds. */
  constructor(random: () => number, packetMs: number) {
    this.#packetMs = packetMs;
    this.#random = random;
    // In the middle of a conversation; exponential durations have no memory of how it began.
    this.#isTalking = this.#random() < meanMs.talk / (meanMs.talk + meanMs.pause);
    this.#draw();
  }

  /** Of the next interval. */
  next(): Slot {
    while (this.#leftMs <= 0) {
      this.#isTalking = !this.#isTalking;
      this.#draw();
    }
    const isFirst = this.#isFresh;
    this.#isFresh = false;
    this.#leftMs -= this.#packetMs;
    if (this.#isTalking) return isFirst ? slot.onset : slot.talk;
    if (isFirst) this.#noiseInMs = 0;
    const isNoise = this.#noiseInMs <= 0;
    this.#noiseInMs += (isNoise ? noiseMs : 0) - this.#packetMs;
    return isNoise ? slot.noise : slot.nothing;
  }

  #draw(): void {
    const mean = this.#isTalking ? meanMs.talk : meanMs.pause;
    this.#leftMs += -mean * Math.log(1 - this.#random());
    this.#isFresh = true;
  }
}
