/** RTCP compounds of every packet type, and transport-wide feedback. */
import { byeSsrc, readBye } from '../../../bots/engine/rtcp/bye.ts';
import { RtcpCursor, rtcpType } from '../../../bots/engine/rtcp/compound.ts';
import { ExtendedReport } from '../../../bots/engine/rtcp/extended-report.ts';
import { firSsrc, readFir } from '../../../bots/engine/rtcp/fir.ts';
import { Nack } from '../../../bots/engine/rtcp/nack.ts';
import { readReceiverReport } from '../../../bots/engine/rtcp/receiver-report.ts';
import { Remb, readRemb, rembSsrc } from '../../../bots/engine/rtcp/remb.ts';
import { ReportBlock, readReportBlock } from '../../../bots/engine/rtcp/report-block.ts';
import { readSenderReport, SenderReport } from '../../../bots/engine/rtcp/sender-report.ts';
import { SourceDescription } from '../../../bots/engine/rtcp/source-description.ts';
import { TransportFeedback } from '../../../bots/engine/twcc/feedback.ts';
import { captured as chromium } from '../../vectors/captured-chromium.ts';
import { captured as chromiumRemb } from '../../vectors/captured-chromium-remb.ts';
import { captured as feedbackOfWorker } from '../../vectors/captured-mediasoup-feedback.ts';
import { captured as mediaOfWorker } from '../../vectors/captured-mediasoup-media.ts';
import { fromHex } from '../../vectors/hex.ts';
import { rtcp as vectors } from '../../vectors/rtcp.ts';
import type { Target } from '../mutate.ts';

const cursor = new RtcpCursor();
const block = new ReportBlock();
const report = new SenderReport();
const sdes = new SourceDescription();
const nack = new Nack();
const remb = new Remb();
const extended = new ExtendedReport();
const feedback = new TransportFeedback();

function blocksFrom(bytes: Uint8Array, first: number): number {
  let digest = first;
  const blocks = first < 0 ? 0 : cursor.format;
  for (let index = 0; index < blocks; index += 1) {
    readReportBlock(block, bytes, first + index * 24);
    digest += block.jitter + block.cumulativeLost;
  }
  return digest;
}

function feedbackDigest(bytes: Uint8Array): number {
  const { at, length } = cursor;
  let digest = feedback.open(bytes, at, length);
  while (feedback.next()) digest += feedback.sequence + feedback.arrivalTicks;
  digest += nack.open(bytes, at, length);
  for (let sequence = nack.next(); sequence >= 0; sequence = nack.next()) digest += sequence;
  return digest;
}

function payloadDigest(bytes: Uint8Array): number {
  const { at, length } = cursor;
  const entries = readFir(bytes, at, length);
  let digest = entries + readRemb(remb, bytes, at, length);
  for (let index = 0; index < entries; index += 1) digest += firSsrc(bytes, at, index);
  for (let index = 0; digest === entries && index < remb.streams; index += 1)
    digest += rembSsrc(bytes, at, index);
  return digest;
}

function packetDigest(bytes: Uint8Array): number {
  const { type, format, at, length } = cursor;
  let digest = type * 32 + format;
  if (type === rtcpType.senderReport)
    return blocksFrom(bytes, readSenderReport(report, bytes, at, length, format));
  if (type === rtcpType.receiverReport)
    return blocksFrom(bytes, readReceiverReport(bytes, at, length, format));
  if (type === rtcpType.transportFeedback) return feedbackDigest(bytes);
  if (type === rtcpType.payloadFeedback) return payloadDigest(bytes);
  if (type === rtcpType.bye) {
    const first = readBye(bytes, at, length, format);
    const sources = first < 0 ? 0 : format;
    for (let index = 0; index < sources; index += 1) digest += byeSsrc(bytes, first, index);
  } else if (type === rtcpType.sourceDescription) {
    sdes.open(bytes, at, length, format);
    while (sdes.next()) digest += sdes.ssrc + sdes.textAt + sdes.textLength;
  } else if (type === rtcpType.extendedReport) {
    digest += extended.open(bytes, at, length);
    while (extended.next()) digest += extended.referenceCompactNtp() + (extended.roundTripMs(1, 2) || 0);
  }
  return digest;
}

export const rtcp: Target = {
  name: 'rtcp',
  seeds: [
    fromHex(vectors.senderCompound),
    fromHex(vectors.feedbackRun.packet),
    fromHex(vectors.feedbackVector.packet),
    fromHex('81cd00040000000100000002ffff800100100000 81ce00021111111122222222'),
    fromHex('84ce0004000000010000000000000002c8000000 8fce0005000000010000000052454d4201 0a1234 00000005'),
    fromHex('81cb000112345678 80cf0004 00000001 04000002 0123456789abcdef'),
    fromHex('80cf0008 00000001 05000006 00000001 00010002 00000003 00000002 00010002 00000003'),
    fromHex(
      '80cf00050000000105000003 00000001 00000002 00000003 81c900070000000100000002000000030000000400000005 00000006 00000007',
    ),
    ...[chromium, chromiumRemb, feedbackOfWorker, mediaOfWorker].flatMap(({ rtcp: packets }) =>
      packets.map(({ hex }) => fromHex(hex)),
    ),
  ],
  run(bytes, at, length) {
    let digest = cursor.open(bytes, at, length);
    while (cursor.next()) digest += packetDigest(bytes) + cursor.length;
    return digest;
  },
};
