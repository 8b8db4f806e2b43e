/**
 * One SSRC that is sent, and its RTX; audio has none: its packets are sent again as they were. Packets are written from
 * the material straight into the port's outbox; what a retransmission needs is which they were, so the history holds no
 * bytes.
 */
import type { MediaKind } from '../bot.ts';
import { writeUint16 } from '../engine/bytes.ts';
import { Mark, markInstant, markKind, markLength, writeMark } from '../engine/payload/mark.ts';
import { writeAbsSendTime, writeAudioLevel, writeNtp } from '../engine/rtp/extension-values.ts';
import { osnLength } from '../engine/rtp/rtx.ts';
import {
  createRtpTemplate,
  type RtpTemplate,
  type TemplateExtension,
  writeRtp,
} from '../engine/rtp/template.ts';
import type { UdpPort } from '../udp/port.ts';
import type { Material } from './material.ts';
import { answersNack, type NamedSource, type OutgoingStream } from './negotiation.ts';
import { ntpOffsetMs } from './ntp.ts';
import { SentPackets } from './sent-packets.ts';

/** Whole RTP packets as libwebrtc cuts them, without SRTP's tag. */
const longestPacket = 1200;
/** A packet that was just sent again is still under way. */
const resendMs = 15;
/** Packets that can be sent again: those of five seconds of audio; libwebrtc has them for three. */
const historyLength: Readonly<Record<MediaKind, number>> = { audio: 256, video: 512 };
/** Room for header, payload and SRTP. */
const claimed = 1500;
/** From one abs-capture-time to the next, at most. */
const captureMs = 200;
/** −dBov of somebody who speaks, and of nobody. */
const levels = { voice: 30, silence: 127 } as const;

/** One for all: nothing is kept in it from one packet to the next. */
const mark = new Mark();

/** What carries packets away. */
export interface RtpCarrier {
  readonly port: Pick<UdpPort, 'outbox' | 'claim'>;
  nextTransportSequence(): number;
  /** Protects and sends the packet that stands in the outbox; false when it could not. */
  carry(at: number, length: number): boolean;
}

/** Counters of one SSRC and its RTX. */
export interface OutgoingCounts {
  packets: number;
  /** Whole RTP packets without SRTP's tag. */
  bytes: number;
  /** Under the media SSRC, for its sender report (RFC 3550 §6.4.1). */
  mediaPackets: number;
  payloadBytes: number;
  resent: number;
  nacks: number;
  plis: number;
}

/** The unit that is being sent: set by whoever schedules it, before its first packet. */
export class CurrentUnit {
  unit = 0;
  packets = 1;
  /** Counts the stream's units. */
  frame = 0;
  timestampBits = 0;
  /** The instant that its timestamp stands for. */
  capturedMs = 0.5;
  /** Audio: the first packet of a talk spurt; the packet is one of silence. */
  isOnset = false;
  isSilent = false;
}

export interface OutgoingOptions {
  readonly stream: OutgoingStream;
  readonly source: NamedSource;
  readonly material: Material;
  readonly carrier: RtpCarrier;
  /** Of the media and of its RTX. */
  readonly firstSequences: readonly [number, number];
  /** For its marks: identity of the published stream, and the layer in it. */
  readonly identity: { readonly sourceBits: number; readonly layer: number };
}

/**
 * Where a stream's sequence numbers begin (RFC 3550 §5.1): not too near to the end, so that a receiver that joins later
 * need not begin with a wrap. `random`: 0 … 1.
 */
export function firstSequence(random: number): number {
  return Math.floor(random * 0x7fff);
}

/** With the rid of its layer: its own SSRC says `rid`, its RTX `rrid` (RFC 8852). */
function named(
  extensions: readonly TemplateExtension[],
  name: 'rid' | 'rrid',
  rid: string | null,
): TemplateExtension[] {
  return extensions.flatMap((extension) => {
    if (extension.name !== 'rid' && extension.name !== 'rrid') return [extension];
    return extension.name === name && rid !== null ? [{ ...extension, text: rid }] : [];
  });
}

export class Outgoing {
  readonly ssrc: number;
  readonly current = new CurrentUnit();
  readonly counts: OutgoingCounts = {
    packets: 0,
    bytes: 0,
    mediaPackets: 0,
    payloadBytes: 0,
    resent: 0,
    nacks: 0,
    plis: 0,
  };
  readonly longestPayload: number;
  readonly #options: OutgoingOptions;
  readonly #carrier: RtpCarrier;
  readonly #material: Material;
  readonly #media: RtpTemplate;
  /** With abs-capture-time, which not every packet has; the same where it was not negotiated. */
  readonly #captured: RtpTemplate;
  readonly #rtx: RtpTemplate | null;
  readonly #isVideo: boolean;
  readonly #kind: number;
  readonly #sent: SentPackets | null;
  readonly #captureAfterMs: number;
  #capturedMs = Number.NEGATIVE_INFINITY;
  #sequence: number;
  /** Of the next packet that is none sent again, for its mark. */
  #number = 0;
  #rtxSequence: number;

