/** A bot's publisher and the parts of its receiver against a real worker, over SRTP with given keys: libsrtp is the other end. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { types } from 'mediasoup';
import { arrival } from '../../../bots/engine/receive/arrival.ts';
import { NackList } from '../../../bots/engine/receive/nack-list.ts';
import { isProbation } from '../../../bots/engine/receive/probation.ts';
import { StreamReceiver } from '../../../bots/engine/receive/stream-receiver.ts';
import { RtcpCursor, rtcpType } from '../../../bots/engine/rtcp/compound.ts';
import { Nack, writeNack } from '../../../bots/engine/rtcp/nack.ts';
import { writeReceiverReport } from '../../../bots/engine/rtcp/receiver-report.ts';
import { ReportBlock, readReportBlock, writeReportBlock } from '../../../bots/engine/rtcp/report-block.ts';
import {
  readSenderReport,
  SenderReport,
  writeSenderReport,
} from '../../../bots/engine/rtcp/sender-report.ts';
import { parseRtp, RtpHeader } from '../../../bots/engine/rtp/header.ts';
import { originalSequence } from '../../../bots/engine/rtp/rtx.ts';
import type { SrtpCiphers } from '../../../bots/engine/srtp/ciphers.ts';
import type { SrtpKeys, SrtpProfile } from '../../../bots/engine/srtp/profile.ts';
import { SrtpReceiver } from '../../../bots/engine/srtp/receiver.ts';
import { SrtpSender } from '../../../bots/engine/srtp/sender.ts';
import { randomFrom } from '../../../bots/random.ts';
import { markedVideo } from '../../../bots/synthetic/marked.ts';
import { Outgoing } from '../../../bots/synthetic/outgoing.ts';
import { VideoPlay } from '../../../bots/synthetic/play.ts';
import { identity, videoStream } from '../../support/rtp-recorder.ts';

export const mediaSsrc = 0xa1b2c3d4;
export const rtxSsrc = 0xa1b2c3d5;
export const payloadTypes = { media: 96, rtx: 97 } as const;

export function keysOf(profile: SrtpProfile, keyBase64: string): SrtpKeys {
  const key = Buffer.from(keyBase64, 'base64');
  return {
    profile,
    masterKey: Uint8Array.from(key.subarray(0, profile.keyLength)),
    masterSalt: Uint8Array.from(key.subarray(profile.keyLength)),
  };
}

/** One SRTP session over one socket; loses one packet in `loseEvery` on its way out. */
class Wire {
  readonly arena = Buffer.alloc(2000);
  readonly out: SrtpSender;
  readonly in: SrtpReceiver;
  readonly socket: Socket;
  readonly refused: number[] = [];
  readonly #random = randomFrom(5);
  readonly #lossRatio: number;

  constructor(socket: Socket, ours: SrtpKeys, theirs: SrtpKeys, ciphers: SrtpCiphers, lossRatio: number) {
    this.socket = socket;
    this.out = SrtpSender.create(ours, ciphers);
    this.in = SrtpReceiver.create(theirs, ciphers);
    this.#lossRatio = lossRatio;
  }

