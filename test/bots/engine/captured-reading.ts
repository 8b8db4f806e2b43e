/** What the engine reads in a captured packet, in the form in which werift's reading of it is kept. */
import { hmacSha1 } from '../../../bots/crypto/hmac-sha1.ts';
import { feedbackFormat, RtcpCursor, rtcpType } from '../../../bots/engine/rtcp/compound.ts';
import { ExtendedReport } from '../../../bots/engine/rtcp/extended-report.ts';
import { feedbackMediaSsrc, feedbackSenderSsrc } from '../../../bots/engine/rtcp/feedback.ts';
import { firSequence, firSsrc, readFir } from '../../../bots/engine/rtcp/fir.ts';
import { Nack } from '../../../bots/engine/rtcp/nack.ts';
import { readReceiverReport } from '../../../bots/engine/rtcp/receiver-report.ts';
import { Remb, readRemb, rembSsrc } from '../../../bots/engine/rtcp/remb.ts';
import { ReportBlock, readReportBlock } from '../../../bots/engine/rtcp/report-block.ts';
import { readSenderReport, SenderReport } from '../../../bots/engine/rtcp/sender-report.ts';
import { SourceDescription } from '../../../bots/engine/rtcp/source-description.ts';
import { extensionLength, findExtension } from '../../../bots/engine/rtp/extension.ts';
import { parseRtp, RtpHeader, takePadding } from '../../../bots/engine/rtp/header.ts';
import {
  integrityMatches,
  parseStun,
  readXorMappedAddress,
  StunMessage,
  xorMappedPort,
} from '../../../bots/engine/stun/message.ts';
import { TransportFeedback } from '../../../bots/engine/twcc/feedback.ts';
import type { BlockReading, RtcpReading, RtpReading, StunReading } from '../../support/capture/reading.ts';
import { toHex } from '../../vectors/hex.ts';

/** A reading, or the reason why there is none. */
export type Outcome<Reading> = Reading | number;

export function rtpOf(bytes: Uint8Array): Outcome<RtpReading> {
  const header = new RtpHeader();
  const parsed = parseRtp(header, bytes, 0, bytes.length);
  if (parsed < 0) return parsed;
  const extensions: [number, string][] = [];
  for (let id = 1; id < 15; id += 1) {
    const at = findExtension(header, bytes, id);
    if (at >= 0) extensions.push([id, toHex(bytes, at, extensionLength(header, bytes, at))]);
  }
  const padding = takePadding(header, bytes);
  if (padding < 0) return padding;
  const { payloadType, sequence, timestamp, ssrc, marker, payloadLength } = header;
  return { payloadType, sequence, timestamp, ssrc, marker, padding, extensions, payloadLength };
}

function blocksOf(bytes: Uint8Array, first: number, count: number): BlockReading[] {
  const block = new ReportBlock();
  return Array.from({ length: count }, (_, index) => {
    readReportBlock(block, bytes, first + index * 24);
    const { ssrc, fractionLost, cumulativeLost, extendedHighest, jitter } = block;
    const { lastSenderReport, delaySinceLast } = block;
    return [
      ssrc,
      fractionLost,
      cumulativeLost,
      extendedHighest,
      jitter,
      lastSenderReport,
      delaySinceLast,
    ] as const;
  });
}

function transportFeedbackOf(
  bytes: Uint8Array,
  { at, length, format }: RtcpCursor,
  sender: number,
  media: number,
): Outcome<RtcpReading> {
  if (format === feedbackFormat.nack) {
    const nack = new Nack();
    const opened = nack.open(bytes, at, length);
    if (opened < 0) return opened;
    const lost: number[] = [];
    for (let sequence = nack.next(); sequence >= 0; sequence = nack.next()) lost.push(sequence);
    return { type: 'NACK', sender, media, lost };
  }
  const feedback = new TransportFeedback();
  const count = feedback.open(bytes, at, length);
  if (count < 0) return count;
  const deltas: (number | null)[] = [];
  while (feedback.next()) deltas.push(feedback.received ? feedback.deltaTicks : null);
  const reference = feedback.referenceTime & 0xff_ffff;
  return { type: 'transport-cc', sender, media, base: feedback.baseSequence, reference, count, deltas };
}

