/** The second opinion: what werift reads in a packet. */
import { createRequire } from 'node:module';
import type { BlockReading, RtcpReading, RtpReading, StunReading } from './reading.ts';

/** The parts of werift that are used; not a dependency that types may rely on. */
interface Info {
  ssrc: number;
  fractionLost: number;
  packetsLost: number;
  highestSequence: number;
  jitter: number;
  lsr: number;
  dlsr: number;
}
interface Feedback {
  readonly count: number;
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
  readonly mediaSourceSsrc: number;
  readonly lost: number[];
  readonly fir: { ssrc: number; sequenceNumber: number }[];
  readonly bitrate: bigint;
  readonly ssrcFeedbacks: number[];
  readonly baseSequenceNumber: number;
  readonly packetStatusCount: number;
  readonly referenceTime: number;
  readonly packetChunks: { type: number; packetStatus: number; runLength: number; symbolList: number[] }[];
  readonly recvDeltas: { delta: number }[];
}
interface WeriftRtcp {
  readonly type: number;
  readonly ssrc: number;
  readonly senderInfo: { rtpTimestamp: number; packetCount: number; octetCount: number };
  readonly reports: Info[];
  readonly chunks: { source: number; items: { type: number; text: string }[] }[];
  readonly feedback: Feedback;
}
interface WeriftRtp {
  readonly header: {
    payloadType: number;
    sequenceNumber: number;
    timestamp: number;
    ssrc: number;
    marker: boolean;
    padding: boolean;
    paddingSize: number;
    extensions: { id: number; payload: Buffer }[];
  };
  readonly payload: Buffer;
}
export interface WeriftPeer {
  readonly localDescription: { sdp: string };
  readonly dtlsTransports: {
    readonly state: string;
    readonly dtls: {
      srtp: { srtpProfile: number };
      extractSessionKeys(key: number, salt: number): { remoteKey: Buffer; remoteSalt: Buffer };
    };
    readonly iceTransport: {
      readonly iceGather: { localParameters: { password: string } };
      readonly connection: { remotePassword: string };
    };
  }[];
  addTransceiver(track: object, options: object): unknown;
  createOffer(): Promise<object>;
  setLocalDescription(description: object): Promise<unknown>;
  setRemoteDescription(description: { type: 'answer'; sdp: string }): Promise<unknown>;
  close(): Promise<void>;
}
interface Werift {
  readonly RTCPeerConnection: new (config: object) => WeriftPeer;
  readonly RTCRtpCodecParameters: new (codec: object) => object;
  readonly MediaStreamTrack: new (options: object) => { writeRtp(packet: Buffer): void };
  readonly RtpPacket: { deSerialize(bytes: Buffer): WeriftRtp };
  readonly RtcpPacketConverter: { deSerialize(bytes: Buffer): WeriftRtcp[] };
  useSdesMid(): object;
  useTransportWideCC(): object;
  useAbsSendTime(): object;
  useAudioLevelIndication(): object;
  parseMessage(bytes: Buffer): {
    messageClass: number;
    messageMethod: number;
    readonly attributesKeys: readonly string[];
    getAttributeValue(name: string): unknown;
  };
}

const name = 'werift';
export const werift = createRequire(import.meta.url)(name) as Werift;

export function readRtp(bytes: Buffer): RtpReading {
  const { header, payload } = werift.RtpPacket.deSerialize(bytes);
  return {
    payloadType: header.payloadType,
    sequence: header.sequenceNumber,
    timestamp: header.timestamp,
    ssrc: header.ssrc,
    marker: header.marker,
    padding: header.padding ? header.paddingSize : 0,
    extensions: header.extensions.map(({ id, payload: value }) => [id, value.toString('hex')] as const),
    payloadLength: payload.length,
  };
}

function blockOf({
  ssrc,
  fractionLost,
  packetsLost,
  highestSequence,
  jitter,
  lsr,
  dlsr,
}: Info): BlockReading {
  return [ssrc, fractionLost, packetsLost, highestSequence, jitter, lsr, dlsr];
}

