/** What a received packet costs the engine: parse, count, statistics, transport-wide arrival. For bench and tests. */
import { readUint16, writeUint16, writeUint32 } from '../../../bots/engine/bytes.ts';
import { protocol, protocolOf } from '../../../bots/engine/demultiplex.ts';
import { arrival } from '../../../bots/engine/receive/arrival.ts';
import { Frames } from '../../../bots/engine/receive/frames.ts';
import { Freezes } from '../../../bots/engine/receive/freezes.ts';
import { NackList } from '../../../bots/engine/receive/nack-list.ts';
import { StreamReceiver } from '../../../bots/engine/receive/stream-receiver.ts';
import { findExtension } from '../../../bots/engine/rtp/extension.ts';
import { parseRtp, RtpHeader } from '../../../bots/engine/rtp/header.ts';
import { createRtpTemplate, writeRtp } from '../../../bots/engine/rtp/template.ts';
import { SsrcTable } from '../../../bots/engine/ssrc-table.ts';
import { TransportFeedbackRecorder } from '../../../bots/engine/twcc/recorder.ts';

const stride = 1500;
const packetLength = 1100;
const transportId = 5;

interface Stream {
  readonly receiver: StreamReceiver;
  readonly nacks: NackList;
  readonly frames: Frames;
}

/** One transport with some streams; a batch of packets in one arena, as `recvmmsg` leaves them. */
export class HotPath {
  packets = 0;
  readonly recorder = new TransportFeedbackRecorder();
  readonly #arena: Uint8Array;
  readonly #batch: number;
  readonly #header = new RtpHeader();
  readonly #streams = new SsrcTable<Stream>(64);
  readonly #feedback = new Uint8Array(1200);
  readonly #count: number;
  #transportSequence = 0;

  constructor(streams: number, batch: number) {
    this.#batch = batch;
    this.#count = streams;
    this.#arena = new Uint8Array(new ArrayBuffer(batch * stride));
    for (let index = 0; index < streams; index += 1) {
      const ssrc = 0xf0000000 + index * 7919;
      const freezes = new Freezes();
      this.#streams.add(ssrc, {
        receiver: new StreamReceiver(ssrc, 90_000),
        nacks: new NackList(),
        frames: new Frames((nowMs) => freezes.frame(nowMs)),
      });
    }
    const ssrcs: number[] = [];
    this.#streams.forEach((_, ssrc) => ssrcs.push(ssrc));
    for (let slot = 0; slot < batch; slot += 1) {
      const ssrc = ssrcs[slot % streams] as number;
      const extensions = [
        { name: 'mid', id: 1, text: 'v0' },
        { name: 'absSendTime', id: 4 },
        { name: 'transportSequence', id: transportId },
      ] as const;
      const template = createRtpTemplate({ payloadType: 96, ssrc, extensions });
      writeRtp(template, this.#arena, slot * stride, false, 0, 0);
    }
  }

  /** What the next batch would hold: new numbers in the packets of the last one. */
  refill(): void {
    const arena = this.#arena;
    const header = this.#header;
    for (let slot = 0; slot < this.#batch; slot += 1) {
      const at = slot * stride;
      const index = Math.floor((this.packets + slot) / this.#count);
      writeUint16(arena, at + 2, index & 0xffff);
      writeUint32(arena, at + 4, Math.floor(index / 4) * 3000);
      arena[at + 1] = 96 | (index % 4 === 3 ? 0x80 : 0);
      parseRtp(header, arena, at, packetLength);
      const value = findExtension(header, arena, transportId);
      writeUint16(arena, value, this.#transportSequence & 0xffff);
      this.#transportSequence += 1;
    }
  }

  /** The measured part. */
  receive(nowMs: number): void {
    const arena = this.#arena;
    const header = this.#header;
    for (let slot = 0; slot < this.#batch; slot += 1) {
      const at = slot * stride;
      if (protocolOf(arena, at, packetLength) !== protocol.rtp) continue;
      if (parseRtp(header, arena, at, packetLength) < 0) continue;
      const stream = this.#streams.find(header.ssrcBits);
      if (stream === null) continue;
      const value = findExtension(header, arena, transportId);
      header.arrivalMs = nowMs + slot * 0.1;
      if (value >= 0) this.recorder.record(readUint16(arena, value), header);
      const kind = stream.receiver.record(header, packetLength, false);
      if (kind !== arrival.next && kind !== arrival.reordered) continue;
      const extended = stream.receiver.extended;
      stream.nacks.packet(extended, nowMs);
      stream.frames.packet(extended, header, -1, -1);
    }
    this.packets += this.#batch;
  }

  /** Transport-wide feedback about what came; returns its bytes. */
  report(): number {
    let bytes = 0;
    for (
      let length = this.recorder.build(this.#feedback, 0, 1200, 1, 2);
      length > 0;
      length = this.recorder.build(this.#feedback, 0, 1200, 1, 2)
    ) {
      bytes += length;
    }
    return bytes;
  }
}
