/** Of thousands of datagrams, the first of each form, opened and read. */
import { nodeCiphers } from '../../../bots/crypto/node.ts';
import { protocol, protocolOf } from '../../../bots/engine/demultiplex.ts';
import { reason } from '../../../bots/engine/reason.ts';
import { parseRtp, RtpHeader } from '../../../bots/engine/rtp/header.ts';
import type { SrtpKeys } from '../../../bots/engine/srtp/profile.ts';
import { SrtpReceiver } from '../../../bots/engine/srtp/receiver.ts';
import type { Captured, RtcpReading, RtpReading, StunReading } from './reading.ts';
import { readRtcp, readRtp, readStun } from './werift.ts';

/** Longer ones are kept once, opened. */
const longestSealed = 260;

export interface Sorted {
  readonly rtp: Captured<RtpReading>[];
  readonly rtcp: Captured<readonly RtcpReading[]>[];
  readonly stun: Captured<StunReading>[];
  readonly dtls: string[];
}

export class Sorter {
  readonly sorted: Sorted = { rtp: [], rtcp: [], stun: [], dtls: [] };
  readonly #forms = new Set<string>();
  readonly #receiver: SrtpReceiver;
  readonly #passwordOf: (messageType: number) => string;
  readonly #header = new RtpHeader();

  constructor(keys: SrtpKeys, passwordOf: (messageType: number) => string) {
    this.#receiver = SrtpReceiver.create(keys, nodeCiphers);
    this.#passwordOf = passwordOf;
  }

  take(datagram: Buffer): void {
    const what = protocolOf(datagram, 0, datagram.length);
    if (what === protocol.dtls) this.#dtls(datagram);
    else if (what === protocol.stun) this.#stun(datagram);
    else if (what === protocol.rtp) this.#rtp(datagram);
    else if (what === protocol.rtcp) this.#rtcp(datagram);
  }

  #isNew(form: string): boolean {
    const isNew = !this.#forms.has(form);
    this.#forms.add(form);
    return isNew;
  }

  #dtls(datagram: Buffer): void {
    // Of the handshake, in clear: type 22 in epoch 0. Sent again, it has another record's number.
    const isHandshake = datagram[0] === 22 && datagram.readUInt16BE(3) === 0;
    if (isHandshake && this.#isNew(`DTLS ${datagram.toString('hex', 11)}`))
      this.sorted.dtls.push(datagram.toString('hex'));
  }

  #stun(datagram: Buffer): void {
    const expected = readStun(datagram, this.#passwordOf(datagram.readUInt16BE(0)));
    const { messageType, useCandidate } = expected;
    const form = `${messageType === 1 ? 'request' : 'response'}${useCandidate ? ' with nomination' : ''}`;
    if (this.#isNew(form)) this.sorted.stun.push(kept(form, datagram, datagram.length, null, expected));
  }

  #rtp(datagram: Buffer): void {
    const bytes = Buffer.from(datagram);
    parseRtp(this.#header, bytes, 0, bytes.length);
    const length = this.#receiver.unprotectRtp(this.#header, bytes, 0, bytes.length, 1);
    // What has no RTX is sent again as it was, and mediasoup's probes begin anew.
    if (length === reason.replayed || length === reason.tooOld) return;
    if (length < 0) throw new Error(`SRTP ${length}: ${datagram.toString('hex')}`);
    const expected = readRtp(bytes.subarray(0, length));
    const { payloadType, marker, padding, payloadLength, extensions } = expected;
    const form = `RTP ${payloadType}${marker ? ' marked' : ''}${padding > 0 ? ' padded' : ''}${payloadLength === 0 ? ' empty' : ''}, ${extensions.length} extensions`;
    if (this.#isNew(form)) this.sorted.rtp.push(kept(form, bytes, length, datagram, expected));
  }

  #rtcp(datagram: Buffer): void {
    const bytes = Buffer.from(datagram);
    const length = this.#receiver.unprotectRtcp(bytes, 0, bytes.length);
    if (length < 0) throw new Error(`SRTCP ${length}: ${datagram.toString('hex')}`);
    const expected = readRtcp(bytes.subarray(0, length));
    const form = expected.map(formOf).join(' + ');
    if (this.#isNew(form)) this.sorted.rtcp.push(kept(form, bytes, length, datagram, expected));
  }
}

function formOf(reading: RtcpReading): string {
  if (reading.type === 'transport-cc') {
    const holes = reading.deltas.includes(null) ? ', lost' : '';
    const large = reading.deltas.some((delta) => delta !== null && (delta < 0 || delta > 255));
    return `transport-cc${holes}${large ? ', large deltas' : ''}`;
  }
  if (reading.type === 'SR' || reading.type === 'RR')
    return `${reading.type}${reading.blocks.length > 0 ? ` of ${reading.blocks.length}` : ''}`;
  return reading.type === 'NACK' ? `NACK of ${Math.min(reading.lost.length, 3)}` : reading.type;
}

function kept<Reading>(
  name: string,
  bytes: Buffer,
  length: number,
  sealed: Buffer | null,
  expected: Reading,
): Captured<Reading> {
  return {
    name,
    hex: bytes.toString('hex', 0, length),
    sealed: sealed === null || length > longestSealed ? null : sealed.toString('hex'),
    expected,
  };
}
