/** RTCP packets: read, written, round trips, damage. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { reason } from '../../../../bots/engine/reason.ts';
import { byeSsrc, readBye, writeBye } from '../../../../bots/engine/rtcp/bye.ts';
import { feedbackFormat, RtcpCursor, rtcpType } from '../../../../bots/engine/rtcp/compound.ts';
import {
  ExtendedReport,
  writeDelaySinceLast,
  writeReceiverReferenceTime,
  xrBlock,
} from '../../../../bots/engine/rtcp/extended-report.ts';
import { feedbackMediaSsrc, feedbackSenderSsrc } from '../../../../bots/engine/rtcp/feedback.ts';
import { firSequence, firSsrc, readFir, writeFir } from '../../../../bots/engine/rtcp/fir.ts';
import { Nack, writeNack } from '../../../../bots/engine/rtcp/nack.ts';
import { writePli } from '../../../../bots/engine/rtcp/pli.ts';
import {
  readReceiverReport,
  receiverReportSsrc,
  writeReceiverReport,
} from '../../../../bots/engine/rtcp/receiver-report.ts';
import { Remb, readRemb, rembSsrc, writeRemb } from '../../../../bots/engine/rtcp/remb.ts';
import {
  ReportBlock,
  readReportBlock,
  roundTripMs,
  writeReportBlock,
} from '../../../../bots/engine/rtcp/report-block.ts';
import {
  readSenderReport,
  SenderReport,
  writeSenderReport,
} from '../../../../bots/engine/rtcp/sender-report.ts';
import { SourceDescription, writeCname } from '../../../../bots/engine/rtcp/source-description.ts';
import { compactNtp } from '../../../../bots/engine/rtp/extension-values.ts';
import { fromHex, toHex } from '../../../vectors/hex.ts';
import { rtcp } from '../../../vectors/rtcp.ts';

const cursor = new RtcpCursor();
const uint32 = fc.nat(0xffffffff);

function only(bytes: Uint8Array, length: number, type: number, format: number): void {
  assert.equal(cursor.open(bytes, 0, length), 1);
  assert.ok(cursor.next());
  assert.deepEqual([cursor.type, cursor.format, cursor.length], [type, format, length]);
  assert.equal(cursor.next(), false);
}

describe('RTCP compound', () => {
  const bytes = fromHex(rtcp.senderCompound);

  it('reads SR, report block and CNAME', () => {
    assert.equal(cursor.open(bytes, 0, bytes.length), 2);
    assert.ok(cursor.next());
    const report = new SenderReport();
    const blockAt = readSenderReport(report, bytes, cursor.at, cursor.length, cursor.format);
    assert.deepEqual(
      [report.ssrc, report.compactNtp, report.rtpTimestamp, report.packetCount, report.octetCount],
      [0x902f9e2e, 0xd1fcdddd, 0xaaf4edd5, 1, 2],
    );
    const block = new ReportBlock();
    readReportBlock(block, bytes, blockAt);
    assert.deepEqual(Object.values(block), [0xbc5e9a40, 0, -2, 0x46e1, 273, 0x9f36432, 150137]);
    assert.ok(cursor.next());
    const sdes = new SourceDescription();
    sdes.open(bytes, cursor.at, cursor.length, cursor.format);
    assert.ok(sdes.next());
    assert.deepEqual(
      [sdes.ssrc, sdes.item, toHex(bytes, sdes.textAt, sdes.textLength)],
      [0x902f9e2e, 1, '616263'],
    );
    assert.equal(sdes.next(), false);
    assert.equal(cursor.next(), false);
  });

  it('refuses every truncation but that between packets, as a whole', () => {
    for (let length = 0; length < bytes.length; length += 1) {
      const packets = cursor.open(bytes, 0, length);
      assert.equal(packets, length === 52 ? 1 : reason.truncated, String(length));
      assert.equal(cursor.next(), packets === 1);
    }
  });

  it('takes padding off, and only from the last packet', () => {
    const padded = fromHex('a0c90002 00000001 00000004');
    assert.equal(cursor.open(padded, 0, 12), 1);
    assert.ok(cursor.next());
    assert.equal(cursor.length, 8);
    for (const bad of [
      'a0c90002 00000001 00000000',
      'a0c90002 00000001 0000000c',
      'a0c90002 00000001 00000004 80c90001 00000001',
    ]) {
      const bytes = fromHex(bad);
      assert.equal(cursor.open(bytes, 0, bytes.length), reason.malformed, bad);
    }
    assert.equal(cursor.open(fromHex('40c90001 00000001'), 0, 8), reason.version);
  });
});

describe('RTCP packets', () => {
  const bytes = new Uint8Array(1500);

  it('SR and RR with blocks', () => {
    fc.assert(
      fc.property(
        uint32,
        uint32,
        uint32,
        fc.nat(31),
        fc.integer({ min: -(2 ** 23), max: 2 ** 23 - 1 }),
        (ssrc, rtpTimestamp, packetCount, blocks, lost) => {
          const report = Object.assign(new SenderReport(), {
            ssrc,
            rtpTimestamp,
            packetCount,
            ntpMs: 3.9e12 + packetCount,
          });
          const block = Object.assign(new ReportBlock(), {
            ssrc: packetCount,
            fractionLost: blocks,
            cumulativeLost: lost,
            extendedHighest: ssrc,
            jitter: rtpTimestamp,
            lastSenderReport: ssrc,
            delaySinceLast: rtpTimestamp,
          });
          let length = writeSenderReport(report, bytes, 0, blocks);
          for (let index = 0; index < blocks; index += 1) writeReportBlock(block, bytes, length + index * 24);
          length += blocks * 24;
          only(bytes, length, rtcpType.senderReport, blocks);
          const read = new SenderReport();
          assert.equal(readSenderReport(read, bytes, 0, length, blocks), 28);
          assert.ok(Math.abs(read.ntpMs - report.ntpMs) < 0.001);
          assert.deepEqual(
            { ...Object.fromEntries(Object.entries(read)), ntpMs: 0 },
            { ...Object.fromEntries(Object.entries(report)), ntpMs: 0 },
          );
          if (blocks > 0) {
            const readBlock = new ReportBlock();
            readReportBlock(readBlock, bytes, length - 24);
            assert.deepEqual(readBlock, block);
          }
          const rr = writeReceiverReport(bytes, 0, ssrc, blocks) + blocks * 24;
          only(bytes, rr, rtcpType.receiverReport, blocks);
          assert.equal(readReceiverReport(bytes, 0, rr, blocks), 8);
          assert.equal(receiverReportSsrc(bytes, 0), ssrc);
          assert.equal(readReceiverReport(bytes, 0, rr, blocks + 1), reason.truncated);
          assert.equal(readSenderReport(read, bytes, 0, length, blocks + 1), reason.truncated);
        },
      ),
    );
    assert.equal(writeReceiverReport(new Uint8Array(30), 0, 1, 1), reason.noSpace);
    assert.equal(writeSenderReport(new SenderReport(), new Uint8Array(30), 4, 0), reason.noSpace);
  });

  it('NACK packs what is near, and gives every number back', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 100 }),
        (first, gaps) => {
          const sequences = new Uint16Array(gaps.length + 1);
          sequences[0] = first;
          gaps.forEach((gap, index) => {
            sequences[index + 1] = (sequences[index] as number) + gap;
          });
          const length = writeNack(bytes, 0, 5, 6, sequences, sequences.length);
          only(bytes, length, rtcpType.transportFeedback, feedbackFormat.nack);
          const nack = new Nack();
          assert.equal(nack.open(bytes, 0, length), 0);
          for (const sequence of sequences) assert.equal(nack.next(), sequence);
          assert.equal(nack.next(), -1);
          assert.deepEqual([feedbackSenderSsrc(bytes, 0), feedbackMediaSsrc(bytes, 0)], [5, 6]);
        },
      ),
    );
    assert.equal(
      toHex(bytes, 0, writeNack(bytes, 0, 1, 2, Uint16Array.of(0xffff, 0, 15, 16), 4)),
      '81cd0004 00000001 00000002 ffff8001 00100000'.replaceAll(' ', ''),
    );
    assert.equal(writeNack(bytes, 0, 1, 2, new Uint16Array(1), 0), 0);
    assert.equal(writeNack(new Uint8Array(16), 0, 1, 2, Uint16Array.of(1, 100), 2), reason.noSpace);
    assert.equal(new Nack().open(bytes, 0, 12), reason.truncated);
  });

  it('PLI, FIR and BYE', () => {
    assert.equal(toHex(bytes, 0, writePli(bytes, 0, 0x11111111, 0x22222222)), '81ce00021111111122222222');
    only(bytes, writeFir(bytes, 0, 1, 0xfffffffe, 200), rtcpType.payloadFeedback, feedbackFormat.fir);
    assert.equal(readFir(bytes, 0, 20), 1);
    assert.deepEqual([firSsrc(bytes, 0, 0), firSequence(bytes, 0, 0)], [0xfffffffe, 200]);
    assert.equal(readFir(bytes, 0, 19), reason.truncated);
    only(bytes, writeBye(bytes, 0, 0x12345678), rtcpType.bye, 1);
    assert.equal(byeSsrc(bytes, readBye(bytes, 0, 8, 1), 0), 0x12345678);
    assert.equal(readBye(bytes, 0, 8, 2), reason.truncated);
  });

  it('REMB to within its 18 bits', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), fc.array(uint32, { maxLength: 5 }), (bitrate, ssrcs) => {
        const length = writeRemb(bytes, 0, 7, bitrate, ssrcs);
        only(bytes, length, rtcpType.payloadFeedback, feedbackFormat.application);
        const remb = new Remb();
        assert.equal(readRemb(remb, bytes, 0, length), 0);
        assert.ok(remb.bitrateBps <= bitrate && remb.bitrateBps >= bitrate * (1 - 2 ** -17));
        assert.deepEqual(
          ssrcs.map((_, index) => rembSsrc(bytes, 0, index)),
          ssrcs,
        );
        assert.equal(readRemb(remb, bytes, 0, length - 1), reason.truncated);
      }),
    );
    bytes[12] = 0;
    assert.equal(readRemb(new Remb(), bytes, 0, 20), reason.unexpected);
  });

  it('CNAME of every length', () => {
    for (let size = 0; size <= 255; size += 1) {
      const length = writeCname(bytes, 0, 9, new Uint8Array(size).fill(65));
      only(bytes, length, rtcpType.sourceDescription, 1);
      const sdes = new SourceDescription();
      sdes.open(bytes, 0, length, 1);
      assert.ok(sdes.next());
      assert.equal(sdes.textLength, size);
      assert.equal(sdes.next(), false);
    }
    assert.equal(writeCname(bytes, 0, 9, new Uint8Array(256)), reason.length);
  });

  it('XR: reference time there, delay back, round trip known', () => {
    const report = new ExtendedReport();
    const sentMs = 3.9e12;
    only(bytes, writeReceiverReferenceTime(bytes, 0, 77, sentMs), rtcpType.extendedReport, 0);
    assert.equal(report.open(bytes, 0, 20), 0);
    assert.ok(report.next());
    assert.deepEqual([report.ssrc, report.blockType], [77, xrBlock.receiverReferenceTime]);
    const reference = report.referenceCompactNtp();
    assert.equal(reference, compactNtp(sentMs));
    const length = writeDelaySinceLast(bytes, 0, 78, 77, reference, 65_536 / 4);
    assert.equal(report.open(bytes, 0, length), 0);
    assert.ok(report.next());
    assert.equal(report.blockType, xrBlock.delaySinceLast);
    assert.ok(Math.abs(report.roundTripMs(77, compactNtp(sentMs + 290)) - 40) < 0.1);
    assert.ok(Number.isNaN(report.roundTripMs(79, 0)));
    assert.equal(report.next(), false);
    assert.equal(report.open(bytes, 0, 7), reason.truncated);
    assert.equal(report.next(), false);
  });

  it('a report block tells its round trip across the wrap of compact NTP', () => {
    const block = Object.assign(new ReportBlock(), { lastSenderReport: 0xffffff00, delaySinceLast: 0x80 });
    assert.equal(roundTripMs(block, 0x80), (0x100 / 65_536) * 1000);
    assert.ok(Number.isNaN(roundTripMs(new ReportBlock(), 5)));
  });
});
