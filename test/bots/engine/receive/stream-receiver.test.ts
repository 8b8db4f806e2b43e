/** Reception statistics of one SSRC: RFC 3550's numbers, wraps, strays, restarts, RTX. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { arrival } from '../../../../bots/engine/receive/arrival.ts';
import { isProbation } from '../../../../bots/engine/receive/probation.ts';
import { StreamReceiver } from '../../../../bots/engine/receive/stream-receiver.ts';
import { ReportBlock } from '../../../../bots/engine/rtcp/report-block.ts';
import { RtpHeader } from '../../../../bots/engine/rtp/header.ts';

const header = new RtpHeader();

function give(receiver: StreamReceiver, sequence: number, nowMs = 0, timestamp = 0): number {
  header.sequence = sequence & 0xffff;
  header.timestampBits = timestamp | 0;
  header.arrivalMs = nowMs;
  return receiver.record(header, 100, false);
}

describe('reception statistics', () => {
  it('equal those of a set, for any order within the window', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.array(fc.integer({ min: -60, max: 60 }), { minLength: 1, maxLength: 400 }),
        (first, steps) => {
          const receiver = new StreamReceiver(1, 90_000, 1024);
          const seen = new Set<number>();
          let duplicates = 0;
          let at = 200_000 + first;
          let highest = at;
          let lowest = at;
          for (const step of [0, ...steps]) {
            at = Math.max(highest - 1000, at + step);
            if (seen.has(at)) duplicates += 1;
            give(receiver, at);
            seen.add(at);
            highest = Math.max(highest, at);
            lowest = Math.min(lowest, at);
          }
          assert.equal(receiver.receivedTotal, seen.size);
          assert.equal(receiver.duplicatesTotal, duplicates);
          assert.equal(receiver.expectedTotal, highest - lowest + 1);
          assert.equal(receiver.lostTotal, highest - lowest + 1 - seen.size);
          assert.equal(receiver.receivedBytesTotal, seen.size * 100);
        },
      ),
    );
  });

  it('count through many wraps', () => {
    const receiver = new StreamReceiver(1, 90_000);
    for (let sequence = 60_000; sequence < 60_000 + 300_000; sequence += 3) give(receiver, sequence);
    assert.equal(receiver.receivedTotal, 100_000);
    assert.equal(receiver.lostTotal, 199_998);
    const block = new ReportBlock();
    receiver.report(block, 0);
    assert.equal(block.extendedHighest, 60_000 + 299_997);
    assert.equal(block.cumulativeLost, 199_998);
    assert.equal(block.fractionLost, 170);
  });

  it('report the fraction lost since the last report, LSR and DLSR', () => {
    const receiver = new StreamReceiver(9, 48_000);
    const block = new ReportBlock();
    for (let sequence = 0; sequence < 100; sequence += 1) give(receiver, sequence);
    receiver.report(block, 1000);
    assert.deepEqual(Object.values(block), [9, 0, 0, 99, 0, 0, 0]);
    for (let sequence = 100; sequence < 200; sequence += 2) give(receiver, sequence);
    receiver.recordSenderReport(0xabcdef01, 1500);
    receiver.report(block, 2500);
    assert.deepEqual(Object.values(block), [9, 126, 49, 198, 0, 0xabcdef01, 65_536]);
    give(receiver, 150 + 1);
    receiver.report(block, 2500);
    assert.equal(block.fractionLost, 0);
    assert.equal(block.cumulativeLost, 48);
  });

  it('jitter follows appendix A.8 between timestamps', () => {
    const receiver = new StreamReceiver(1, 90_000);
    let expected = 0;
    let last = 0;
    for (let frame = 0; frame < 200; frame += 1) {
      const lateMs = (frame * 7919) % 13;
      for (let packet = 0; packet < 3; packet += 1)
        give(receiver, frame * 3 + packet, frame * 33 + lateMs, frame * 2970 - 5);
      if (frame > 0) expected += (Math.abs(lateMs - last) * 90 - expected) / 16;
      last = lateMs;
    }
    assert.ok(Math.abs(receiver.jitterMs - expected / 90) < 1e-9);
  });

  it('a lone packet from far away is a stray; two in a row are where the stream is', () => {
    const receiver = new StreamReceiver(1, 90_000);
    for (let sequence = 0; sequence < 10; sequence += 1) give(receiver, sequence);
    assert.equal(give(receiver, 20_000), arrival.stray);
    assert.equal(give(receiver, 10), arrival.next);
    assert.deepEqual([receiver.receivedTotal, receiver.strayTotal, receiver.lostTotal], [11, 1, 0]);
    assert.equal(give(receiver, 5011), arrival.stray);
    assert.equal(give(receiver, 5012), arrival.next);
    assert.deepEqual([receiver.receivedTotal, receiver.strayTotal, receiver.lostTotal], [13, 1, 5000]);
  });

  it('a sender that begins anew is no loss', () => {
    const receiver = new StreamReceiver(1, 90_000);
    for (let sequence = 40_000; sequence < 40_010; sequence += 1) give(receiver, sequence);
    const before = receiver.highestExtended;
    assert.equal(give(receiver, 20_100), arrival.late);
    for (let sequence = 20_101; sequence < 20_110; sequence += 1)
      assert.equal(give(receiver, sequence), arrival.next);
    assert.deepEqual(
      [receiver.receivedTotal, receiver.lostTotal, receiver.lateTotal, receiver.restartsTotal],
      [20, 0, 0, 1],
    );
    assert.ok(receiver.highestExtended > before);
    const block = new ReportBlock();
    receiver.report(block, 0);
    assert.equal(block.extendedHighest, 20_109);
  });

  it('what RTX brings is recovered, until the original comes after all', () => {
    const receiver = new StreamReceiver(1, 90_000);
    assert.equal(receiver.recordRestored(3), arrival.stray);
    give(receiver, 10);
    give(receiver, 13);
    assert.equal(receiver.recordRestored(11), arrival.reordered);
    assert.equal(receiver.recordRestored(11), arrival.duplicate);
    assert.equal(receiver.recordRestored(13), arrival.duplicate);
    assert.equal(receiver.recordRestored(9), arrival.late);
    assert.deepEqual([receiver.lostTotal, receiver.recoveredTotal, receiver.missingTotal], [2, 1, 1]);
    assert.equal(give(receiver, 11), arrival.overtaken);
    assert.deepEqual([receiver.lostTotal, receiver.recoveredTotal, receiver.missingTotal], [1, 0, 1]);
    assert.equal(receiver.recordRestored(14), arrival.next);
    assert.deepEqual([receiver.lostTotal, receiver.recoveredTotal, receiver.missingTotal], [2, 1, 1]);
  });

  it('knows probes and padding', () => {
    const receiver = new StreamReceiver(1, 90_000);
    header.sequence = 5;
    receiver.record(header, 255, true);
    assert.deepEqual([receiver.receivedTotal, receiver.paddingOnlyTotal], [1, 1]);
    assert.equal(isProbation(Object.assign(new RtpHeader(), { ssrcBits: 1234, payloadType: 127 })), true);
    assert.equal(isProbation(Object.assign(new RtpHeader(), { ssrcBits: 1234, payloadType: 96 })), false);
  });
});
