/** The engine's publisher and receiver against a real worker, over SRTP with given keys: libsrtp is the other end. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { types } from 'mediasoup';
import { Vp8Packetizer, writeVp8FrameHeader } from '../../../bots/engine/payload/vp8.ts';
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
import { restoreRtx } from '../../../bots/engine/rtp/rtx.ts';
import { createRtpTemplate } from '../../../bots/engine/rtp/template.ts';
import type { SrtpCiphers } from '../../../bots/engine/srtp/ciphers.ts';
import type { SrtpKeys, SrtpProfile } from '../../../bots/engine/srtp/profile.ts';
import { SrtpReceiver } from '../../../bots/engine/srtp/receiver.ts';
import { SrtpSender } from '../../../bots/engine/srtp/sender.ts';
import { randomFrom } from '../../../bots/random.ts';
import { PacketHistory } from '../../support/send/history.ts';
import { StreamSender } from '../../support/send/stream-sender.ts';

export const mediaSsrc = 0xa1b2c3d4;
export const rtxSsrc = 0xa1b2c3d5;

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
  readonly arena = new Uint8Array(new ArrayBuffer(2000));
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

  sendRtp(length: number): void {
    const sealed = this.out.protectRtp(this.arena, 0, length);
    if (this.#random() >= this.#lossRatio) this.socket.send(this.arena.slice(0, sealed));
  }

  sendRtcp(length: number): void {
    this.socket.send(this.arena.slice(0, this.out.protectRtcp(this.arena, 0, length)));
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

export class Publisher {
  readonly wire: Wire;
  readonly stream: StreamSender;
  readonly history = new PacketHistory(1_000_000, 1024);
  /** Key frames that the worker asked for, and what it said that it lost. */
  keyFramesAsked = 0;
  readonly block = new ReportBlock();
  reports = 0;
  readonly #rtx = createRtpTemplate({ payloadType: 97, ssrc: rtxSsrc, extensions: [] });
  #rtxSequence = 1;
  readonly #frame = new Uint8Array(20_000);
  readonly #packetizer = new Vp8Packetizer();
  readonly #cursor = new RtcpCursor();

  constructor(socket: Socket, ours: SrtpKeys, theirs: SrtpKeys, ciphers: SrtpCiphers, lossRatio: number) {
    this.wire = new Wire(socket, ours, theirs, ciphers, lossRatio);
    this.stream = new StreamSender({ payloadType: 96, ssrc: mediaSsrc, extensions: [] }, 90_000, 65_400);
    socket.on('message', (datagram) => this.#control(datagram));
  }

  sendFrame(index: number): void {
    const { arena } = this.wire;
    writeVp8FrameHeader(this.#frame, 0, index % 50 === 0, 100, 640, 360);
    const packets = this.#packetizer.begin(3000, 1100, index, index, 0, false);
    for (let packet = 0; packet < packets; packet += 1) {
      const { sequence } = this.stream;
      const last = packet === packets - 1;
      const head = this.stream.write(arena, 0, last, index * 900);
      const size = this.#packetizer.next(this.#frame, 0, arena, head);
      this.history.store(sequence, index * 900, last, arena, head, size);
      this.stream.sent(size, index * 900, performance.now());
      this.wire.sendRtp(head + size);
    }
  }

  sendReport(ntpMs: number): void {
    const report = new SenderReport();
    this.stream.report(report, performance.now(), ntpMs);
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
        for (let sequence = nack.next(); sequence >= 0; sequence = nack.next()) this.#resend(sequence);
      }
    }
  }

  #resend(sequence: number): void {
    const { arena } = this.wire;
    const length = this.history.resend(
      sequence,
      performance.now(),
      5,
      this.#rtx,
      this.#rtxSequence,
      arena,
      0,
    );
    if (length <= 0) return;
    this.#rtxSequence += 1;
    this.wire.sendRtp(length);
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
    if (again && restoreRtx(header, bytes, 0, this.stream.ssrc, 96) < 0) return;
    const kind = again
      ? this.stream.recordRestored(header.sequence)
      : this.stream.record(header, length, false);
    if (kind === arrival.next || kind === arrival.reordered)
      this.nacks.packet(this.stream.extended, header.arrivalMs);
  }
}
