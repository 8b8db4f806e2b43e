/**
 * Which packets of a publisher a stream has brought, by their marks: what the SFU forwarded twice, mixed up or left out
 * does not show in the sequence numbers, which are the SFU's own. Each layer of simulcast counts its packets by itself;
 * where a stream comes back to a layer a new run begins, and what lies between the two was never sent to us.
 */
import type { Mark } from '../payload/mark.ts';

/** Packets of a layer within which repeats are told from packets that came late: SRTP's replay window. */
const window = 512;
const layersAtMost = 4;
const own = 1;
const restored = 2;

/** What became of one layer's packets. */
export class Ledger {
  /** Distinct packets that came by themselves. */
  receivedTotal = 0;
  /** Distinct packets that RTX brought and that had not come. */
  recoveredTotal = 0;
  /** Numbers within a run that did not come by themselves; equal to what the sequence numbers say is lost. */
  gapsTotal = 0;
  /** The same packet under two sequence numbers. */
  repeatedTotal = 0;
  /** Numbers that were passed over without a gap in the sequence numbers: the SFU did not forward them. */
  skippedTotal = 0;
  runs = 1;
  /** Bits of 32-bit numbers. */
  first: number;
  last: number;
  lastFrame: number;
  /** A packet's number less its sequence number, while the run lasts. */
  distance: number;
  readonly flags: Uint8Array = new Uint8Array(window);

  constructor(mark: Mark, extended: number) {
    this.first = mark.packetBits;
    this.last = mark.packetBits;
    this.lastFrame = mark.frameBits;
    this.distance = (mark.packetBits - extended) | 0;
  }
}

/** `first` and `last` are numbers of packets; the totals are the ledger's. */
export type LedgerReading = Readonly<
  Record<'layer' | 'first' | 'last', number> &
    Pick<Ledger, 'receivedTotal' | 'recoveredTotal' | 'gapsTotal' | 'skippedTotal' | 'repeatedTotal'>
>;

export class Identity {
  /** Packets of another source than the first, or whose numbers contradict those before. */
  foreignTotal = 0;
  readonly #kind: number;
  readonly #ledgers: (Ledger | null)[] = Array.from<null>({ length: layersAtMost }).fill(null);
  #source = 0;
  #layer = -1;

  /** `kind` as in `markKind`. */
  constructor(kind: number) {
    this.#kind = kind;
  }

  /** Of the layers that have come, the smallest first. */
  get ledgers(): readonly (Ledger | null)[] {
    return this.#ledgers;
  }

  /** One for each layer that has come. */
  read(): LedgerReading[] {
    return this.#ledgers.flatMap((ledger, layer) => {
      if (ledger === null) return [];
      const { receivedTotal, recoveredTotal, gapsTotal, skippedTotal, repeatedTotal } = ledger;
      const [first, last] = [ledger.first >>> 0, ledger.last >>> 0];
      return [{ layer, first, last, receivedTotal, recoveredTotal, gapsTotal, skippedTotal, repeatedTotal }];
    });
  }

  /** What cannot be: of another publisher, twice, or backwards. */
  get wrongTotal(): number {
    return this.#ledgers.reduce((sum, ledger) => sum + (ledger?.repeatedTotal ?? 0), this.foreignTotal);
  }

  /** An opened packet without a mark, in a stream whose packets have one. */
  unmarked(): void {
    this.foreignTotal += 1;
  }

  /** A packet that was not here before under its sequence number; `extended` as the stream's receiver numbers it. */
  packet(mark: Mark, extended: number): void {
    const ledger = this.#ledgerOf(mark, extended);
    if (ledger === null) return;
    const ahead = (mark.packetBits - ledger.last) | 0;
    if (ahead > 0) {
      this.#follow(ledger, mark, extended, ahead);
      return;
    }
    const slot = mark.packetBits & (window - 1);
    const flags = ledger.flags[slot] as number;
    if (ahead > -window && (flags & own) !== 0) {
      ledger.repeatedTotal += 1;
      return;
    }
    // Only the network's reordering explains it: then it has the place that its run gave it.
    if (ahead <= -window || ((mark.packetBits - extended) | 0) !== ledger.distance) {
      this.foreignTotal += 1;
      return;
    }
    const before = (ledger.first - mark.packetBits) | 0;
    if (before > 0) {
      ledger.first = mark.packetBits;
      ledger.gapsTotal += before - 1;
    } else ledger.gapsTotal -= 1;
    if (flags === restored) ledger.recoveredTotal -= 1;
    ledger.flags[slot] = flags | own;
    ledger.receivedTotal += 1;
  }

  /** A packet that RTX brought. */
  restored(mark: Mark, extended: number): void {
    if (!this.#isOurs(mark)) return;
    const ledger = this.#ledgers[mark.layer] as Ledger | null;
    if (ledger === null) return;
    const ahead = (mark.packetBits - ledger.last) | 0;
    if (ahead > 0) {
      // Ahead of the stream itself: it is a gap as well, until it comes by itself.
      if (((mark.packetBits - extended) | 0) !== ledger.distance) return;
      ledger.gapsTotal += ahead;
      this.#advance(ledger, mark, ahead, restored);
    } else {
      const slot = mark.packetBits & (window - 1);
      if (ahead <= -window || ledger.flags[slot] !== 0) return;
      ledger.flags[slot] = restored;
    }
    ledger.recoveredTotal += 1;
  }

  #isOurs({ sourceBits, kind, layer }: Mark): boolean {
    if (sourceBits === this.#source && kind === this.#kind && layer < layersAtMost) return true;
    this.foreignTotal += 1;
    return false;
  }

  /** Null where the packet was counted already: as foreign, or as a layer's first. */
  #ledgerOf(mark: Mark, extended: number): Ledger | null {
    if (this.#layer === -1) this.#source = mark.sourceBits;
    if (!this.#isOurs(mark)) return null;
    const known = this.#ledgers[mark.layer] as Ledger | null;
    if (known !== null) return known;
    const begun = new Ledger(mark, extended);
    begun.flags[mark.packetBits & (window - 1)] = own;
    begun.receivedTotal = 1;
    this.#ledgers[mark.layer] = begun;
    this.#layer = mark.layer;
    return null;
  }

  #follow(ledger: Ledger, mark: Mark, extended: number, ahead: number): void {
    if (((mark.frameBits - ledger.lastFrame) | 0) < 0) this.foreignTotal += 1;
    ledger.lastFrame = mark.frameBits;
    const distance = (mark.packetBits - extended) | 0;
    if (mark.layer !== this.#layer) {
      this.#layer = mark.layer;
      ledger.runs += 1;
      ledger.skippedTotal += ahead - 1;
    } else {
      // What the numbers went on by beyond the sequence numbers was not sent to us.
      const skipped = Math.max(0, Math.min(ahead - 1, (distance - ledger.distance) | 0));
      ledger.skippedTotal += skipped;
      ledger.gapsTotal += ahead - 1 - skipped;
    }
    ledger.distance = distance;
    this.#advance(ledger, mark, ahead, own);
    ledger.receivedTotal += 1;
  }

  #advance(ledger: Ledger, { packetBits }: Mark, ahead: number, flag: number): void {
    for (let back = Math.min(ahead, window) - 1; back > 0; back -= 1)
      ledger.flags[(packetBits - back) & (window - 1)] = 0;
    ledger.flags[packetBits & (window - 1)] = flag;
    ledger.last = packetBits;
  }
}
