/**
 * What a bot sends over its transport: streams with their sender reports (RFC 3550 §6.4.1), and the answers to what
 * the SFU asks of them: NACK by RTX, PLI and FIR by a key frame. It sends at the cassettes' bitrate whatever the SFU's
 * feedback estimates: the load of a test shall be the one that was asked for.
 */
import { randomInt } from 'node:crypto';
import { nowMs } from '../clock.ts';
import { feedbackFormat, RtcpCursor, rtcpType } from '../engine/rtcp/compound.ts';
import { feedbackMediaSsrc } from '../engine/rtcp/feedback.ts';
import { firSsrc, readFir } from '../engine/rtcp/fir.ts';
import { Nack } from '../engine/rtcp/nack.ts';
import { readReceiverReport } from '../engine/rtcp/receiver-report.ts';
import { ReportBlock, readReportBlock, reportBlockLength, roundTripMs } from '../engine/rtcp/report-block.ts';
import { SenderReport, writeSenderReport } from '../engine/rtcp/sender-report.ts';
import { writeCname } from '../engine/rtcp/source-description.ts';
import { compactNtp, ntpUnixOffsetMs } from '../engine/rtp/extension-values.ts';
import type { RtpHeader } from '../engine/rtp/header.ts';
import type { Cassette } from '../media/cassette.ts';
import type { BotStreamReading } from '../readings.ts';
import type { Loop } from './loop.ts';
import type { OutgoingSource, OutgoingStream } from './negotiation.ts';
import { Outgoing, type RtpCarrier } from './outgoing.ts';
import { AudioPlay, type Play, VideoPlay } from './play.ts';
import type { Traffic, Transport } from './transport.ts';

/** Chrome reports on audio and video alike about once a second. */
const reportMs = 1000;
/** A compound of SR and SDES, with room for a long CNAME and SRTCP. */
const reportBytes = 400;
/** From the monotonic clock to NTP's, for this process: all streams of a host agree. */
const ntpOffsetMs = Date.now() + ntpUnixOffsetMs - nowMs();

// One of each for all: nothing is kept in them from one packet to the next.
const cursor = new RtcpCursor();
const nack = new Nack();
const block = new ReportBlock();
const report = new SenderReport();

export interface Emitted {
  /** The producer's. */
  readonly id: string;
  readonly stream: OutgoingStream;
  readonly source: OutgoingSource;
  readonly cassette: Cassette;
}

interface Sending {
  readonly id: string;
  readonly kind: 'audio' | 'video';
  readonly cassette: Cassette;
  readonly outgoing: Outgoing;
  readonly play: Play;
  reportAtMs: number;
  /** Of the last report block about it; NaN before. */
  rttMs: number;
}

export class Emission implements Traffic, RtpCarrier {
  readonly #loop: Loop;
  readonly #cname: Uint8Array;
  readonly #sendings: Sending[] = [];
  #transport: Transport | null = null;
  #isStopped = false;

  constructor({ loop, cname }: { readonly loop: Loop; readonly cname: string }) {
    this.#loop = loop;
    this.#cname = Buffer.from(cname).subarray(0, 255);
  }

  get port(): Loop['port'] {
    return this.#loop.port;
  }

  attach(transport: Transport): void {
    this.#transport = transport;
    transport.carry(this);
  }

