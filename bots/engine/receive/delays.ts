/**
 * How long packets were under way, counted in classes of 0.8 %: one array for all streams of a group, so that a packet
 * costs one addition and a stream no memory. From a capture time (abs-capture-time) or from a packet's mark.
 */
import { sinceMarkMs } from '../payload/mark.ts';
import { readNtpMs } from '../rtp/extension-values.ts';
import type { RtpHeader } from '../rtp/header.ts';

/** Classes of each power of two; below them every microsecond has its own. */
const classBits = 7;
const classes = 1 << classBits;
/** Microseconds: more than a minute is a clock of another machine. */
const longestUs = 2 ** 26 - 1;
/** What the kernel's and the sender's instants may differ by; more is no delay but another clock. */
const earliestUs = -1000;
const slots = classes * (26 - classBits + 1);

/** The class of a number of microseconds. */
function slotOf(us: number): number {
  if (us < classes) return us;
  const shift = 31 - Math.clz32(us) - classBits;
  return ((shift + 1) << classBits) + ((us >> shift) - classes);
}

/** The middle of a class. */
function middleOf(slot: number): number {
  if (slot < 2 * classes) return slot;
  const shift = (slot >> classBits) - 1;
  const low = ((slot & (classes - 1)) + classes) << shift;
  return low + (1 << shift) / 2;
}

/** What a packet's way was: in time, longer than the limit, or nothing that could be compared. */
export const way = { strange: -1, inTime: 0, late: 1 } as const;
export type Way = (typeof way)[keyof typeof way];

export class Delays {
  /** Since the last `drain`. */
  size = 0;
  /** Not counted: their sender's clock is not ours. */
  strangeTotal = 0;
  readonly #counts = new Uint32Array(slots);
  readonly #lateAfterUs: number;

  /** `lateAfterMs`: a packet that was longer under way is late. */
  constructor(lateAfterMs: number) {
    this.#lateAfterUs = Math.min(longestUs, Math.round(lateAfterMs * 1000));
  }

  /** `at`: where the value of abs-capture-time begins. `ntpOffsetMs`: what our clock has to be given to be NTP. */
  captured(header: RtpHeader, bytes: Uint8Array, at: number, ntpOffsetMs: number): Way {
    return this.#count(header.arrivalMs - (readNtpMs(bytes, at) - ntpOffsetMs));
  }

  /** `sentBits` as the mark has it. */
  marked(header: RtpHeader, sentBits: number): Way {
    return this.#count(sinceMarkMs(sentBits, header.arrivalMs));
  }

  /** Hands over every class that has something, in milliseconds, and begins anew. */
  drain(take: (ms: number, count: number) => void): void {
    if (this.size === 0) return;
    this.size = 0;
    for (let slot = 0; slot < slots; slot += 1) {
      const count = this.#counts[slot] as number;
      if (count > 0) take(middleOf(slot) / 1000, count);
    }
    this.#counts.fill(0);
  }

  #count(delayMs: number): Way {
    const us = Math.round(delayMs * 1000);
    if (!(us >= earliestUs && us <= longestUs)) {
      this.strangeTotal += 1;
      return way.strange;
    }
    const slot = slotOf(Math.max(0, us));
    this.#counts[slot] = (this.#counts[slot] as number) + 1;
    this.size += 1;
    return us > this.#lateAfterUs ? way.late : way.inTime;
  }
}
