/** The sender's pure parts: history and RTX, what an SR says, sequence numbers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reason } from '../../../../bots/engine/reason.ts';
import { SenderReport } from '../../../../bots/engine/rtcp/sender-report.ts';
import { parseRtp, RtpHeader } from '../../../../bots/engine/rtp/header.ts';
import { restoreRtx } from '../../../../bots/engine/rtp/rtx.ts';
import { createRtpTemplate } from '../../../../bots/engine/rtp/template.ts';
import { PacketHistory, patchTransportSequence } from '../../../support/send/history.ts';
import { StreamSender } from '../../../support/send/stream-sender.ts';
import { toHex } from '../../../vectors/hex.ts';

const extensions = [
  { name: 'mid', id: 1, text: '0' },
  { name: 'transportSequence', id: 5 },
] as const;
const media = createRtpTemplate({ payloadType: 96, ssrc: 111, extensions });
const rtx = createRtpTemplate({ payloadType: 97, ssrc: 222, extensions });
const arena = new Uint8Array(3000);
const header = new RtpHeader();

describe('the history', () => {
  it('gives back what RTX restores to the very packet', () => {
    const history = new PacketHistory(100_000, 256);
    const sender = new StreamSender({ payloadType: 96, ssrc: 111, extensions }, 90_000, 65_500);
    const packets = new Map<number, string>();
    for (let index = 0; index < 100; index += 1) {
      const sequence = sender.sequence;
      const head = sender.write(arena, 0, index % 3 === 0, index * 3000);
      arena.fill(index, head, head + 500 + index);
      history.store(sequence, index * 3000, index % 3 === 0, arena, head, 500 + index);
      packets.set(sequence, toHex(arena, 0, head + 500 + index));
    }
    for (const [sequence, hex] of packets) {
      const length = history.resend(sequence, 0, 50, rtx, 7, arena, 10);
      patchTransportSequence(rtx, arena, 10, 0x1234);
      assert.equal(parseRtp(header, arena, 10, length), rtx.length);
      assert.deepEqual([header.ssrc, header.sequence, header.payloadType], [222, 7, 97]);
      const at = restoreRtx(header, arena, 10, 111, 96);
      assert.equal(at, 12);
      patchTransportSequence(media, arena, at, 0);
      assert.equal(toHex(arena, at, length - 2), hex);
      const described = { ...Object.fromEntries(Object.entries(header)) };
      parseRtp(header, arena, at, length - 2);
      assert.deepEqual(described, Object.fromEntries(Object.entries(header)));
    }
    assert.equal(history.resentTotal, 100);
    assert.equal(history.resend(65_500, 49, 50, rtx, 8, arena, 0), 0);
    assert.equal(history.resend(65_500, 50, 50, media, -1, arena, 0), media.length + 500);
    assert.equal(toHex(arena, 0, media.length + 500), packets.get(65_500));
    assert.equal(history.resend(65_499, 0, 50, rtx, 9, arena, 0), reason.unexpected);
    assert.deepEqual([history.tooSoonTotal, history.unknownTotal], [1, 1]);
    assert.equal(history.resend(65_501, 0, 0, rtx, 9, arena, 2990), reason.noSpace);
  });

  it('keeps no more than its bytes, and never gives back what was overwritten', () => {
    const history = new PacketHistory(5000, 1024);
    for (let sequence = 0; sequence < 500; sequence += 1) {
      const size = 100 + ((sequence * 37) % 900);
      arena.fill(sequence & 0xff, 0, size);
      history.store(sequence, 0, false, arena, 0, size);
      let kept = 0;
      for (let back = sequence; back >= 0 && history.has(back); back -= 1) {
        const length = history.resend(back, sequence, 0, rtx, 1, arena, 1500);
        const payload = arena.subarray(1500 + rtx.length + 2, 1500 + length);
        assert.ok(payload.every((byte) => byte === (back & 0xff)));
        kept += payload.length;
      }
      assert.ok(kept <= 5000);
      assert.ok(kept >= 2000 || sequence < 10);
    }
    history.store(600, 0, false, new Uint8Array(6000), 0, 5001);
    assert.equal(history.has(600), false);
  });

  it('RTX without a payload is a probe, and half a number is damage', () => {
    for (const [payload, expected] of [
      [0, reason.unexpected],
      [1, reason.truncated],
      [2, 2],
    ] as const) {
      arena.fill(0);
      arena[0] = 0x80;
      parseRtp(header, arena, 0, 12 + payload);
      assert.equal(restoreRtx(header, arena, 0, 1, 2), expected);
    }
  });
});

describe('a sender report', () => {
  it('maps the NTP time to the stream, across the wrap of its timestamps', () => {
    const sender = new StreamSender({ payloadType: 96, ssrc: 0xffffffff, extensions: [] }, 90_000, 70_000);
    assert.equal(sender.reportable, false);
    assert.equal(sender.sequence, 70_000 - 65_536);
    sender.write(arena, 0, true, 0xffffff00);
    sender.sent(1000, 0xffffff00, 5000);
    const report = new SenderReport();
    sender.report(report, 5010, 3.9e12);
    assert.deepEqual(
      [report.ssrc, report.ntpMs, report.rtpTimestamp, report.packetCount, report.octetCount],
      [0xffffffff, 3.9e12, 900 - 256, 1, 1000],
    );
    assert.equal(sender.bytesTotal, 1012);
  });
});
