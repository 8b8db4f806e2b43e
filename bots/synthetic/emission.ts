/**
 * What a bot sends over its transport: streams with their sender reports (RFC 3550 §6.4.1), and the answers to what
 * the SFU asks of them: NACK by the packet once more, PLI and FIR by a key frame of all layers. It sends at its
 * material's bitrate whatever the SFU's feedback estimates: the load of a test shall be the one that was asked for.
 */
import { randomInt } from 'node:crypto';
import type { AudioMedia, MediaKind } from '../bot.ts';
import { nowMs } from '../clock.ts';
import { feedbackFormat, RtcpCursor, rtcpType } from '../engine/rtcp/compound.ts';
import { feedbackMediaSsrc } from '../engine/rtcp/feedback.ts';
import { firSsrc, readFir } from '../engine/rtcp/fir.ts';
import { Nack } from '../engine/rtcp/nack.ts';
import { readReceiverReport } from '../engine/rtcp/receiver-report.ts';
import { ReportBlock, readReportBlock, reportBlockLength, roundTripMs } from '../engine/rtcp/report-block.ts';
import { SenderReport, writeSenderReport } from '../engine/rtcp/sender-report.ts';
import { writeCname } from '../engine/rtcp/source-description.ts';
import { compactNtp } from '../engine/rtp/extension-values.ts';
import type { RtpHeader } from '../engine/rtp/header.ts';
import { randomFrom, seedOf } from '../random.ts';
import type { BotStreamReading } from '../readings.ts';
import type { Loop } from './loop.ts';
import type { Material } from './material.ts';
import type { OutgoingStream } from './negotiation.ts';
import { ntpOffsetMs } from './ntp.ts';
import { firstSequence, Outgoing, type RtpCarrier } from './outgoing.ts';
import { AudioPlay, type Play, VideoPlay } from './play.ts';
import { Speech } from './speech.ts';
import type { Traffic } from './traffic.ts';
import type { Transport } from './transport.ts';

/** Chrome reports on audio and video alike about once a second. */
const reportMs = 1000;
/** Requests for key frames and packets wait no longer than this. */
const freshMs = 40;
/**
 * libwebrtc's EncoderRtcpFeedback: what comes sooner after the request that was answered last, for whichever layer, is
 * dropped and not put off. Who missed that key frame waits until the SFU asks again; mediasoup does so after a second.
 */
const leastKeyIntervalMs = 300;
/** A compound of SR and SDES, with room for a long CNAME and SRTCP. */
const reportBytes = 400;

// One of each for all: nothing is kept in them from one packet to the next.
const cursor = new RtcpCursor();
const nack = new Nack();
const block = new ReportBlock();
const report = new SenderReport();

export interface Emitted {
  /** The producer's. */
  readonly id: string;
  readonly stream: OutgoingStream;
  /** For each of the stream's sources, the smallest layer first. */
  readonly materials: readonly Material[];
  readonly speech: AudioMedia['speech'];
}

/** One for all layers of a stream. */
interface Encoder {
  /** When a key frame was asked for that was answered. */
  keyAskedMs: number;
}

/** One layer of a stream. */
interface Sending {
  readonly encoder: Encoder;
  readonly id: string;
  readonly kind: MediaKind;
  readonly rid: string | null;
  readonly material: Material;
  readonly outgoing: Outgoing;
  readonly play: Play;
  reportAtMs: number;
  /** Of the last report block about it; NaN before. */
  rttMs: number;
}

export interface EmissionOptions {
  readonly loop: Loop;
  readonly cname: string;
  readonly seed: number;
}

export class Emission implements Traffic, RtpCarrier {
  readonly freshMs = freshMs;
  readonly #loop: Loop;
  readonly #seed: number;
  readonly #cname: Uint8Array;
  readonly #sendings: Sending[] = [];
  readonly #muted = new Set<MediaKind>();
  #transport: Transport | null = null;
  #isStopped = false;