function payloadFeedbackOf(
  bytes: Uint8Array,
  { at, length, format }: RtcpCursor,
  sender: number,
  media: number,
): Outcome<RtcpReading> {
  if (format === feedbackFormat.pli) return { type: 'PLI', sender, media };
  if (format === feedbackFormat.fir) {
    const count = readFir(bytes, at, length);
    if (count < 0) return count;
    const entries = Array.from(
      { length: count },
      (_, index) => [firSsrc(bytes, at, index), firSequence(bytes, at, index)] as const,
    );
    return { type: 'FIR', sender, entries };
  }
  const remb = new Remb();
  const read = readRemb(remb, bytes, at, length);
  if (read < 0) return read;
  const ssrcs = Array.from({ length: remb.streams }, (_, index) => rembSsrc(bytes, at, index));
  return { type: 'REMB', sender, bitrateBps: remb.bitrateBps, ssrcs };
}

function descriptionOf(bytes: Uint8Array, { at, length, format }: RtcpCursor): RtcpReading {
  const description = new SourceDescription();
  const items: [number, number, string][] = [];
  description.open(bytes, at, length, format);
  while (description.next()) {
    const { ssrc, item, textAt, textLength } = description;
    items.push([ssrc, item, Buffer.from(bytes).toString('latin1', textAt, textAt + textLength)]);
  }
  return { type: 'SDES', items };
}

function extendedOf(bytes: Uint8Array, { at, length }: RtcpCursor): Outcome<RtcpReading> {
  const extended = new ExtendedReport();
  const opened = extended.open(bytes, at, length);
  if (opened < 0) return opened;
  const blockTypes: number[] = [];
  while (extended.next()) blockTypes.push(extended.blockType);
  return { type: 'XR', ssrc: extended.ssrc, blockTypes };
}

function senderReportOf(bytes: Uint8Array, { at, length, format }: RtcpCursor): Outcome<RtcpReading> {
  const report = new SenderReport();
  const first = readSenderReport(report, bytes, at, length, format);
  if (first < 0) return first;
  const { ssrc, rtpTimestamp, packetCount, octetCount } = report;
  const blocks = blocksOf(bytes, first, format);
  return { type: 'SR', ssrc, rtpTimestamp, packetCount, octetCount, blocks };
}

function packetOf(bytes: Uint8Array, cursor: RtcpCursor): Outcome<RtcpReading> {
  const { type, at, length, format } = cursor;
  const ssrc = feedbackSenderSsrc(bytes, at);
  if (type === rtcpType.senderReport) return senderReportOf(bytes, cursor);
  if (type === rtcpType.receiverReport) {
    const first = readReceiverReport(bytes, at, length, format);
    return first < 0 ? first : { type: 'RR', ssrc, blocks: blocksOf(bytes, first, format) };
  }
  if (type === rtcpType.sourceDescription) return descriptionOf(bytes, cursor);
  if (type === rtcpType.extendedReport) return extendedOf(bytes, cursor);
  const media = feedbackMediaSsrc(bytes, at);
  return type === rtcpType.transportFeedback
    ? transportFeedbackOf(bytes, cursor, ssrc, media)
    : payloadFeedbackOf(bytes, cursor, ssrc, media);
}

export function rtcpOf(bytes: Uint8Array): Outcome<readonly Outcome<RtcpReading>[]> {
  const cursor = new RtcpCursor();
  const count = cursor.open(bytes, 0, bytes.length);
  if (count < 0) return count;
  const packets: Outcome<RtcpReading>[] = [];
  while (cursor.next()) packets.push(packetOf(bytes, cursor));
  return packets;
}

/** `authentic`: whether MESSAGE-INTEGRITY was made with the password. */
export function stunOf(
  bytes: Uint8Array,
  password: string,
): Outcome<{ readonly reading: StunReading; readonly authentic: boolean }> {
  const message = new StunMessage();
  const parsed = parseStun(message, bytes, 0, bytes.length);
  if (parsed < 0) return parsed;
  const { usernameAt, usernameLength, priority, controllingAt, xorMappedAt } = message;
  const text = Buffer.from(bytes);
  const address = new Uint8Array(16);
  const mapped = xorMappedAt < 0 ? 0 : readXorMappedAddress(message, bytes, address);
  return {
    reading: {
      messageType: message.type,
      username: usernameAt < 0 ? null : text.toString('latin1', usernameAt, usernameAt + usernameLength),
      priority: priority < 0 ? null : priority,
      useCandidate: message.useCandidate,
      controlling: controllingAt < 0 ? null : toHex(bytes, controllingAt, 8),
      mapped: mapped === 4 ? `${address.subarray(0, 4).join('.')}:${xorMappedPort(message, bytes)}` : null,
      password,
    },
    authentic: integrityMatches(message, bytes, Buffer.from(password), hmacSha1),
  };
}
