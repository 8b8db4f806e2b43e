/**
 * One SSRC that is sent, and its RTX. Packets are written from the cassette straight into the port's outbox; what a
 * retransmission needs is where they came from, so the history holds no bytes.
 */
import { writeUint16 } from '../engine/bytes.ts';
import { writeAbsSendTime, writeAudioLevel } from '../engine/rtp/extension-values.ts';
import { createRtpTemplate, type RtpTemplate, writeRtp } from '../engine/rtp/template.ts';
import type { Cassette } from '../media/cassette.ts';
import type { UdpPort } from '../udp/port.ts';
import type { OutgoingSource, OutgoingStream } from './negotiation.ts';

/** Whole RTP packets as libwebrtc cuts them, without SRTP's tag. */
const longestPacket = 1200;
/** Packets that can be sent again; a power of two. */
const historyLength = 512;
const historyMask = historyLength - 1;
/** A packet that was just sent again is still under way. */
const resendMs = 15;
/** RFC 7741 §4.2 with a picture id of 15 bits, as libwebrtc writes it for one temporal layer. */
const vp8Descriptor = 4;
const osnLength = 2;
/** Room for header, payload and SRTP. */
const claimed = 1500;

/** What carries packets away. */
export interface RtpCarrier {
  readonly port: UdpPort;
  nextTransportSequence(): number;
  /** Protects and sends the packet that stands in the outbox; false when it could not. */
  carry(at: number, length: number): boolean;
}

/** Counters of one SSRC and its RTX. */
export interface OutgoingCounts {
  packets: number;
  /** Whole RTP packets without SRTP's tag. */
  bytes: number;
  /** Of the media SSRC, for its sender report (RFC 3550 §6.4.1). */
  mediaPackets: number;
  payloadBytes: number;
  resent: number;
  nacks: number;
  plis: number;
}

/** Where the packets of a unit lie in it. */
export function packetCount(length: number, longestPayload: number): number {
  return Math.max(1, Math.ceil(length / longestPayload));
}

export class Outgoing {
  readonly ssrc: number;
  readonly rtxSsrc: number | null;
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
  readonly #cassette: Cassette;
  readonly #carrier: RtpCarrier;
  readonly #media: RtpTemplate;
  readonly #rtx: RtpTemplate | null;
  readonly #isVideo: boolean;
  #sequence: number;
  #rtxSequence: number;
  // The history, by the low bits of the sequence number.
  readonly #sentSequence: Int32Array;
  readonly #sentFrom: Uint32Array;
  readonly #sentLength: Uint16Array;
  readonly #sentTimestamp: Uint32Array;
  readonly #sentPicture: Uint16Array;
  /** 1: first of its frame; 2: last. */
  readonly #sentPlace: Uint8Array;
  readonly #resentMs: Float64Array;

  /** @param random 0 … 1, for where sequence numbers begin (RFC 3550 §5.1) */
  constructor(
    stream: OutgoingStream,
    source: OutgoingSource,
    cassette: Cassette,
    carrier: RtpCarrier,
    random: () => number,
  ) {
    const { extensions, payloadType, rtxPayloadType } = stream;
    this.ssrc = source.ssrc;
    this.rtxSsrc = rtxPayloadType === null ? null : source.rtxSsrc;
    this.#cassette = cassette;
    this.#carrier = carrier;
    this.#isVideo = stream.kind === 'video';
    this.#media = createRtpTemplate({ payloadType, ssrc: source.ssrc, extensions });
    this.#rtx =
      rtxPayloadType === null || source.rtxSsrc === null
        ? null
        : createRtpTemplate({ payloadType: rtxPayloadType, ssrc: source.rtxSsrc, extensions });
    const descriptor = this.#isVideo ? vp8Descriptor : 0;
    this.longestPayload = longestPacket - this.#media.length - descriptor - osnLength;
    // Not too near to the end: a receiver that joins later must not begin with a wrap.
    this.#sequence = Math.floor(random() * 0x7fff);
    this.#rtxSequence = Math.floor(random() * 0x7fff);
    const length = this.#isVideo ? historyLength : 0;
    this.#sentSequence = new Int32Array(length).fill(-1);
    this.#sentFrom = new Uint32Array(length);
    this.#sentLength = new Uint16Array(length);
    this.#sentTimestamp = new Uint32Array(length);
    this.#sentPicture = new Uint16Array(length);
    this.#sentPlace = new Uint8Array(length);
    this.#resentMs = new Float64Array(length);
  }