  /** `seed`: when its streams begin and who speaks when are drawn from it. */
  constructor({ loop, cname, seed }: EmissionOptions) {
    this.#loop = loop;
    this.#seed = seed;
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
    this.#begin(emitted);
    transport?.keepBusy();
  }

  /** For good: neither media nor retransmissions. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Stops or starts the streams of a kind; what comes later is of the same state. */
  mute(kind: MediaKind, muted: boolean): void {
    if (muted) this.#muted.add(kind);
    else this.#muted.delete(kind);
    for (const sending of this.#sendings) if (sending.kind === kind) sending.play.mute(muted);
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

  work(nowMs: number): number {
    let dueMs = Number.POSITIVE_INFINITY;
    if (this.#isStopped) return dueMs;
    for (const { play } of this.#sendings) {
      if (play.dueMs <= nowMs) play.work(nowMs);
      dueMs = Math.min(dueMs, play.dueMs);
    }
    return dueMs;
  }

  read(): Omit<BotStreamReading, 'bot' | 'atMs'>[] {
    return this.#sendings.map(({ id, kind, rid, material, outgoing, play, rttMs }) => {
      const { packets, bytes, nacks, plis } = outgoing.counts;
      return {
        direction: 'out',
        kind,
        id,
        producer: id,
        ssrc: outgoing.ssrc,
        rid,
        width: material.width,
        height: material.height,
        counters: {
          sentPacketsTotal: packets,
          sentBytesTotal: bytes,
          nacksReceivedTotal: nacks,
          ...(kind === 'video' ? { plisReceivedTotal: plis, framesEncodedTotal: play.framesTotal } : {}),
        },
        trends: Number.isNaN(rttMs) ? {} : { rttMs },
        qualityLimitation: null,
      };
    });
  }

  /** Layers show the same instants, each by an RTP clock of its own. */
  #begin({ id, stream, materials, speech }: Emitted): void {
    const { kind, clockRate } = stream;
    // Bots that join evenly would send in step with each other, in bursts that no crowd makes.
    const random = randomFrom(seedOf(this.#seed, kind));
    const startMs = nowMs() + random() * (1000 / (materials[0]?.rate ?? 1000));
    const sourceBits = randomInt(2 ** 32 - 1) | 0;
    const encoder = { keyAskedMs: Number.NEGATIVE_INFINITY };
    for (const [layer, material] of materials.entries()) {
      const source = stream.sources[layer];
      if (source === undefined) throw new Error(`layer ${layer} has no source`);
      const identity = { sourceBits, layer };
      const firstSequences = [firstSequence(random()), firstSequence(random())] as const;
      const outgoing = new Outgoing({ stream, source, material, carrier: this, firstSequences, identity });
      const timestamp = randomInt(2 ** 32 - 1);
      const intervalMs = 1000 / material.rate;
      const onSent = (lateMs: number): void => this.#loop.sent(lateMs, intervalMs);
      const options = { material, outgoing, startMs, clockRate, timestamp, random, onSent };
      const talk = speech === 'p59' ? new Speech(randomFrom(seedOf(this.#seed, 'speech')), intervalMs) : null;
      const play = kind === 'audio' ? new AudioPlay(options, talk) : new VideoPlay(options);
      play.mute(this.#muted.has(kind));
      const { rid } = source;
      this.#sendings.push({
        encoder,
        id,
        kind,
        rid,
        material,
        outgoing,
        play,
        reportAtMs: startMs,
        rttMs: Number.NaN,
      });
    }
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
    const { encoder, outgoing } = sending;
    outgoing.counts.plis += 1;
    if (arrivalMs - encoder.keyAskedMs < leastKeyIntervalMs) return;
    encoder.keyAskedMs = arrivalMs;
    for (const layer of this.#sendings) if (layer.encoder === encoder) layer.play.requestKey();
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
