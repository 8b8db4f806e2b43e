/** What a bot answers to what it receives, without a network: the transport is a recorder. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readUint16 } from '../../../bots/engine/bytes.ts';
import { type Mark, markInstant } from '../../../bots/engine/payload/mark.ts';
import { reason } from '../../../bots/engine/reason.ts';
import { feedbackFormat, rtcpType } from '../../../bots/engine/rtcp/compound.ts';
import { feedbackMediaSsrc } from '../../../bots/engine/rtcp/feedback.ts';
import { Nack } from '../../../bots/engine/rtcp/nack.ts';
import { ReportBlock, readReportBlock } from '../../../bots/engine/rtcp/report-block.ts';
import { receive, type Sent, stream } from '../../support/played-reception.ts';

function sequencesOf({ bytes }: Sent): number[] {
  const nack = new Nack();
  assert.equal(nack.open(bytes, 0, bytes.length), 0);
  const found: number[] = [];
  for (let sequence = nack.next(); sequence >= 0; sequence = nack.next()) found.push(sequence);
  return found;
}

const nacks = [rtcpType.transportFeedback, feedbackFormat.nack] as const;
const plis = [rtcpType.payloadFeedback, feedbackFormat.pli] as const;

function at(index: number): number {
  return 1000 + index * 33;
}

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
    assert.equal(reception.work(70), 90);
    const [nack] = take(...nacks);
    assert.ok(nack !== undefined && feedbackMediaSsrc(nack.bytes, 0) === stream.ssrc);
    assert.deepEqual(sequencesOf(nack), [0, 1]);
    packet(500, 80, { rtxOf: 0 });
    // The round trip of the transport, 20 ms here, is nothing that Chrome would know.
    assert.equal(reception.work(120), 140);
    assert.deepEqual(take(...nacks), []);
    assert.equal(reception.work(170), 190);
    assert.deepEqual(take(...nacks).map(sequencesOf), [[1]]);
    packet(501, 175, { rtxOf: 1 });
    assert.equal(reception.work(200), Number.POSITIVE_INFINITY);
    const { counters = {} } = reception.read(200)[0] ?? {};
    // What the SFU sent under the stream's own SSRC: received and lost are six together, whatever RTX brought.
    assert.deepEqual([counters.receivedPacketsTotal, counters.lostPacketsTotal], [4, 2]);
    assert.deepEqual([counters.nacksSentTotal, counters.recoveredPacketsTotal], [2, 2]);
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

  it('takes the time to first media from any packet, and to the first frame from a whole one', () => {
    const { packet, heard, seen } = receive();
    packet(1, 10, { marker: false });
    packet(2, 40, { starts: 'key' });
    packet(3, 70);
    assert.deepEqual([heard, seen], [[10], [40]]);
  });

  it('counts how long packets were under way by their capture times, which few of them have', () => {
    const { packet, delays } = receive();
    packet(1, 1000, { capturedMs: 990 });
    for (let sequence = 2; sequence < 8; sequence += 1) packet(sequence, 1000 + sequence * 33);
    packet(8, 1300, { capturedMs: 1280 });
    const [first, second, ...others] = delays();
    assert.ok(first !== undefined && second !== undefined && others.length === 0);
    assert.ok(Math.abs(first[0] - 10) < 0.1 && first[1] === 1, first.join(' × '));
    assert.ok(Math.abs(second[0] - 20) < 0.2 && second[1] === 1, second.join(' × '));
  });

  it('takes marks before capture times, and follows them where every packet is opened', () => {
    const { reception, packet, delays } = receive(1);
    const mark = (index: number): Partial<Mark> => ({
      sourceBits: 5,
      packetBits: index,
      frameBits: index,
      sentBits: markInstant(at(index) - 3),
    });
    for (const index of [0, 1, 3]) packet(index, at(index), { mark: mark(index), capturedMs: 0 });
    packet(900, 1110, { rtxOf: 2, mark: mark(2) });
    packet(4, at(4), { mark: { ...mark(4), sourceBits: 6 } });
    const all = delays();
    assert.ok(all.length === 1 && Math.abs((all[0]?.[0] ?? 0) - 3) < 0.1 && all[0]?.[1] === 4, all.join(' '));
    const { counters = {} } = reception.read(2000)[0] ?? {};
    assert.deepEqual([counters.lostPacketsTotal, counters.recoveredPacketsTotal], [1, 1]);
    assert.equal(counters.foreignMarksTotal, 1);
  });

  it('tells repeated, late and reordered packets apart', () => {
    const { reception, packet } = receive();
    for (const sequence of [1, 2, 4, 3]) packet(sequence, sequence);
    packet(4, 10, { refused: reason.replayed });
    packet(1, 10, { refused: reason.tooOld });
    packet(5, 10, { refused: reason.authentication });
    packet(4, 11);
    const { counters = {} } = reception.read(20)[0] ?? {};
    assert.deepEqual(
      [
        counters.receivedPacketsTotal,
        counters.duplicatePacketsTotal,
        counters.latePacketsTotal,
        counters.reorderedPacketsTotal,
      ],
      [4, 2, 1, 1],
    );
  });

  it('takes a pause for neither loss nor freeze, and asks for no key frame after it', () => {
    const { reception, packet, take } = receive();
    let sequence = 0;
    const play = (fromMs: number, frames: number): void => {
      for (let frame = 0; frame < frames; frame += 1) {
        packet((sequence += 1), fromMs + frame * 33);
        reception.turn(fromMs + frame * 33);
      }
    };
    play(0, 60);
    reception.read(2000);
    reception.pause('c1', true);
    play(2000, 2);
    assert.equal(reception.read(3000)[0]?.trends.fps, undefined);
    for (let now = 3000; now < 12_000; now += 100) reception.turn(now);
    reception.pause('c1', false);
    play(12_000, 60);
    const [{ counters, trends } = assert.fail()] = reception.read(14_000);
    assert.deepEqual([counters.lostPacketsTotal, counters.freezesTotal, trends.fps], [0, 0, undefined]);
    assert.equal(take(...plis).length, 0);
    play(14_000, 30);
    const [{ trends: after } = assert.fail()] = reception.read(15_000);
    assert.equal(after.fps, 30);
  });
});
