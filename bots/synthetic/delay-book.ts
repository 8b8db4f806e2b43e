/** Where the receivers of a host count how long packets were under way: one pair of arrays for each group. */
import type { MediaKind } from '../bot.ts';
import { Delays } from '../engine/receive/delays.ts';

export type GroupDelays = Readonly<Record<MediaKind, Delays>>;

export class DelayBook {
  readonly #groups = new Map<string, GroupDelays>();
  readonly #lateAfterMs: number;

  constructor(lateAfterMs: number) {
    this.#lateAfterMs = lateAfterMs;
  }

  of(group: string): GroupDelays {
    const known = this.#groups.get(group);
    if (known !== undefined) return known;
    const created = { audio: new Delays(this.#lateAfterMs), video: new Delays(this.#lateAfterMs) };
    this.#groups.set(group, created);
    return created;
  }
}
