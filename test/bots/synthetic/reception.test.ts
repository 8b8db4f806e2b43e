/** What a bot answers to what it receives, without a network: the transport is a recorder. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readUint16 } from '../../../bots/engine/bytes.ts';
import { feedbackFormat, RtcpCursor, rtcpType } from '../../../bots/engine/rtcp/compound.ts';
import { feedbackMediaSsrc } from '../../../bots/engine/rtcp/feedback.ts';
import { Nack } from '../../../bots/engine/rtcp/nack.ts';
import { ReportBlock, readReportBlock } from '../../../bots/engine/rtcp/report-block.ts';
import { parseRtp, RtpHeader } from '../../../bots/engine/rtp/header.ts';
import { createRtpTemplate, writeRtp } from '../../../bots/engine/rtp/template.ts';
import type { IncomingStream } from '../../../bots/synthetic/negotiation.ts';
import { Reception } from '../../../bots/synthetic/reception.ts';
import type { Transport } from '../../../bots/synthetic/transport.ts';

const stream: IncomingStream = {
  consumer: 'c1',
  producer: 'p1',
  kind: 'video',
  mimeType: 'video/VP8',
  ssrc: 0xf000_0001,
  payloadType: 101,
  clockRate: 90_000,
  rtxSsrc: 0xf000_0002,
  rtxPayloadType: 102,
  nack: true,
  pli: true,
  transportSequenceId: 5,
};

interface Sent {
  readonly type: number;
  readonly format: number;
  readonly bytes: Buffer;
}

/** A reception of one stream, 30 frames a second of one packet each. */
function receive(): {
  readonly reception: Reception;
  readonly sent: Sent[];
  readonly heard: number[];
  readonly busy: () => boolean;
  readonly packet: (sequence: number, atMs: number, rtxOf?: number) => void;
  /** Takes what was sent since. */
  readonly take: (type: number, format: number) => Sent[];
} {
  const outbox = Buffer.alloc(4096);
  const sent: Sent[] = [];
  const heard: number[] = [];
  let isBusy = false;
  const transport = {
    port: { outbox, claim: () => 100 },
    rttMs: 20,
    carry: () => undefined,
    keepBusy: () => (isBusy = true),
    forget: () => undefined,
    open: (header: RtpHeader, _bytes: Buffer, _at: number, length: number) => {
      header.payloadLength = length - header.headerLength;
      return length;
    },
    carryRtcp: (at: number, length: number) => {
      const cursor = new RtcpCursor();
      assert.ok(cursor.open(outbox, at, length) > 0);
      while (cursor.next()) {
        const bytes = Buffer.from(outbox.subarray(cursor.at, cursor.at + cursor.length));
        sent.push({ type: cursor.type, format: cursor.format, bytes });
      }
      return true;
    },
  };
  const reception = new Reception({ verifyEvery: 16, onFirstMedia: (atMs) => heard.push(atMs) });
  reception.attach(transport as unknown as Transport);
  reception.add(stream, false);
  const extensions = [{ name: 'transportSequence' as const, id: 5 }];
  const media = createRtpTemplate({ payloadType: 101, ssrc: stream.ssrc, extensions });
  const rtx = createRtpTemplate({ payloadType: 102, ssrc: stream.rtxSsrc ?? 0, extensions });
  const inbox = Buffer.alloc(2000);
  let transportSequence = 0;
  const packet = (sequence: number, atMs: number, rtxOf?: number): void => {
    const template = rtxOf === undefined ? media : rtx;
    const length = writeRtp(template, inbox, 0, true, sequence, ((rtxOf ?? sequence) * 3000) >>> 0);
    inbox.writeUInt16BE((transportSequence += 1), template.transportSequenceAt);
    inbox.writeUInt16BE(rtxOf ?? 0, length);
    const header = new RtpHeader();
    assert.ok(parseRtp(header, inbox, 0, length + 100) > 0);
    header.arrivalMs = atMs;
    reception.rtp(header, inbox, 0, length + 100);
  };
  const take = (type: number, format: number): Sent[] => {
    const found = sent.filter((each) => each.type === type && each.format === format);
    sent.splice(0);
    return found;
  };
  return { reception, sent, heard, busy: () => isBusy, packet, take };
}

