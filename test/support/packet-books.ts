/** A second book beside the bots' own: every packet that their streams were handed, by its mark and its sequence number. */
import { readUint16, sequenceDistance } from '../../bots/engine/bytes.ts';
import { Mark, readMark } from '../../bots/engine/payload/mark.ts';
import type { RtpHeader } from '../../bots/engine/rtp/header.ts';
import { Incoming } from '../../bots/synthetic/incoming.ts';

export class PacketBook {
  /** The publisher's number of each packet that came under the stream's own SSRC, in the order in which they came. */
  readonly numbers: number[] = [];
  /** The SFU's, without wrap, from the first one on. */
  readonly sequences: number[] = [];
  /** Numbers that RTX brought. */
  readonly restored: number[] = [];
  readonly sources = new Set<number>();
  unmarked = 0;

  own(header: RtpHeader, mark: Mark): void {
    const last = this.sequences.at(-1);
    const { sequence } = header;
    if (last === undefined) this.sequences.push(sequence);
    else this.sequences.push(last + sequenceDistance(last & 0xffff, sequence));
    this.numbers.push(mark.packetBits);
    this.sources.add(mark.sourceBits);
  }

  /** Sequence numbers, without wrap, between the first and the last that did not come. */
  get gaps(): number[] {
    const came = new Set(this.sequences);
    const [first = 0] = this.sequences;
    const all = Array.from({ length: (this.sequences.at(-1) ?? 0) - first }, (_, index) => first + index);
    return all.filter((sequence) => !came.has(sequence));
  }
}

interface Methods {
  packet: (this: Incoming, header: RtpHeader, bytes: Uint8Array, length: number, isOpened: boolean) => void;
  retransmission: (this: Incoming, header: RtpHeader, bytes: Uint8Array) => void;
}

/** Books of all streams of this process from now on, by their consumers' ids. */
export function keepBooks(): Map<string, PacketBook> {
  const books = new Map<string, PacketBook>();
  const mark = new Mark();
  const bookOf = ({ stream }: Incoming): PacketBook => {
    const book = books.get(stream.consumer) ?? new PacketBook();
    books.set(stream.consumer, book);
    return book;
  };
  const methods: Methods = Incoming.prototype;
  const { packet, retransmission } = methods;
  methods.packet = function (header, bytes, length, isOpened): void {
    const book = bookOf(this);
    if (isOpened && readMark(mark, bytes, header.payloadAt, header.payloadLength) === 0)
      book.own(header, mark);
    else book.unmarked += 1;
    packet.call(this, header, bytes, length, isOpened);
  };
  methods.retransmission = function (header, bytes): void {
    const sequence = readUint16(bytes, header.payloadAt);
    retransmission.call(this, header, bytes);
    // Its padding is off now. What is only padding probes the path.
    if (header.payloadLength < 2 || sequence < 0) return;
    const book = bookOf(this);
    if (readMark(mark, bytes, header.payloadAt, header.payloadLength) === 0)
      book.restored.push(mark.packetBits);
    else book.unmarked += 1;
  };
  return books;
}