  /** Begins to send when the transport is connected: a schedule that ran before would be caught up in a burst. */
  async add(emitted: Emitted): Promise<void> {
    const transport = this.#transport;
    const isConnected = await transport?.connected.then(
      () => true,
      () => false,
    );
    if (isConnected !== true || this.#isStopped) return;
    this.#sendings.push(this.#begin(emitted));
    transport?.keepBusy();
  }

  /** For good: neither media nor retransmissions. */
  stop(): void {
    this.#isStopped = true;
  }

  nextTransportSequence(): number {
    return this.#transport?.nextTransportSequence() ?? 0;
  }

  carry(at: number, length: number): boolean {
    return this.#transport?.carryRtp(at, length) ?? false;
  }

  rtp(_header: RtpHeader): void {
    // Nobody sends media to a producer.
  }

  rtcp(bytes: Buffer, at: number, length: number, arrivalMs: number): void {
    if (cursor.open(bytes, at, length) < 0) return;
    while (cursor.next()) {
      if (cursor.type === rtcpType.receiverReport) this.#reported(bytes, arrivalMs);
      else if (cursor.type === rtcpType.transportFeedback && cursor.format === feedbackFormat.nack)
        this.#nacked(bytes, arrivalMs);
      else if (cursor.type === rtcpType.payloadFeedback && cursor.format === feedbackFormat.pli)
        this.#keyWanted(feedbackMediaSsrc(bytes, cursor.at), arrivalMs);
      else if (cursor.type === rtcpType.payloadFeedback && cursor.format === feedbackFormat.fir) {
        const entries = readFir(bytes, cursor.at, cursor.length);
        for (let index = 0; index < entries; index += 1)
          this.#keyWanted(firSsrc(bytes, cursor.at, index), arrivalMs);
      }
    }
  }

  turn(nowMs: number): void {
    for (const sending of this.#sendings) {
      if (nowMs < sending.reportAtMs || sending.outgoing.counts.mediaPackets === 0) continue;
      this.#report(sending, nowMs);
      sending.reportAtMs = nowMs + reportMs;
    }
  }

  work(nowMs: number): boolean {
    if (this.#isStopped) return false;
    for (const { play, cassette } of this.#sendings) {
      const lateMs = play.work(nowMs);
      if (lateMs >= 0) this.#loop.sent(lateMs, 1000 / cassette.rate);
    }
    return true;
  }

  read(): Omit<BotStreamReading, 'bot' | 'atMs'>[] {
    return this.#sendings.map(({ id, kind, cassette, outgoing, play, rttMs }) => {
      const { packets, bytes, nacks, plis } = outgoing.counts;
      const video = kind === 'video';
      return {
        direction: 'out',
        kind,
        id,
        producer: id,
        ssrc: outgoing.ssrc,
        rid: null,
        width: video ? cassette.width : null,
        height: video ? cassette.height : null,
        counters: {
          sentPacketsTotal: packets,
          sentBytesTotal: bytes,
          nacksReceivedTotal: nacks,
          ...(video ? { plisReceivedTotal: plis, framesEncodedTotal: play.framesTotal } : {}),
        },
        trends: Number.isNaN(rttMs) ? {} : { rttMs },
        qualityLimitation: null,
      };
    });
  }

  #begin({ id, stream, source, cassette }: Emitted): Sending {
    const outgoing = new Outgoing(stream, source, cassette, this, Math.random);
    const startMs = nowMs();
    const { clockRate, kind } = stream;
    const options = { cassette, outgoing, startMs, clockRate, timestamp: randomInt(2 ** 32 - 1) };
    const play = kind === 'audio' ? new AudioPlay(options) : new VideoPlay(options, firstUnit(cassette));
    return { id, kind, cassette, outgoing, play, reportAtMs: startMs, rttMs: Number.NaN };
  }

  #find(ssrc: number): Sending | null {
    for (const sending of this.#sendings) if (sending.outgoing.ssrc === ssrc) return sending;
    return null;
  }

  #reported(bytes: Buffer, arrivalMs: number): void {
    const first = readReceiverReport(bytes, cursor.at, cursor.length, cursor.format);
    const blocks = first < 0 ? 0 : cursor.format;
    for (let index = 0; index < blocks; index += 1) {
      readReportBlock(block, bytes, first + index * reportBlockLength);
      const sending = this.#find(block.ssrc);
      const rttMs = roundTripMs(block, compactNtp(arrivalMs + ntpOffsetMs));
      if (sending !== null && !Number.isNaN(rttMs)) sending.rttMs = rttMs;
    }
  }

  #nacked(bytes: Buffer, arrivalMs: number): void {
    const sending = this.#find(feedbackMediaSsrc(bytes, cursor.at));
    if (sending === null || nack.open(bytes, cursor.at, cursor.length) < 0) return;
    sending.outgoing.counts.nacks += 1;
    for (let sequence = nack.next(); sequence >= 0 && !this.#isStopped; sequence = nack.next())
      sending.outgoing.resend(sequence, arrivalMs);
  }

  #keyWanted(ssrc: number, arrivalMs: number): void {
    const sending = this.#find(ssrc);
    if (sending === null) return;
    sending.outgoing.counts.plis += 1;
    sending.play.requestKey(arrivalMs);
  }

  #report({ outgoing, play }: Sending, nowMs: number): void {
    const { outbox } = this.port;
    const at = this.port.claim(reportBytes);
    report.ssrc = outgoing.ssrc;
    report.ntpMs = nowMs + ntpOffsetMs;
    report.rtpTimestamp = play.timestampAt(nowMs);
    report.packetCount = outgoing.counts.mediaPackets >>> 0;
    report.octetCount = outgoing.counts.payloadBytes >>> 0;
    const length = writeSenderReport(report, outbox, at, 0);
    const named = length + writeCname(outbox, at + length, outgoing.ssrc, this.#cname);
    this.#transport?.carryRtcp(at, named);
  }
}

/** One of its key frames, so that publishers do not all play the same at once. */
function firstUnit({ keys }: Cassette): number {
  const at = [...keys.entries()].flatMap(([index, key]) => (key === 1 ? [index] : []));
  return at[randomInt(at.length)] ?? 0;
}
