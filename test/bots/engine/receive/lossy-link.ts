/** A publisher and a receiver of one video stream with RTX, over two emulated networks: what the shell will wire up. */

import {
  readVp8,
  Vp8Descriptor,
  Vp8Packetizer,
  writeVp8FrameHeader,
} from '../../../../bots/engine/payload/vp8.ts';
import { arrival } from '../../../../bots/engine/receive/arrival.ts';
import { Frames } from '../../../../bots/engine/receive/frames.ts';
import { Freezes } from '../../../../bots/engine/receive/freezes.ts';
import { NackList } from '../../../../bots/engine/receive/nack-list.ts';
import { StreamReceiver } from '../../../../bots/engine/receive/stream-receiver.ts';
import { Nack, writeNack } from '../../../../bots/engine/rtcp/nack.ts';
import { parseRtp, RtpHeader } from '../../../../bots/engine/rtp/header.ts';
import { restoreRtx } from '../../../../bots/engine/rtp/rtx.ts';
import { createRtpTemplate } from '../../../../bots/engine/rtp/template.ts';
import { type NetworkConditions, NetworkEmulator } from '../../../support/network-emulator.ts';
import { PacketHistory } from '../../../support/send/history.ts';
import { StreamSender } from '../../../support/send/stream-sender.ts';

const media = 0xcafe0001;
const rtx = 0xcafe0002;

export interface LinkSettings {
  readonly firstSequence: number;
  readonly frames: number;
  readonly fps: number;
  readonly frameBytes: number;
  readonly forward: NetworkConditions;
  /** null: nothing is asked for again. */
  readonly back: NetworkConditions | null;
}

export class LossyLink {
  readonly forward: NetworkEmulator;
  readonly back: NetworkEmulator | null;
  readonly sender: StreamSender;
  readonly receiver = new StreamReceiver(media, 90_000, 32_768);
  readonly nacks = new NackList();
  readonly freezes = new Freezes();
  readonly frames: Frames;
  /** Indices, by the order in which the emulator took them, of packets that are not retransmissions. */
  readonly originals: number[] = [];
  /** Sequence numbers without wrap, as sent, from the first. */
  readonly arrived = new Set<number>();
  readonly #settings: LinkSettings;
  readonly #history = new PacketHistory(400_000, 512);
  readonly #rtxTemplate = createRtpTemplate({ payloadType: 97, ssrc: rtx, extensions: [] });
  readonly #header = new RtpHeader();
  readonly #descriptor = new Vp8Descriptor();
  readonly #packetizer = new Vp8Packetizer();
  readonly #arena = new Uint8Array(4000);
  readonly #frame = new Uint8Array(100_000);
  readonly #sequences = new Uint16Array(1000);
  #rtxSequence = 60_000;
  #lastTime = 0;

  constructor(settings: LinkSettings) {
    this.#settings = settings;
    this.forward = new NetworkEmulator(settings.forward);
    this.back = settings.back === null ? null : new NetworkEmulator(settings.back);
    this.sender = new StreamSender(
      { payloadType: 96, ssrc: media, extensions: [{ name: 'mid', id: 1, text: 'v0' }] },
      90_000,
      settings.firstSequence,
    );
    this.frames = new Frames((nowMs) => this.freezes.frame(nowMs));
  }

  run(): void {
    const { frames, fps } = this.#settings;
    let frame = 0;
    const endMs = (frames * 1000) / fps + 2000;
    for (let nowMs = 0; nowMs < endMs; nowMs += 5) {
      while (frame < frames && (frame * 1000) / fps <= nowMs) {
        this.#sendFrame(frame, nowMs);
        frame += 1;
      }
      for (let packet = this.forward.receive(nowMs); packet !== null; packet = this.forward.receive(nowMs)) {
        this.#take(packet, nowMs);
      }
      if (this.back !== null) this.#ask(this.back, nowMs);
    }
  }

  #sendFrame(index: number, nowMs: number): void {
    const key = index % 100 === 0;
    const length = this.#settings.frameBytes * (key ? 4 : 1);
    writeVp8FrameHeader(this.#frame, 0, key, 100, 640, 360);
    const packets = this.#packetizer.begin(length, 1100, index, index, 0, false);
    const timestamp = (0xffff0000 + index * (90_000 / this.#settings.fps)) >>> 0;
    for (let packet = 0; packet < packets; packet += 1) {
      const arena = this.#arena;
      const sequence = this.sender.sequence;
      const last = packet === packets - 1;
      const head = this.sender.write(arena, 0, last, timestamp);
      const size = this.#packetizer.next(this.#frame, 0, arena, head);
      this.#history.store(sequence, timestamp, last, arena, head, size);
      this.sender.sent(size, timestamp, nowMs);
      this.originals.push(this.forward.sentTotal);
      this.forward.send(arena.subarray(0, head + size), nowMs);
    }
  }

  #take(packet: Uint8Array, nowMs: number): void {
    const arena = this.#arena;
    const header = this.#header;
    arena.set(packet);
    let at = 0;
    parseRtp(header, arena, 0, packet.length);
    const retransmitted = header.ssrc === rtx;
    if (retransmitted) at = restoreRtx(header, arena, 0, media, 96);
    header.arrivalMs = nowMs;
    const kind = retransmitted
      ? this.receiver.recordRestored(header.sequence)
      : this.receiver.record(header, packet.length, false);
    if (!retransmitted) {
      this.arrived.add(this.receiver.extended - 65_536 - this.#settings.firstSequence);
    }
    if (kind !== arrival.next && kind !== arrival.reordered) return;
    parseRtp(header, arena, at, packet.length - at);
    readVp8(this.#descriptor, arena, header.payloadAt, header.payloadLength);
    const { start, keyFrame } = this.#descriptor;
    this.nacks.packet(this.receiver.extended, nowMs);
    this.frames.packet(this.receiver.extended, header, start ? 1 : 0, keyFrame ? 1 : 0);
  }

  #ask(back: NetworkEmulator, nowMs: number): void {
    if (nowMs - this.#lastTime >= 20) {
      this.#lastTime = nowMs;
      const count = this.nacks.poll(nowMs, 60, this.#sequences);
      const length = writeNack(this.#arena, 0, 1, media, this.#sequences, count);
      if (length > 0) back.send(this.#arena.subarray(0, length), nowMs);
    }
    for (let packet = back.receive(nowMs); packet !== null; packet = back.receive(nowMs)) {
      const nack = new Nack();
      nack.open(packet, 0, packet.length);
      for (let sequence = nack.next(); sequence >= 0; sequence = nack.next()) {
        const length = this.#history.resend(
          sequence,
          nowMs,
          10,
          this.#rtxTemplate,
          this.#rtxSequence & 0xffff,
          this.#arena,
          0,
        );
        if (length <= 0) continue;
        this.#rtxSequence += 1;
        this.forward.send(this.#arena.subarray(0, length), nowMs);
      }
    }
  }
}
