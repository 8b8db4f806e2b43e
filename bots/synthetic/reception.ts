/**
 * What a bot receives over its transport, and what it tells the SFU about it, as Chrome does: transport-wide feedback
 * every 100 ms, receiver reports every second, NACK for what is missing, PLI where nothing can be shown.
 */
import { randomInt } from 'node:crypto';
import type { MediaKind } from '../bot.ts';
import { readUint16 } from '../engine/bytes.ts';
import { reason } from '../engine/reason.ts';
import type { Delays } from '../engine/receive/delays.ts';
import { isProbation } from '../engine/receive/probation.ts';
import { RtcpCursor, rtcpType } from '../engine/rtcp/compound.ts';
import { writeNack } from '../engine/rtcp/nack.ts';
import { writePli } from '../engine/rtcp/pli.ts';
import { maxReportBlocks, writeReceiverReport } from '../engine/rtcp/receiver-report.ts';
import { ReportBlock, reportBlockLength, writeReportBlock } from '../engine/rtcp/report-block.ts';
import { readSenderReport, SenderReport } from '../engine/rtcp/sender-report.ts';
import { findExtension } from '../engine/rtp/extension.ts';
import type { RtpHeader } from '../engine/rtp/header.ts';
import { SsrcTable } from '../engine/ssrc-table.ts';
import { TransportFeedbackRecorder } from '../engine/twcc/recorder.ts';
import type { BotStreamReading } from '../readings.ts';
import { Incoming } from './incoming.ts';
import type { IncomingStream } from './negotiation.ts';
import { mostSources, type Traffic } from './traffic.ts';
import type { Transport } from './transport.ts';

const reportMs = 1000;
/** Chrome looks after missing packets so often. */
const missingMs = 20;
/** Packets that may arrive between two feedbacks. */
const feedbackWindow = 1024;
/** A compound of ours stays below every MTU, with SRTCP. */
const compoundBytes = 1180;
const claimed = 1500;

// One of each for all: nothing is kept in them from one packet to the next.
const cursor = new RtcpCursor();
const block = new ReportBlock();
const senderReport = new SenderReport();
const sequences = new Uint16Array(256);

/** Where an SSRC leads. */
interface Route {
  readonly incoming: Incoming;
  readonly isRtx: boolean;
}

export interface ReceptionOptions {
  /** 1: every packet is opened and authenticated; N: one in N; 0: none. RTX always is: its use lies inside. */
  readonly verifyEvery: number;
  /** `none`: no receiver reports; the rest follows from what was negotiated. */
  readonly feedback: 'chrome' | 'none';
  readonly onFirstMedia: (atMs: number) => void;
  /** The first video frame that could be shown. */
  readonly onFirstFrame: (atMs: number) => void;
  /** Where all receivers of the group count how long packets were under way. */
  readonly delays: Readonly<Record<MediaKind, Delays>>;
}

/** What carries it: a transport, or what stands for one where there is no SFU. */
export type Carrier = Pick<
  Transport,
  'carry' | 'carryRtcp' | 'forget' | 'keepBusy' | 'open' | 'opened' | 'port' | 'rttMs'
>;

export class Reception implements Traffic {
  /** Bandwidth probes of the SFU: no media. */
  probationPackets = 0;
  readonly freshMs = missingMs;
  /** Of streams that are closed, or were never offered. */
  unknownPackets = 0;
  readonly #options: ReceptionOptions;
  readonly #ssrc = randomInt(1, 2 ** 32 - 1);
  readonly #routes = new SsrcTable<Route>(mostSources);
  readonly #incoming = new Map<string, Incoming>();
  readonly #feedback = new TransportFeedbackRecorder(feedbackWindow);
  readonly #closed: Omit<BotStreamReading, 'bot' | 'atMs'>[] = [];
  #transport: Carrier | null = null;
  #transportSequenceId = 0;
  #reportAtMs = 0;
  /** A stream may need a key frame before the next report is due. */
  #isLookedAt = false;
  #isHeard = false;
  #isSeen = false;

  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  attach(transport: Carrier): void {
    this.#transport = transport;
    transport.carry(this);
  }