function transportWide(feedback: Feedback): RtcpReading {
  const { senderSsrc, mediaSourceSsrc, baseSequenceNumber, packetStatusCount, referenceTime } = feedback;
  const statuses = feedback.packetChunks.flatMap(({ type, packetStatus, runLength, symbolList }) =>
    type === 0 ? Array.from<number>({ length: runLength }).fill(packetStatus) : symbolList,
  );
  const received = feedback.recvDeltas.map(({ delta }) => Math.round(delta / 250));
  return {
    type: 'transport-cc',
    sender: senderSsrc,
    media: mediaSourceSsrc,
    base: baseSequenceNumber,
    reference: referenceTime,
    count: packetStatusCount,
    deltas: statuses
      .slice(0, packetStatusCount)
      .map((status) => (status === 0 ? null : (received.shift() ?? Number.NaN))),
  };
}

function payloadFeedback(feedback: Feedback): RtcpReading {
  const { count, senderSsrc: sender, mediaSsrc: media } = feedback;
  if (count === 1) return { type: 'PLI', sender, media };
  if (count === 4)
    return {
      type: 'FIR',
      sender,
      entries: feedback.fir.map(({ ssrc, sequenceNumber }) => [ssrc, sequenceNumber] as const),
    };
  return { type: 'REMB', sender, bitrateBps: Number(feedback.bitrate), ssrcs: feedback.ssrcFeedbacks };
}

function packetOf(packet: WeriftRtcp): RtcpReading {
  const { type, ssrc, feedback } = packet;
  if (type === 206) return payloadFeedback(feedback);
  if (type === 205) {
    const { senderSsrc: sender, mediaSourceSsrc: media, lost } = feedback;
    if (feedback.count === 15) return transportWide(feedback);
    return { type: 'NACK', sender, media, lost: lost.map((sequence) => sequence & 0xffff) };
  }
  if (type === 202) {
    const items = packet.chunks.flatMap(({ source, items: all }) =>
      all.map((item) => [source, item.type, item.text] as const),
    );
    return { type: 'SDES', items };
  }
  const blocks = packet.reports.map(blockOf);
  if (type === 201) return { type: 'RR', ssrc, blocks };
  const { rtpTimestamp, packetCount, octetCount } = packet.senderInfo;
  return { type: 'SR', ssrc, rtpTimestamp, packetCount, octetCount, blocks };
}

/** werift leaves XR out: its head is read here. */
function extendedReport(bytes: Buffer): RtcpReading {
  const blockTypes: number[] = [];
  for (let at = 8; at < bytes.length; at += (bytes.readUInt16BE(at + 2) + 1) * 4)
    blockTypes.push(bytes.readUInt8(at));
  return { type: 'XR', ssrc: bytes.readUInt32BE(4), blockTypes };
}

export function readRtcp(compound: Buffer): RtcpReading[] {
  const readings: RtcpReading[] = [];
  for (let at = 0; at < compound.length; ) {
    const packet = compound.subarray(at, at + (compound.readUInt16BE(at + 2) + 1) * 4);
    if (packet[1] === 207) readings.push(extendedReport(packet));
    else readings.push(...werift.RtcpPacketConverter.deSerialize(packet).map(packetOf));
    at += packet.length;
  }
  return readings;
}

export function readStun(bytes: Buffer, password: string): StunReading {
  const message = werift.parseMessage(bytes);
  const value = (key: string): unknown => message.getAttributeValue(key) ?? null;
  const mapped = value('XOR-MAPPED-ADDRESS') as [string, number] | null;
  const controlling = value('ICE-CONTROLLING') as bigint | null;
  return {
    messageType: message.messageClass | message.messageMethod,
    username: value('USERNAME') as string | null,
    priority: value('PRIORITY') as number | null,
    useCandidate: message.attributesKeys.includes('USE-CANDIDATE'),
    controlling: controlling === null ? null : controlling.toString(16).padStart(16, '0'),
    mapped: mapped === null ? null : mapped.join(':'),
    password,
  };
}
