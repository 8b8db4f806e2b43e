/** A publisher of one video stream with RTX, and the parts of a receiver, over two emulated networks. */
import { readUint32 } from '../../../../bots/engine/bytes.ts';
import { readVp8, Vp8Descriptor } from '../../../../bots/engine/payload/vp8.ts';
import { arrival } from '../../../../bots/engine/receive/arrival.ts';
import { Frames } from '../../../../bots/engine/receive/frames.ts';
import { Freezes } from '../../../../bots/engine/receive/freezes.ts';
import { NackList } from '../../../../bots/engine/receive/nack-list.ts';
import { StreamReceiver } from '../../../../bots/engine/receive/stream-receiver.ts';
import { Nack, writeNack } from '../../../../bots/engine/rtcp/nack.ts';
import { parseRtp, RtpHeader } from '../../../../bots/engine/rtp/header.ts';
import { originalSequence, osnLength } from '../../../../bots/engine/rtp/rtx.ts';
import { markedVideo } from '../../../../bots/synthetic/marked.ts';
import { Outgoing } from '../../../../bots/synthetic/outgoing.ts';
import { VideoPlay } from '../../../../bots/synthetic/play.ts';
import { type NetworkConditions, NetworkEmulator } from '../../../support/network-emulator.ts';
import { identity, source, videoStream } from '../../../support/rtp-recorder.ts';

const media = source.ssrc;
const rtx = source.rtxSsrc;

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
  readonly receiver = new StreamReceiver(media, 90_000, 32_768);
  readonly nacks = new NackList();
  readonly freezes = new Freezes();
  readonly frames: Frames;
  /** Indices, by the order in which the emulator took them, of packets that are not retransmissions. */
  readonly originals: number[] = [];
  /** Sequence numbers without wrap, as sent, from the first. */
  readonly arrived = new Set<number>();
  readonly #settings: LinkSettings;
  readonly #outgoing: Outgoing;
  readonly #play: VideoPlay;
  readonly #header = new RtpHeader();
  readonly #descriptor = new Vp8Descriptor();
  readonly #outbox = Buffer.alloc(2000);
  readonly #arena = new Uint8Array(4000);
  readonly #sequences = new Uint16Array(1000);
  #nowMs = 0;
  #lastTime = 0;

  constructor(settings: LinkSettings) {
    this.#settings = settings;
    this.forward = new NetworkEmulator(settings.forward);
    this.back = settings.back === null ? null : new NetworkEmulator(settings.back);
    const { fps, frameBytes, firstSequence } = settings;
    const size = { width: 640, height: 360, fps, bitrateBps: frameBytes * 8 * fps };
    const material = markedVideo({ ...size, keyFrameIntervalMs: 100_000 / fps }, null);
    this.#outgoing = new Outgoing({
      stream: videoStream,
      source,
      material,
      carrier: {
        port: { outbox: this.#outbox, claim: () => 0 },
        nextTransportSequence: () => 0,
        carry: (at, length) => this.#send(at, length),
      },
      firstSequences: [firstSequence, 60_000],
      identity,
    });
    const play = { material, outgoing: this.#outgoing, startMs: 0, clockRate: 90_000, timestamp: 0xffff0000 };
    this.#play = new VideoPlay({ ...play, random: () => 0 });
    this.frames = new Frames((nowMs) => this.freezes.frame(nowMs));
  }

  run(): void {
    const { frames, fps } = this.#settings;
    const endMs = (frames * 1000) / fps + 2000;
    for (let nowMs = 0; nowMs < endMs; nowMs += 5) {
      this.#nowMs = nowMs;
      if (this.#play.framesTotal < frames) this.#play.work(nowMs);
      for (let packet = this.forward.receive(nowMs); packet !== null; packet = this.forward.receive(nowMs)) {
        this.#take(packet, nowMs);
      }
      if (this.back !== null) this.#ask(this.back, nowMs);
    }
  }

  #send(at: number, length: number): boolean {
    if (readUint32(this.#outbox, at + 8) === media) this.originals.push(this.forward.sentTotal);
    this.forward.send(this.#outbox.subarray(at, at + length), this.#nowMs);
    return true;
  }

  #take(packet: Uint8Array, nowMs: number): void {
    const arena = this.#arena;
    const header = this.#header;
    arena.set(packet);
    parseRtp(header, arena, 0, packet.length);
    const retransmitted = header.ssrc === rtx;
    header.arrivalMs = nowMs;
    const kind = retransmitted
      ? this.receiver.recordRestored(originalSequence(header, arena))
      : this.receiver.record(header, packet.length, false);
    if (!retransmitted) {
      this.arrived.add(this.receiver.extended - 65_536 - this.#settings.firstSequence);
    }
    if (kind !== arrival.next && kind !== arrival.reordered) return;
    const skipped = retransmitted ? osnLength : 0;
    readVp8(this.#descriptor, arena, header.payloadAt + skipped, header.payloadLength - skipped);
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
        this.#outgoing.resend(sequence, nowMs);
      }
    }
  }
}