  /** @throws Error when there are more streams than a bot can take, or an SSRC is another stream's (RFC 3550 §8.2) */
  add(stream: IncomingStream, paused: boolean): void {
    const { ssrc, rtxSsrc } = stream;
    const taken = [ssrc, rtxSsrc ?? 0].find((source) => this.#routes.find(source) !== null);
    if (taken !== undefined) throw new Error(`SSRC ${taken} of ${stream.consumer} is that of another stream`);
    const incoming = new Incoming(stream, paused, {
      verifyEvery: this.#options.verifyEvery,
      delays: this.#options.delays[stream.kind],
      onFrame: this.#onFrame,
    });
    const isAdded =
      this.#routes.add(stream.ssrc, { incoming, isRtx: false }) &&
      (stream.rtxSsrc === null || this.#routes.add(stream.rtxSsrc, { incoming, isRtx: true }));
    if (!isAdded) throw new Error(`more than ${mostSources} sources`);
    this.#incoming.set(stream.consumer, incoming);
    this.#transportSequenceId = stream.transportSequenceId ?? this.#transportSequenceId;
  }

  remove(id: string): void {
    const incoming = this.#incoming.get(id);
    if (incoming === undefined) return;
    const { ssrc, rtxSsrc } = incoming.stream;
    this.#closed.push(incoming.read(incoming.receiver.lastArrivalMs, null));
    this.#incoming.delete(id);
    for (const source of rtxSsrc === null ? [ssrc] : [ssrc, rtxSsrc]) {
      this.#routes.remove(source);
      this.#transport?.forget(source);
    }
  }

  pause(id: string, paused: boolean): void {
    this.#incoming.get(id)?.pause(paused);
  }

  rtp(header: RtpHeader, bytes: Buffer, at: number, length: number): void {
    const route = this.#routes.find(header.ssrcBits);
    if (route === null) {
      if (isProbation(header)) this.probationPackets += 1;
      else this.unknownPackets += 1;
      this.#record(header, bytes);
      return;
    }
    const { incoming, isRtx } = route;
    const isOpened = isRtx || incoming.isOpenedFor(header.sequence);
    const verifyEvery = isOpened ? 1 : this.#options.verifyEvery;
    const plain = this.#transport?.open(header, bytes, at, length, verifyEvery) ?? -1;
    if (plain < 0) {
      // Anything else that SRTP refuses is the transport's to count.
      if (plain === reason.replayed) incoming.duplicates += 1;
      else if (plain === reason.tooOld) incoming.late += 1;
      return;
    }
    this.#record(header, bytes);
    if (isRtx) return incoming.retransmission(header, bytes);
    incoming.packet(header, bytes, plain, this.#transport?.opened ?? false);
    this.#isLookedAt ||= incoming.isWatched;
    if (incoming.isMissing) this.#transport?.keepBusy();
    if (this.#isHeard) return;
    this.#isHeard = true;
    this.#options.onFirstMedia(header.arrivalMs);
  }

  rtcp(bytes: Buffer, at: number, length: number, arrivalMs: number): void {
    if (cursor.open(bytes, at, length) < 0) return;
    while (cursor.next()) {
      if (cursor.type !== rtcpType.senderReport) continue;
      if (readSenderReport(senderReport, bytes, cursor.at, cursor.length, cursor.format) < 0) continue;
      const route = this.#routes.find(senderReport.ssrc);
      if (route !== null && !route.isRtx)
        route.incoming.receiver.recordSenderReport(senderReport.compactNtp, arrivalMs);
    }
  }

  turn(nowMs: number): void {
    if (this.#incoming.size > 0 && nowMs >= this.#reportAtMs) {
      if (this.#options.feedback === 'chrome') this.#report(nowMs);
      this.#reportAtMs = nowMs + reportMs;
      this.#isLookedAt = true;
    }
    if (this.#isLookedAt)
      for (const incoming of this.#incoming.values()) this.#askForKeyFrame(incoming, nowMs);
    this.#isLookedAt = false;
    while (this.#feedback.pending) {
      const at = this.#claim();
      const length = this.#feedback.build(this.#outbox, at, compoundBytes, this.#ssrc, this.#anySsrc);
      if (length <= 0) return;
      this.#transport?.carryRtcp(at, length);
    }
  }

  /** While something is missing. */
  work(nowMs: number): number {
    let isMissing = false;
    for (const incoming of this.#incoming.values()) {
      if (!incoming.isMissing) continue;
      const count = incoming.pollMissing(nowMs, sequences);
      if (count > 0) {
        const at = this.#claim();
        const length = writeNack(this.#outbox, at, this.#ssrc, incoming.stream.ssrc, sequences, count);
        if (length > 0) this.#transport?.carryRtcp(at, length);
      }
      this.#askForKeyFrame(incoming, nowMs);
      isMissing ||= incoming.isMissing;
    }
    return isMissing ? nowMs + missingMs : Number.POSITIVE_INFINITY;
  }

  read(atMs: number): Omit<BotStreamReading, 'bot' | 'atMs'>[] {
    const rttMs = this.#transport?.rttMs ?? null;
    return [...this.#incoming.values()].map((incoming) => incoming.read(atMs, rttMs));
  }

  /** Last readings of streams that closed since the previous call. */
  takeClosed(): Omit<BotStreamReading, 'bot' | 'atMs'>[] {
    return this.#closed.splice(0);
  }

  get #outbox(): Buffer {
    return this.#transport?.port.outbox ?? Buffer.alloc(0);
  }

  get #anySsrc(): number {
    for (const { stream } of this.#incoming.values()) return stream.ssrc;
    return 0;
  }

  readonly #onFrame = (atMs: number): void => {
    if (this.#isSeen) return;
    this.#isSeen = true;
    this.#options.onFirstFrame(atMs);
  };

  #claim(): number {
    return this.#transport?.port.claim(claimed) ?? 0;
  }

  #record(header: RtpHeader, bytes: Buffer): void {
    const element = findExtension(header, bytes, this.#transportSequenceId);
    if (element >= 0) this.#feedback.record(readUint16(bytes, element), header);
  }

  #report(nowMs: number): void {
    const all = this.#incoming.values();
    for (let left = this.#incoming.size; left > 0; left -= maxReportBlocks) {
      const blocks = Math.min(left, maxReportBlocks);
      const at = this.#claim();
      let next = at + writeReceiverReport(this.#outbox, at, this.#ssrc, blocks);
      for (let index = 0; index < blocks; index += 1) {
        const { value } = all.next();
        value?.receiver.report(block, nowMs);
        writeReportBlock(block, this.#outbox, next);
        next += reportBlockLength;
      }
      this.#transport?.carryRtcp(at, next - at);
    }
  }

  #askForKeyFrame(incoming: Incoming, nowMs: number): void {
    if (!incoming.takeKeyFrameNeed(nowMs)) return;
    const at = this.#claim();
    this.#transport?.carryRtcp(at, writePli(this.#outbox, at, this.#ssrc, incoming.stream.ssrc));
  }
}
