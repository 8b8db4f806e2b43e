/** Seeded mutations of real packets, in place in one arena: flips, edges, lengths, cuts, repeats, splices. */
import { randomFrom } from '../../bots/random.ts';

/** A parser under test. `run` gets a datagram in the middle of an arena and returns a digest of what it read. */
export interface Target {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  readonly run: (bytes: Uint8Array, at: number, length: number) => number;
  /** The run leaves state behind (a session): the same bytes need not give the same digest. */
  readonly stateful?: boolean;
  /** Its share of the mutations, where 1 is everybody's: for what costs more. */
  readonly weight?: number;
}

const margin = 64;
const maxLength = 1500;
const edges = [0, 1, 0x7f, 0x80, 0xfe, 0xff] as const;

export class Mutator {
  readonly arena = new Uint8Array(new ArrayBuffer(maxLength + 2 * margin));
  readonly at = margin;
  length = 0;
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  next(seeds: readonly Uint8Array[]): void {
    const { arena, at } = this;
    const seed = this.#pick(seeds);
    arena.set(seed, at);
    this.length = seed.length;
    const changes = this.#below(4);
    for (let change = 0; change < changes; change += 1) this.#change(seeds);
  }

  /** What lies outside of the datagram; no result may depend on it. */
  surround(filler: number): void {
    this.arena.fill(filler, 0, this.at);
    this.arena.fill(filler, this.at + this.length);
  }

  #change(seeds: readonly Uint8Array[]): void {
    const { arena, at, length } = this;
    if (length === 0) return;
    const place = at + this.#below(Math.min(length, this.#random() < 0.5 ? 40 : length));
    const choice = this.#below(8);
    if (choice === 0) arena[place] = (arena[place] as number) ^ (1 << this.#below(8));
    else if (choice === 1) arena[place] = this.#pick(edges);
    else if (choice === 2) arena[place] = this.#below(256);
    else if (choice === 3) {
      arena[place] = this.#pick([0, 0, 0, 0xff]);
      arena[place + 1] = this.#pick(edges);
    } else if (choice === 4) this.length = this.#below(length + 1);
    else if (choice === 5) {
      const size = Math.min(this.#below(64), maxLength - length);
      arena.copyWithin(place + size, place, at + length);
      this.length = Math.min(maxLength, length + size);
    } else if (choice === 6) {
      const size = Math.min(this.#below(16), at + length - place);
      arena.copyWithin(place, place + size, at + length);
      this.length = length - size;
    } else {
      const other = this.#pick(seeds);
      const size = Math.min(other.length, at + maxLength - place);
      for (let index = 0; index < size; index += 1) arena[place + index] = other[index] as number;
      this.length = Math.max(length, place + size - at);
    }
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)] as T;
  }
}

/** Runs so many mutations; throws with what repeats the failing one. */
export function fuzz(target: Target, mutations: number, seed: number): void {
  const mutator = new Mutator(seed);
  const original = new Uint8Array(maxLength);
  for (let index = 0; index < mutations; index += 1) {
    mutator.next(target.seeds);
    const { arena, at, length } = mutator;
    const twice = index % 16 === 0 && target.stateful !== true;
    if (twice) {
      original.set(arena.subarray(at, at + length));
      mutator.surround(0);
    }
    try {
      const digest = target.run(arena, at, length);
      if (!twice) continue;
      if (arena.subarray(0, at).some((byte) => byte !== 0)) throw new Error('wrote before the datagram');
      arena.set(original.subarray(0, length), at);
      mutator.surround(0xff);
      const again = target.run(arena, at, length);
      if (!Object.is(digest, again)) throw new Error(`read outside: ${digest}, ${again}`);
    } catch (cause) {
      const hex = Buffer.from(
        twice ? original.subarray(0, length) : arena.subarray(at, at + length),
      ).toString('hex');
      throw new Error(`${target.name}, seed ${seed}, mutation ${index}: ${hex}`, { cause });
    }
  }
}