  constructor(options: OutgoingOptions) {
    const { stream, source, material, carrier, firstSequences } = options;
    const { payloadType, rtxPayloadType, kind } = stream;
    const { ssrc, rtxSsrc, rid } = source;
    const all = named(stream.extensions, 'rid', rid);
    const usual = all.filter(({ name }) => name !== 'absCaptureTime');
    const repaired = named(stream.extensions, 'rrid', rid).filter(({ name }) => name !== 'absCaptureTime');
    this.ssrc = ssrc;
    this.#options = options;
    this.#carrier = carrier;
    this.#material = material;
    this.#isVideo = kind === 'video';
    this.#kind = markKind[kind];
    this.#media = createRtpTemplate({ payloadType, ssrc, extensions: usual });
    this.#captured =
      usual.length === all.length ? this.#media : createRtpTemplate({ payloadType, ssrc, extensions: all });
    this.#rtx =
      rtxPayloadType === null || rtxSsrc === null
        ? null
        : createRtpTemplate({ payloadType: rtxPayloadType, ssrc: rtxSsrc, extensions: repaired });
    this.longestPayload = longestPacket - this.#captured.length - osnLength;
    // The next unit would be too late for it; due instants are not exact.
    this.#captureAfterMs = captureMs - 1000 / material.rate + 0.5;
    [this.#sequence, this.#rtxSequence] = firstSequences;
    const isResent = this.#rtx !== null || answersNack(stream);
    this.#sent = isResent ? new SentPackets(historyLength[kind]) : null;
  }

  /** Sends packet `index` of the current unit; returns its length. */
  send(index: number, nowMs: number): number {
    const { current } = this;
    const { port } = this.#carrier;
    const { outbox } = port;
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) & 0xffff;
    const number = this.#number;
    this.#number = number + 1;
    const sentBits = markInstant(nowMs);
    const marker = this.#isVideo ? index === current.packets - 1 : current.isOnset;
    const template = this.#templateOf(index);
    const at = port.claim(claimed);
    let next = at + writeRtp(template, outbox, at, marker, sequence, current.timestampBits);
    this.#stamp(template, at, nowMs, current.isSilent);
    if (template.absCaptureTimeAt >= 0)
      writeNtp(outbox, at + template.absCaptureTimeAt, current.capturedMs + ntpOffsetMs);
    next += this.#material.write(outbox, next, current.unit, index, current.packets, current.frame);
    if (this.#material.isMarked) this.#writeMark(next, index, current.frame, number, sentBits);
    if (this.#sent !== null) this.#sent.store(sequence, index, current, number, sentBits);
    return this.#carry(template, at, next - at);
  }

  /**
   * Sends a packet again: under the RTX SSRC (RFC 4588), or where there is none, as it was, as libwebrtc does. Returns its
   * length; 0 when there is nothing to send.
   */
  resend(sequence: number, nowMs: number): number {
    const sent = this.#sent;
    if (sent === null || !sent.find(sequence)) return 0;
    if (nowMs - sent.resentMs < resendMs) return 0;
    sent.resent(nowMs);
    const { port } = this.#carrier;
    const { outbox } = port;
    const { unit, index, packets, frame } = sent;
    const at = port.claim(claimed);
    const marker = this.#isVideo ? index === packets - 1 : sent.isOnset;
    const rtx = this.#rtx;
    const template = rtx ?? this.#media;
    const own = rtx === null ? sequence : this.#rtxSequence;
    let next = at + writeRtp(template, outbox, at, marker, own, sent.timestampBits);
    this.#stamp(template, at, nowMs, sent.isSilent);
    if (rtx !== null) {
      this.#rtxSequence = (own + 1) & 0xffff;
      writeUint16(outbox, next, sequence);
      next += osnLength;
    }
    next += this.#material.write(outbox, next, unit, index, packets, frame);
    if (this.#material.isMarked) this.#writeMark(next, index, frame, sent.number, sent.sentBits);
    this.counts.resent += 1;
    return this.#carry(template, at, next - at);
  }

  #carry(template: RtpTemplate, at: number, length: number): number {
    const { counts } = this;
    this.#carrier.carry(at, length);
    counts.packets += 1;
    counts.bytes += length;
    if (template === this.#rtx) return length;
    counts.mediaPackets += 1;
    counts.payloadBytes += length - template.length;
    return length;
  }

  #templateOf(index: number): RtpTemplate {
    const { capturedMs } = this.current;
    if (index !== 0 || capturedMs - this.#capturedMs < this.#captureAfterMs) return this.#media;
    this.#capturedMs = capturedMs;
    return this.#captured;
  }

  #stamp(template: RtpTemplate, at: number, nowMs: number, isSilent: boolean): void {
    const { outbox } = this.#carrier.port;
    const { transportSequenceAt, absSendTimeAt, audioLevelAt } = template;
    if (transportSequenceAt >= 0)
      writeUint16(outbox, at + transportSequenceAt, this.#carrier.nextTransportSequence());
    if (absSendTimeAt >= 0) writeAbsSendTime(outbox, at + absSendTimeAt, nowMs);
    if (audioLevelAt >= 0)
      writeAudioLevel(outbox, at + audioLevelAt, isSilent ? levels.silence : levels.voice, !isSilent);
  }

  /** Into the last bytes of the payload that ends at `end`. */
  #writeMark(end: number, index: number, frame: number, number: number, sentBits: number): void {
    const { sourceBits, layer } = this.#options.identity;
    mark.sourceBits = sourceBits;
    mark.layer = layer;
    mark.kind = this.#kind;
    mark.index = index;
    mark.frameBits = frame;
    mark.packetBits = number;
    mark.sentBits = sentBits;
    writeMark(mark, this.#carrier.port.outbox, end - markLength);
  }
}
