/** A reception of one stream without a network: the transport is a recorder. */
import assert from 'node:assert/strict';
import { Mark, markKind, markLength, writeMark } from '../../bots/engine/payload/mark.ts';
import { Delays } from '../../bots/engine/receive/delays.ts';
import { RtcpCursor } from '../../bots/engine/rtcp/compound.ts';
import { writeNtp } from '../../bots/engine/rtp/extension-values.ts';
import { parseRtp, RtpHeader } from '../../bots/engine/rtp/header.ts';
import { createRtpTemplate, writeRtp } from '../../bots/engine/rtp/template.ts';
import type { IncomingStream } from '../../bots/synthetic/negotiation.ts';
import { ntpOffsetMs } from '../../bots/synthetic/ntp.ts';
import { Reception } from '../../bots/synthetic/reception.ts';
import type { Transport } from '../../bots/synthetic/transport.ts';

export const stream: IncomingStream = {
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
  captureTimeId: 6,
};

export interface Sent {
  readonly type: number;
  readonly format: number;
  readonly bytes: Buffer;
}

interface PacketChanges {
  readonly rtxOf?: number;
  readonly capturedMs?: number;
  readonly mark?: Partial<Mark>;
  /** What SRTP says of it, if it refuses it. */
  readonly refused?: number;
  readonly marker?: boolean;
  /** What begins with it; of what was sent first a key frame, and another frame with each packet after it. */
  readonly starts?: 'key' | 'delta' | null;
  /** The packet of whose frame it is, if that is another one. */
  readonly frameOf?: number;
}

/** RFC 7741: S, and the lowest bit of the frame's header, which is 0 in a key frame. */
const vp8 = { key: [0x10, 0], delta: [0x10, 1], none: [0, 0] } as const;

/** A reception of one stream, 30 frames a second of one packet each. */
export function receive(
  verifyEvery = 16,
  changes: Partial<IncomingStream> = {},
): {
  readonly reception: Reception;
  readonly sent: Sent[];
  readonly heard: number[];
  readonly seen: number[];
  /** How long packets were under way, those of 0.8 % of each other together. */
  readonly delays: () => [number, number][];
  readonly busy: () => boolean;
  /** For each packet, whether it was to be opened: no other one is. */
  readonly opened: boolean[];
  readonly packet: (sequence: number, atMs: number, changes?: PacketChanges) => void;
  /** Takes what was sent since. */
  readonly take: (type: number, format: number) => Sent[];
} {
  const outbox = Buffer.alloc(4096);
  const sent: Sent[] = [];
  const heard: number[] = [];
  const seen: number[] = [];
  const opened: boolean[] = [];
  let isBusy = false;
  let refused = 0;
  const transport = {
    port: { outbox, claim: () => 100 },
    rttMs: 20,
    carry: () => undefined,
    keepBusy: () => (isBusy = true),
    forget: () => undefined,
    get opened(): boolean {
      return opened.at(-1) ?? false;
    },
    open: (header: RtpHeader, _bytes: Buffer, _at: number, length: number, every: number) => {
      opened.push(every === 1);
      header.payloadLength = length - header.headerLength;
      return refused < 0 ? refused : length;
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
  const delays = { audio: new Delays(150), video: new Delays(150) };
  const reception = new Reception({
    feedback: 'chrome',
    verifyEvery,
    delays,
    onFirstMedia: (atMs) => heard.push(atMs),
    onFirstFrame: (atMs) => seen.push(atMs),
  });
  reception.attach(transport as unknown as Transport);
  const isVp8 = (changes.mimeType ?? stream.mimeType) === 'video/VP8';
  reception.add({ ...stream, ...(isVp8 ? { readable: 'VP8' } : {}), ...changes }, false);
  const extensions = [{ name: 'transportSequence' as const, id: 5 }];
  const media = createRtpTemplate({ payloadType: 101, ssrc: stream.ssrc, extensions });
  const captured = createRtpTemplate({
    payloadType: 101,
    ssrc: stream.ssrc,
    extensions: [...extensions, { name: 'absCaptureTime', id: 6 }],
  });
  const rtx = createRtpTemplate({ payloadType: 102, ssrc: stream.rtxSsrc ?? 0, extensions });
  const inbox = Buffer.alloc(2000);
  let [transportSequence, isFirst] = [0, true];
  const packet = (sequence: number, atMs: number, changes: PacketChanges = {}): void => {
    const { rtxOf, capturedMs, mark, marker = true, starts = isFirst ? 'key' : 'delta' } = changes;
    isFirst = false;
    const timestamp = ((changes.frameOf ?? rtxOf ?? sequence) * 3000) >>> 0;
    const template = rtxOf !== undefined ? rtx : capturedMs === undefined ? media : captured;
    const length = writeRtp(template, inbox, 0, marker, sequence, timestamp);
    if (capturedMs !== undefined) writeNtp(inbox, template.absCaptureTimeAt, capturedMs + ntpOffsetMs);
    inbox.writeUInt16BE((transportSequence += 1), template.transportSequenceAt);
    inbox.fill(0, length, length + 100);
    if (rtxOf !== undefined) inbox.writeUInt16BE(rtxOf, length);
    inbox.set(vp8[starts ?? 'none'], rtxOf === undefined ? length : length + 2);
    const whole = Object.assign(new Mark(), { kind: markKind.video, ...mark });
    if (mark !== undefined) writeMark(whole, inbox, length + 100 - markLength);
    refused = changes.refused ?? 0;
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
  const drained = (): [number, number][] => {
    const all: [number, number][] = [];
    delays.video.drain((ms, count) => all.push([ms, count]));
    return all;
  };
  return { reception, sent, heard, seen, delays: drained, busy: () => isBusy, opened, packet, take };
}
