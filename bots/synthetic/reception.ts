/** What a bot receives over its transport: packets are counted; feedback is not there yet. */
import { sequenceDistance } from '../engine/bytes.ts';
import type { RtpHeader } from '../engine/rtp/header.ts';
import { SsrcTable } from '../engine/ssrc-table.ts';
import type { BotStreamReading } from '../readings.ts';
import type { IncomingStream } from './negotiation.ts';
import type { Traffic, Transport } from './transport.ts';

export interface ReceptionOptions {
  readonly verifyEvery: number;
  readonly onFirstMedia: (atMs: number) => void;
}
class Source {
  received = 0;
  bytes = 0;
  first = -1;
  highest = 0;
  readonly stream: IncomingStream;
  constructor(stream: IncomingStream) {
    this.stream = stream;
  }
}

export class Reception implements Traffic {
  readonly #options: ReceptionOptions;
  readonly #table = new SsrcTable<Source>(1024);
  #transport: Transport | null = null;
  #first = true;
  constructor(options: ReceptionOptions) {
    this.#options = options;
  }
  attach(transport: Transport): void {
    this.#transport = transport;
    transport.carry(this);
  }
  add(stream: IncomingStream, _paused: boolean): void {
    this.#table.add(stream.ssrc, new Source(stream));
  }
  remove(_id: string): void {}
  pause(_id: string, _paused: boolean): void {}
  rtp(header: RtpHeader, bytes: Buffer, at: number, length: number, arrivalMs: number): void {
    const plain = this.#transport?.open(header, bytes, at, length, this.#options.verifyEvery) ?? -1;
    if (plain < 0) return;
    const source = this.#table.find(header.ssrc);
    if (source === null) return;
    if (this.#first) this.#options.onFirstMedia(arrivalMs);
    this.#first = false;
    if (source.first < 0) {
      source.first = header.sequence;
      source.highest = header.sequence;
    }
    const d = sequenceDistance(source.highest & 0xffff, header.sequence);
    if (d > 0) source.highest += d;
    source.received += 1;
    source.bytes += plain;
  }
  rtcp(_bytes: Buffer, _at: number, _length: number): void {}
  turn(_nowMs: number): void {}
  work(_nowMs: number): boolean {
    return false;
  }
  read(_atMs: number): Omit<BotStreamReading, 'bot' | 'atMs'>[] {
    const all: Omit<BotStreamReading, 'bot' | 'atMs'>[] = [];
    this.#table.forEach(({ stream, received, first, highest, bytes }) =>
      all.push({
        direction: 'in',
        kind: stream.kind,
        id: stream.consumer,
        producer: stream.producer,
        ssrc: stream.ssrc,
        rid: null,
        width: null,
        height: null,
        counters: {
          receivedPacketsTotal: received,
          receivedBytesTotal: bytes,
          lostPacketsTotal: first < 0 ? 0 : highest - first + 1 - received,
        },
        trends: {},
        qualityLimitation: null,
      }),
    );
    return all;
  }
  takeClosed(): Omit<BotStreamReading, 'bot' | 'atMs'>[] {
    return [];
  }
}