function sequencesOf({ bytes }: Sent): number[] {
  const nack = new Nack();
  assert.equal(nack.open(bytes, 0, bytes.length), 0);
  const found: number[] = [];
  for (let sequence = nack.next(); sequence >= 0; sequence = nack.next()) found.push(sequence);
  return found;
}

const nacks = [rtcpType.transportFeedback, feedbackFormat.nack] as const;
const plis = [rtcpType.payloadFeedback, feedbackFormat.pli] as const;

describe('a reception', () => {
  it('reports what arrived, and the transport’s sequence', () => {
    const { reception, packet, take, sent, heard } = receive();
    for (let index = 0; index < 10; index += 1) packet(1000 + index, index * 33);
    reception.turn(400);
    const [feedback] = sent.filter(({ format }) => format === feedbackFormat.transportWide);
    assert.deepEqual([readUint16(feedback?.bytes ?? Buffer.alloc(20), 14)], [10]);
    const [report] = take(rtcpType.receiverReport, 1);
    const block = new ReportBlock();
    readReportBlock(block, report?.bytes ?? Buffer.alloc(32), 8);
    assert.deepEqual([block.ssrc, block.extendedHighest, block.cumulativeLost], [stream.ssrc, 1009, 0]);
    reception.turn(500);
    assert.deepEqual(sent, []);
    assert.deepEqual(heard, [0]);
  });

  it('asks for what is missing until RTX brings it, and counts it once', () => {
    const { reception, packet, take, busy } = receive();
    for (const sequence of [65_534, 65_535, 2, 3]) packet(sequence, sequence & 63);
    assert.ok(busy());
    assert.equal(reception.work(70), true);
    const [nack] = take(...nacks);
    assert.ok(nack !== undefined && feedbackMediaSsrc(nack.bytes, 0) === stream.ssrc);
    assert.deepEqual(sequencesOf(nack), [0, 1]);
    packet(500, 80, 0);
    assert.equal(reception.work(120), true);
    assert.deepEqual(take(...nacks).map(sequencesOf), [[1]]);
    packet(501, 125, 1);
    assert.equal(reception.work(150), false);
    const { counters = {} } = reception.read(200)[0] ?? {};
    // What the SFU sent under the stream's own SSRC: received and lost are six together, whatever RTX brought.
    assert.deepEqual([counters.receivedPacketsTotal, counters.lostPacketsTotal], [4, 2]);
    assert.equal(counters.nacksSentTotal, 2);
  });

  it('asks for a key frame when what is missing does not come', () => {
    const { reception, packet, take } = receive();
    packet(10, 0);
    packet(12, 33);
    let asked = 0;
    for (let now = 40; now < 2000 && reception.work(now); now += 5) asked += take(...nacks).length;
    assert.ok(asked >= 8 && asked <= 10, `${asked} NACKs`);
    assert.equal(take(...plis).length, 1);
    assert.equal(reception.read(2000)[0]?.counters.plisSentTotal, 1);
  });

  it('asks for a key frame when packets come that make no frame', () => {
    const { reception, packet, take } = receive();
    packet(1, 0);
    // The first packet of a frame never comes, NACK was given up: the stream goes on, nothing can be shown.
    for (let now = 100; now < 4500; now += 100) {
      packet(1 + now / 50, now);
      reception.work(now);
      reception.turn(now);
    }
    assert.ok(take(...plis).length >= 1);
  });

  it('gives the last reading of a stream that closes, and forgets it', () => {
    const { reception, packet } = receive();
    packet(1, 0);
    reception.remove('c1');
    reception.remove('c1');
    packet(2, 10);
    assert.equal(reception.unknownPackets, 1);
    assert.deepEqual(
      reception.takeClosed().map(({ id, counters }) => [id, counters.receivedPacketsTotal]),
      [['c1', 1]],
    );
    assert.deepEqual([reception.takeClosed(), reception.read(20)], [[], []]);
  });
});
