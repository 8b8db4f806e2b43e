/** A carrier that writes down the packets that it is given, and what they are sent as. */
import assert from 'node:assert/strict';
import { readUint16 } from '../../bots/engine/bytes.ts';
import { findExtension } from '../../bots/engine/rtp/extension.ts';
import { readNtpMs } from '../../bots/engine/rtp/extension-values.ts';
import { parseRtp, RtpHeader } from '../../bots/engine/rtp/header.ts';
import type { OutgoingStream } from '../../bots/synthetic/negotiation.ts';
import { ntpOffsetMs } from '../../bots/synthetic/ntp.ts';
import type { RtpCarrier } from '../../bots/synthetic/outgoing.ts';

export interface Sent {
  readonly atMs: number;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly transportSequence: number;
  /** NTP less our clock; NaN where the packet does not say. */
  readonly capturedMs: number;
  /** −1 where the packet does not say. */
  readonly audioLevel: number;
  readonly bytes: number;
  readonly payload: Buffer;
}

/** A carrier that writes down what it is given. */
export function recorder(): { carrier: RtpCarrier; sent: Sent[]; at: (ms: number) => void } {
  const outbox = Buffer.alloc(4096);
  const sent: Sent[] = [];
  let [nowMs, next] = [0, 0];
  const carrier: RtpCarrier = {
    port: { outbox, claim: () => 7 },
    nextTransportSequence: () => (next += 1),
    carry: (at, length) => {
      const header = new RtpHeader();
      assert.ok(parseRtp(header, outbox, at, length) > 0);
      const element = findExtension(header, outbox, 5);
      const captured = findExtension(header, outbox, 6);
      const level = findExtension(header, outbox, 7);
      const { ssrc, sequence, timestamp, marker, payloadAt, payloadLength } = header;
      sent.push({
        atMs: nowMs,
        ssrc,
        sequence,
        timestamp,
        marker,
        transportSequence: element < 0 ? -1 : readUint16(outbox, element),
        capturedMs: captured < 0 ? Number.NaN : readNtpMs(outbox, captured) - ntpOffsetMs,
        audioLevel: level < 0 ? -1 : (outbox[level] ?? -1),
        bytes: length,
        payload: Buffer.from(outbox.subarray(payloadAt, payloadAt + payloadLength)),
      });
      return true;
    },
  };
  return { carrier, sent, at: (ms) => (nowMs = ms) };
}

export const videoStream: OutgoingStream = {
  kind: 'video',
  sources: [],
  profileLevelId: null,
  payloadType: 101,
  rtxPayloadType: 102,
  clockRate: 90_000,
  extensions: [
    { name: 'mid', id: 1, text: '0' },
    { name: 'absSendTime', id: 4 },
    { name: 'transportSequence', id: 5 },
    { name: 'absCaptureTime', id: 6 },
  ],
  parameters: { codecs: [] },
};

export const audioStream: OutgoingStream = {
  ...videoStream,
  kind: 'audio',
  rtxPayloadType: null,
  clockRate: 48_000,
  extensions: [...videoStream.extensions, { name: 'audioLevel', id: 7 }],
};
export const firstSequences = [0x3fff, 0x3fff] as const;
export const source = { ssrc: 0xf000_0001, rtxSsrc: 0xf000_0002, rid: null };
export const identity = { sourceBits: 0x1234_5678, layer: 0 };