  sendRtp(length: number): boolean {
    const sealed = this.out.protectRtp(this.arena, 0, length);
    if (this.#random() >= this.#lossRatio) this.socket.send(Buffer.from(this.arena.subarray(0, sealed)));
    return true;
  }

  sendRtcp(length: number): void {
    const sealed = this.out.protectRtcp(this.arena, 0, length);
    this.socket.send(Buffer.from(this.arena.subarray(0, sealed)));
  }

  lost(): boolean {
    return this.#random() < this.#lossRatio;
  }

  [Symbol.dispose](): void {
    this.out.close();
    this.in.close();
    this.socket.close();
  }
}

export async function connectedSocket(tuple: types.TransportTuple): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.connect(tuple.localPort, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** From one frame to the next, each of three packets. */
export const frameMs = 10;
const material = markedVideo(
  { width: 640, height: 360, fps: 1000 / frameMs, bitrateBps: 2_400_000, keyFrameIntervalMs: 500 },
  null,
);

export class Publisher {
  readonly wire: Wire;
  readonly outgoing: Outgoing;
  readonly play: VideoPlay;
  /** Since it began; as fast as the test has it. */
  #nowMs = 0;
  /** Key frames that the worker asked for, and what it said that it lost. */
  keyFramesAsked = 0;
  readonly block = new ReportBlock();
  reports = 0;
  readonly #cursor = new RtcpCursor();

  constructor(socket: Socket, ours: SrtpKeys, theirs: SrtpKeys, ciphers: SrtpCiphers, lossRatio: number) {
    const wire = new Wire(socket, ours, theirs, ciphers, lossRatio);
    const { media, rtx } = payloadTypes;
    this.wire = wire;
    this.outgoing = new Outgoing({
      stream: { ...videoStream, payloadType: media, rtxPayloadType: rtx, extensions: [] },
      source: { ssrc: mediaSsrc, rtxSsrc, rid: null },
      material,
      carrier: {
        port: { outbox: wire.arena, claim: () => 0 },
        nextTransportSequence: () => 0,
        carry: (_at, length) => wire.sendRtp(length),
      },
      firstSequences: [65_400, 1],
      identity,
    });
    const { outgoing } = this;
    const clock = { startMs: 0, clockRate: 90_000, timestamp: 0 };
    this.play = new VideoPlay({ material, outgoing, ...clock, random: () => 0 });
    socket.on('message', (datagram) => this.#control(datagram));
  }

  /** Sends what is due until `nowMs`. */
  work(nowMs: number): void {
    this.#nowMs = nowMs;
    this.play.work(nowMs);
  }

  sendReport(ntpMs: number): void {
    const { counts } = this.outgoing;
    const report = new SenderReport();
    report.ssrc = mediaSsrc;
    report.ntpMs = ntpMs;
    report.rtpTimestamp = this.play.timestampAt(this.#nowMs);
    report.packetCount = counts.mediaPackets;
    report.octetCount = counts.payloadBytes;
    this.wire.sendRtcp(writeSenderReport(report, this.wire.arena, 0, 0));
  }

  #control(datagram: Uint8Array): void {
    const bytes = new Uint8Array(datagram);
    const length = this.wire.in.unprotectRtcp(bytes, 0, bytes.length);
    if (length < 0 || this.#cursor.open(bytes, 0, length) < 0) this.wire.refused.push(length);
    while (this.#cursor.next()) {
      const { type, format, at } = this.#cursor;
      if (type === rtcpType.receiverReport && format > 0) {
        readReportBlock(this.block, bytes, at + 8);
        this.reports += 1;
      } else if (type === rtcpType.payloadFeedback && format === 1) this.keyFramesAsked += 1;
      else if (type === rtcpType.transportFeedback && format === 1) {
        const nack = new Nack();
        nack.open(bytes, at, this.#cursor.length);
        for (let sequence = nack.next(); sequence >= 0; sequence = nack.next()) {
          this.outgoing.resend(sequence, this.#nowMs);
        }
      }
    }
  }
}

export class Viewer {
  readonly wire: Wire;
  readonly stream: StreamReceiver;
  readonly nacks = new NackList();
  readonly senderReport = new SenderReport();
  senderReports = 0;
  probes = 0;
  readonly #rtxSsrc: number;
  readonly #header = new RtpHeader();
  readonly #cursor = new RtcpCursor();
  readonly #block = new ReportBlock();
  readonly #sequences = new Uint16Array(500);

  constructor(
    socket: Socket,
    ours: SrtpKeys,
    theirs: SrtpKeys,
    ciphers: SrtpCiphers,
    lossRatio: number,
    ssrcs: readonly [number, number],
  ) {
    this.wire = new Wire(socket, ours, theirs, ciphers, lossRatio);
    this.stream = new StreamReceiver(ssrcs[0], 90_000);
    this.#rtxSsrc = ssrcs[1];
    socket.on('message', (datagram) => this.#take(new Uint8Array(datagram)));
  }

  ask(): void {
    const { arena } = this.wire;
    // The worker ignores what is asked again within its round trip, which it takes for 100 ms at first.
    const count = this.nacks.poll(performance.now(), 110, this.#sequences);
    if (count > 0) this.wire.sendRtcp(writeNack(arena, 0, 1, this.stream.ssrc, this.#sequences, count));
  }

  report(): void {
    const { arena } = this.wire;
    this.stream.report(this.#block, performance.now());
    const head = writeReceiverReport(arena, 0, 1, 1);
    writeReportBlock(this.#block, arena, head);
    this.wire.sendRtcp(head + 24);
  }

  #take(bytes: Uint8Array): void {
    const type = bytes[1] as number;
    if (type >= 192 && type <= 223) this.#control(bytes);
    else if (!this.wire.lost()) this.#media(bytes);
  }

  #control(bytes: Uint8Array): void {
    const length = this.wire.in.unprotectRtcp(bytes, 0, bytes.length);
    if (length < 0 || this.#cursor.open(bytes, 0, length) < 0) this.wire.refused.push(length);
    while (this.#cursor.next()) {
      if (this.#cursor.type !== rtcpType.senderReport) continue;
      readSenderReport(this.senderReport, bytes, this.#cursor.at, this.#cursor.length, this.#cursor.format);
      this.stream.recordSenderReport(this.senderReport.compactNtp, performance.now());
      this.senderReports += 1;
    }
  }

  #media(bytes: Uint8Array): void {
    const header = this.#header;
    parseRtp(header, bytes, 0, bytes.length);
    const length = this.wire.in.unprotectRtp(header, bytes, 0, bytes.length, 1);
    if (length < 0) {
      this.wire.refused.push(length);
      return;
    }
    header.arrivalMs = performance.now();
    if (isProbation(header)) {
      this.probes += 1;
      return;
    }
    const again = header.ssrc === this.#rtxSsrc;
    const original = again ? originalSequence(header, bytes) : 0;
    if (original < 0) return;
    const kind = again ? this.stream.recordRestored(original) : this.stream.record(header, length, false);
    if (kind === arrival.next || kind === arrival.reordered)
      this.nacks.packet(this.stream.extended, header.arrivalMs);
  }
}