  /**
   * Sends `length` bytes of the cassette from `from` on. `place`: 1 for the first packet of its frame, 2 for the last,
   * 3 for both. `picture`: the frame's number. Returns the packet's length.
   */
  send(
    from: number,
    length: number,
    place: number,
    picture: number,
    timestamp: number,
    nowMs: number,
  ): number {
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) & 0xffff;
    const marker = this.#isVideo && (place & 2) !== 0;
    const { port } = this.#carrier;
    const at = port.claim(claimed);
    let next = at + writeRtp(this.#media, port.outbox, at, marker, sequence, timestamp);
    this.#stamp(this.#media, at, nowMs);
    next = this.#payload(next, from, length, place, picture);
    if (this.#isVideo) this.#remember(sequence, from, length, place, picture, timestamp, nowMs);
    this.#carrier.carry(at, next - at);
    this.counts.mediaPackets += 1;
    this.counts.payloadBytes += next - at - this.#media.length;
    this.counts.packets += 1;
    this.counts.bytes += next - at;
    return next - at;
  }

  /** RFC 4588: sends a packet again under the RTX SSRC. Returns its length; 0 when there is nothing to send. */
  resend(sequence: number, nowMs: number): number {
    const slot = sequence & historyMask;
    if (this.#rtx === null || this.#sentSequence[slot] !== sequence) return 0;
    if (nowMs - (this.#resentMs[slot] as number) < resendMs) return 0;
    this.#resentMs[slot] = nowMs;
    const place = this.#sentPlace[slot] as number;
    const timestamp = this.#sentTimestamp[slot] as number;
    const { port } = this.#carrier;
    const at = port.claim(claimed);
    let next = at + writeRtp(this.#rtx, port.outbox, at, (place & 2) !== 0, this.#rtxSequence, timestamp);
    this.#rtxSequence = (this.#rtxSequence + 1) & 0xffff;
    this.#stamp(this.#rtx, at, nowMs);
    writeUint16(port.outbox, next, sequence);
    next = this.#payload(
      next + osnLength,
      this.#sentFrom[slot] as number,
      this.#sentLength[slot] as number,
      place,
      this.#sentPicture[slot] as number,
    );
    this.#carrier.carry(at, next - at);
    this.counts.resent += 1;
    this.counts.packets += 1;
    this.counts.bytes += next - at;
    return next - at;
  }

  #stamp(template: RtpTemplate, at: number, nowMs: number): void {
    const { outbox } = this.#carrier.port;
    const { transportSequenceAt, absSendTimeAt, audioLevelAt } = template;
    if (transportSequenceAt >= 0)
      writeUint16(outbox, at + transportSequenceAt, this.#carrier.nextTransportSequence());
    if (absSendTimeAt >= 0) writeAbsSendTime(outbox, at + absSendTimeAt, nowMs);
    if (audioLevelAt >= 0) writeAudioLevel(outbox, at + audioLevelAt, 30, true);
  }

  /** Returns where the packet ends. */
  #payload(at: number, from: number, length: number, place: number, picture: number): number {
    const { outbox } = this.#carrier.port;
    let next = at;
    if (this.#isVideo) {
      outbox[next] = 0x80 | ((place & 1) << 4); // X, and S at the start of the frame's only partition
      outbox[next + 1] = 0x80; // I
      writeUint16(outbox, next + 2, 0x8000 | (picture & 0x7fff));
      next += vp8Descriptor;
    }
    this.#cassette.bytes.copy(outbox, next, from, from + length);
    return next + length;
  }

  #remember(
    sequence: number,
    from: number,
    length: number,
    place: number,
    picture: number,
    timestamp: number,
    nowMs: number,
  ): void {
    const slot = sequence & historyMask;
    this.#sentSequence[slot] = sequence;
    this.#sentFrom[slot] = from;
    this.#sentLength[slot] = length;
    this.#sentTimestamp[slot] = timestamp;
    this.#sentPicture[slot] = picture & 0x7fff;
    this.#sentPlace[slot] = place;
    this.#resentMs[slot] = nowMs;
  }
}
