/** What was sent lately, for retransmission: payloads in a ring of bytes, so that memory is bounded whatever the rate. */
import { copyBytes, writeUint16 } from '../../../bots/engine/bytes.ts';
import { reason } from '../../../bots/engine/reason.ts';
import { writeRtx } from '../../../bots/engine/rtp/rtx.ts';
import { type RtpTemplate, writeRtp } from '../../../bots/engine/rtp/template.ts';

export class PacketHistory {
  /** Answered, asked again too soon, and no longer (or never) here. */
  resentTotal = 0;
  tooSoonTotal = 0;
  unknownTotal = 0;
  readonly #bytes: Uint8Array;
  readonly #mask: number;
  /** Of the ring: bytes ever written; what is further back than its length is overwritten. */
  #written = 0;
  readonly #sequences: Int32Array;
  readonly #positions: Float64Array;
  readonly #lengths: Uint16Array;
  readonly #timestamps: Uint32Array;
  readonly #markers: Uint8Array;
  readonly #resentMs: Float64Array;

  /** `packets`: a power of two. Memory: `maxBytes`, and 27 bytes per packet. */
  constructor(maxBytes: number, packets = 1024) {
    if (packets < 16 || (packets & (packets - 1)) !== 0)
      throw new RangeError(`history of ${packets} packets`);
    this.#bytes = new Uint8Array(maxBytes);
    this.#mask = packets - 1;
    this.#sequences = new Int32Array(packets).fill(-1);
    this.#positions = new Float64Array(packets);
    this.#lengths = new Uint16Array(packets);
    this.#timestamps = new Uint32Array(packets);
    this.#markers = new Uint8Array(packets);
    this.#resentMs = new Float64Array(packets);
  }

  /** Copies the payload of a packet before it is protected. One that is longer than the ring is not kept. */
  store(
    sequence: number,
    timestamp: number,
    marker: boolean,
    bytes: Uint8Array,
    payloadAt: number,
    payloadLength: number,
  ): void {
    const ring = this.#bytes;
    const slot = sequence & this.#mask;
    this.#sequences[slot] = -1;
    if (payloadLength > ring.length) return;
    // A payload stands in one piece: the rest of the ring is skipped where it does not fit.
    const offset = this.#written % ring.length;
    if (offset + payloadLength > ring.length) this.#written += ring.length - offset;
    const position = this.#written;
    copyBytes(bytes, payloadAt, ring, position % ring.length, payloadLength);
    this.#written += payloadLength;
    this.#sequences[slot] = sequence;
    this.#positions[slot] = position;
    this.#lengths[slot] = payloadLength;
    this.#timestamps[slot] = timestamp;
    this.#markers[slot] = marker ? 1 : 0;
    this.#resentMs[slot] = Number.NEGATIVE_INFINITY;
  }

  /** Whether it could be sent again. */
  has(sequence: number): boolean {
    const slot = sequence & this.#mask;
    return (
      this.#sequences[slot] === sequence &&
      this.#written - (this.#positions[slot] as number) <= this.#bytes.length
    );
  }

  /**
   * Writes the packet again: as RTX (`rtxSequence` ≥ 0, `template` of the RTX stream), or as it was (−1, its own
   * template). Returns its length; 0 where it was resent less than `minIntervalMs` ago; `unexpected` where it is gone.
   */
  resend(
    sequence: number,
    nowMs: number,
    minIntervalMs: number,
    template: RtpTemplate,
    rtxSequence: number,
    bytes: Uint8Array,
    at: number,
  ): number {
    if (!this.has(sequence)) {
      this.unknownTotal += 1;
      return reason.unexpected;
    }
    const slot = sequence & this.#mask;
    if (nowMs - (this.#resentMs[slot] as number) < minIntervalMs) {
      this.tooSoonTotal += 1;
      return 0;
    }
    const length = this.#lengths[slot] as number;
    if (at + template.length + 2 + length > bytes.length) return reason.noSpace;
    const marker = this.#markers[slot] === 1;
    const timestamp = this.#timestamps[slot] as number;
    const head =
      rtxSequence < 0
        ? writeRtp(template, bytes, at, marker, sequence, timestamp)
        : writeRtx(template, bytes, at, marker, rtxSequence, timestamp, sequence);
    copyBytes(this.#bytes, (this.#positions[slot] as number) % this.#bytes.length, bytes, at + head, length);
    this.#resentMs[slot] = nowMs;
    this.resentTotal += 1;
    return head + length;
  }
}

/** Patches the transport-wide sequence number into a packet, where its stream negotiated one. */
export function patchTransportSequence(
  template: RtpTemplate,
  bytes: Uint8Array,
  at: number,
  sequence: number,
): void {
  if (template.transportSequenceAt >= 0) writeUint16(bytes, at + template.transportSequenceAt, sequence);
}
