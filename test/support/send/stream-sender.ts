/** RFC 3550 §5.1 and §6.4.1: one SSRC that is sent: its sequence numbers, its counts, and what its SR says. */
import type { SenderReport } from '../../../bots/engine/rtcp/sender-report.ts';
import {
  createRtpTemplate,
  type RtpTemplate,
  type StreamHeader,
  writeRtp,
} from '../../../bots/engine/rtp/template.ts';

export class StreamSender {
  readonly template: RtpTemplate;
  readonly clockRate: number;
  packetsTotal = 0;
  /** Payload without header and padding, as SR counts. */
  payloadBytesTotal = 0;
  /** With headers, without SRTP's tag. */
  bytesTotal = 0;
  /** Of the next packet. */
  sequence: number;
  #timestamp = 0;
  #timestampMs = Number.NaN;

  /** `firstSequence` is the caller's random number. */
  constructor(stream: StreamHeader, clockRate: number, firstSequence: number) {
    this.template = createRtpTemplate(stream);
    this.clockRate = clockRate;
    this.sequence = firstSequence & 0xffff;
  }

  /** Writes the header and takes a sequence number; returns the header's length: the payload goes behind it. */
  write(bytes: Uint8Array, at: number, marker: boolean, timestamp: number): number {
    const length = writeRtp(this.template, bytes, at, marker, this.sequence, timestamp);
    this.sequence = (this.sequence + 1) & 0xffff;
    return length;
  }

  /** Counts a packet that went out. `capturedMs`: the instant that its RTP timestamp stands for. */
  sent(payloadLength: number, timestamp: number, capturedMs: number): void {
    this.packetsTotal += 1;
    this.payloadBytesTotal += payloadLength;
    this.bytesTotal += this.template.length + payloadLength;
    this.#timestamp = timestamp;
    this.#timestampMs = capturedMs;
  }

  /** Whether anything was sent that an SR could be about. */
  get reportable(): boolean {
    return this.packetsTotal > 0;
  }

  /** Fills an SR for the instant `nowMs`, which is `ntpMs` since 1900. */
  report(report: SenderReport, nowMs: number, ntpMs: number): void {
    const sinceMs = Number.isNaN(this.#timestampMs) ? 0 : nowMs - this.#timestampMs;
    report.ssrc = this.template.ssrc;
    report.ntpMs = ntpMs;
    report.rtpTimestamp = (this.#timestamp + Math.round((sinceMs * this.clockRate) / 1000)) >>> 0;
    report.packetCount = this.packetsTotal >>> 0;
    report.octetCount = this.payloadBytesTotal >>> 0;
  }
}
