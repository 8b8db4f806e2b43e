/**
 * One WebRTC transport of a bot: a socket of its own, ICE, DTLS as the client, SRTP. What runs over it is its
 * traffic's: reception.ts and emission.ts.
 */
import { nowMs } from '../clock.ts';
import { protocol, protocolOf } from '../engine/demultiplex.ts';
import { reason } from '../engine/reason.ts';
import { parseRtp, RtpHeader } from '../engine/rtp/header.ts';
import type { SrtpCiphers } from '../engine/srtp/ciphers.ts';
import { srtpProfileOf } from '../engine/srtp/profile.ts';
import { SrtpReceiver } from '../engine/srtp/receiver.ts';
import { SrtpSender } from '../engine/srtp/sender.ts';
import type { IceClient } from '../engine/stun/ice-client.ts';
import type { StunSource } from '../engine/stun/responder.ts';
import { maxStunLength } from '../engine/stun/writer.ts';
import type { DtlsParameters, TransportOffer } from '../signaling/signaling.ts';
import type { OpenSocket, UdpPort } from '../udp/port.ts';
import { Dtls, type DtlsCertificate, type DtlsState } from './dtls.ts';
import type { Loop, LoopMember } from './loop.ts';
import { iceTo, remoteOf, socketTo, sourceOf } from './path.ts';
import { mostSources, type Traffic } from './traffic.ts';

/** One for all transports: a header means nothing once its packet was handled. */
const header = new RtpHeader();

/** Packets that may arrive behind the newest of their stream. */
const replayWindow = 512;

/** `new` → `connecting` → `connected`; `failed` and `closed` are final. */
export type TransportState = 'new' | 'connecting' | 'connected' | 'failed' | 'closed';

export interface TransportOptions {
  readonly loop: Loop;
  readonly offer: TransportOffer;
  readonly certificate: DtlsCertificate;
  readonly ciphers: SrtpCiphers;
  /** Tells the SFU our side of DTLS. */
  readonly signal: (parameters: DtlsParameters) => Promise<void>;
  readonly onConnected: (atMs: number) => void;
  /** ICE or DTLS did not come up, or went away. Called once at most. */
  readonly onFailed: (why: string) => void;
}

export class Transport implements LoopMember {
  readonly port: UdpPort;
  /** Datagrams that were no packet, or that SRTP refused: a finding, as on loopback nothing forges them. */
  refused = 0;
  state: TransportState = 'new';
  readonly #options: TransportOptions;
  readonly handle: number;
  readonly receiveBufferBytes: number;
  /** What to set for the buffers that were asked for; null when they were granted. */
  readonly hint: string | null;
  readonly #ice: IceClient;
  readonly #source: StunSource;
  #traffic: Traffic | null = null;
  #dtls: Dtls | null = null;
  #receiver: SrtpReceiver | null = null;
  #sender: SrtpSender | null = null;
  readonly #signalled = Promise.withResolvers<void>();
  readonly #connected = Promise.withResolvers<void>();
  #transportSequence = 0;
  #isBusy = false;

  /** Opens the socket; nothing is sent before `connect`. @throws Error when that is not possible */
  static create(options: TransportOptions): Transport {
    const remote = remoteOf(options.offer);
    const opening = options.loop.port.open(socketTo(remote));
    if (opening.state === 'refused') throw new Error(`no socket: ${opening.reason}`);
    const transport = new Transport(options, opening, sourceOf(remote));
    options.loop.add(transport);
    return transport;
  }

  private constructor(options: TransportOptions, socket: OpenSocket, source: StunSource) {
    this.#options = options;
    this.handle = socket.handle;
    this.receiveBufferBytes = socket.receiveBufferBytes;
    this.hint = socket.hint;
    this.#source = source;
    this.port = options.loop.port;
    this.#ice = iceTo(options.offer);
    // Nobody need wait for them.
    this.#signalled.promise.catch(() => undefined);
    this.#connected.promise.catch(() => undefined);
  }

  /** Whose packets are sent and received here. */
  carry(traffic: Traffic): void {
    this.#traffic = traffic;
  }

  /** Of the last answered connectivity check, null before. */
  get rttMs(): number | null {
    return Number.isNaN(this.#ice.rttMs) ? null : this.#ice.rttMs;
  }

  /** The SFU has our parameters. Rejects with what it refused them with. */
  get signalled(): Promise<void> {
    return this.#signalled.promise;
  }

  /** Packets can flow. Rejects when they never will. */
  get connected(): Promise<void> {
    return this.#connected.promise;
  }

  /** Begins to connect, once. */
  connect(): void {
    if (this.state === 'new') void this.#begin();
  }

  /** Has the traffic's `work` called from now on. */
  keepBusy(): void {
    if (this.state === 'closed' || this.state === 'failed') return;
    this.#isBusy = true;
    this.#options.loop.keepBusy(this.handle);
  }

  nextTransportSequence(): number {
    this.#transportSequence = (this.#transportSequence + 1) & 0xffff;
    return this.#transportSequence;
  }

  /** Protects and queues the RTP packet at `at` of the outbox, where `claim` was asked for more. */
  carryRtp(at: number, length: number): boolean {
    const protectedLength = this.#sender?.protectRtp(this.port.outbox, at, length) ?? -1;
    return protectedLength > 0 && this.port.commit(this.handle, protectedLength);
  }

  carryRtcp(at: number, length: number): boolean {
    const protectedLength = this.#sender?.protectRtcp(this.port.outbox, at, length) ?? -1;
    return protectedLength > 0 && this.port.commit(this.handle, protectedLength);
  }

  /** Takes the protection off a packet of RTP; see `SrtpReceiver.unprotectRtp`. */
  open(header: RtpHeader, bytes: Buffer, at: number, length: number, verifyEvery: number): number {
    const plain = this.#receiver?.unprotectRtp(header, bytes, at, length, verifyEvery) ?? -1;
    // A network may repeat and delay: that is the stream's to count.
    if (plain < 0 && plain !== reason.replayed && plain !== reason.tooOld) this.refused += 1;
    return plain;
  }

  get opened(): boolean {
    return this.#receiver?.opened ?? false;
  }

  /** A stream ended: its place in SRTP's table is free. */
  forget(ssrc: number): void {
    this.#receiver?.forget(ssrc);
  }

  receive(bytes: Buffer, at: number, length: number, arrivalMs: number): void {
    switch (protocolOf(bytes, at, length)) {
      case protocol.rtp:
        if (this.#receiver === null || this.#traffic === null) return;
        if (parseRtp(header, bytes, at, length) < 0) {
          this.refused += 1;
          return;
        }
        header.arrivalMs = arrivalMs;
        this.#traffic.rtp(header, bytes, at, length);
        return;
      case protocol.rtcp: {
        if (this.#receiver === null || this.#traffic === null) return;
        const plain = this.#receiver.unprotectRtcp(bytes, at, length);
        if (plain >= 0) this.#traffic.rtcp(bytes, at, plain, arrivalMs);
        else if (plain !== reason.replayed && plain !== reason.tooOld) this.refused += 1;
        return;
      }
      case protocol.stun: {
        const out = this.port.claim(maxStunLength);
        const reply = this.#ice.receive(bytes, at, length, arrivalMs, this.#source, this.port.outbox, out);
        if (reply > 0) this.port.commit(this.handle, reply);
        this.#watchIce();
        return;
      }
      case protocol.dtls:
        this.#dtls?.handle(bytes.subarray(at, at + length), arrivalMs);
        return;
      case protocol.turnChannel:
      case protocol.zrtp:
      case protocol.unknown:
        this.refused += 1;
    }
  }

  turn(nowMs: number): void {
    if (this.state === 'connected') {
      this.#pollIce(nowMs);
      this.#traffic?.turn(nowMs);
    }
  }

  get freshMs(): number {
    return this.state === 'connected' ? (this.#traffic?.freshMs ?? 0) : 0;
  }

  work(nowMs: number): number {
    if (this.state === 'connecting') {
      this.#pollIce(nowMs);
      if (this.#dtls !== null && nowMs >= this.#dtls.timeoutAtMs) this.#dtls.tick(nowMs);
      return nowMs;
    }
    if (this.state !== 'connected' || !this.#isBusy) return Number.POSITIVE_INFINITY;
    const dueMs = this.#traffic?.work(nowMs) ?? Number.POSITIVE_INFINITY;
    this.#isBusy = dueMs !== Number.POSITIVE_INFINITY;
    return dueMs;
  }

  /** Idempotent; tells the SFU by DTLS's close_notify. */
  close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.#end('the transport was closed');
  }

  async #begin(): Promise<void> {
    const { signal, certificate, loop } = this.#options;
    const fingerprint = certificate.fingerprint as DtlsParameters['fingerprints'][number];
    this.state = 'connecting';
    try {
      await signal({ role: 'client', fingerprints: [fingerprint] });
    } catch (thrown) {
      this.#signalled.reject(thrown);
      this.#connected.reject(thrown);
      // Whoever waits for the answer hears of it first, in the SFU's own words.
      setImmediate(() => this.#fail('the SFU refused its DTLS parameters'));
      return;
    }
    this.#signalled.resolve();
    if (this.state === 'connecting') loop.keepBusy(this.handle);
  }

  #pollIce(nowMs: number): void {
    if (nowMs < this.#ice.nextAtMs) return;
    const out = this.port.claim(maxStunLength);
    const length = this.#ice.poll(nowMs, this.port.outbox, out);
    if (length > 0) this.port.commit(this.handle, length);
    this.#watchIce();
  }

  #watchIce(): void {
    const { state, failure } = this.#ice;
    if (state === 'failed' || state === 'expired') this.#fail(`ICE: ${state} (${failure})`);
    else if (state === 'connected' && this.#dtls === null && this.state === 'connecting') this.#handshake();
  }

  #handshake(): void {
    const { certificate, offer } = this.#options;
    this.#dtls = Dtls.create({
      certificate,
      fingerprints: offer.dtlsParameters.fingerprints,
      send: (datagram) => void this.port.send(this.handle, datagram, 0, datagram.length),
      changed: (state) => this.#follow(state),
    });
    this.#dtls.start(nowMs());
  }

  #follow(state: DtlsState): void {
    if (state.state === 'failed') return this.#fail(`DTLS: ${state.reason} (${state.detail})`);
    if (state.state === 'closed') return this.#fail('DTLS: the SFU closed it');
    if (state.state !== 'connected' || this.state !== 'connecting') return;
    const profile = srtpProfileOf(state.profile);
    if (profile === null) return this.#fail(`DTLS: SRTP profile ${state.profile} is unknown`);
    const { ciphers, onConnected } = this.#options;
    const { localKey, localSalt, remoteKey, remoteSalt } = state;
    this.#sender = SrtpSender.create({ profile, masterKey: localKey, masterSalt: localSalt }, ciphers);
    this.#receiver = SrtpReceiver.create({ profile, masterKey: remoteKey, masterSalt: remoteSalt }, ciphers, {
      replayWindow,
      maxSources: mostSources,
    });
    this.state = 'connected';
    onConnected(nowMs());
    this.#connected.resolve();
  }

  #end(why: string): void {
    this.#signalled.reject(new Error(why));
    this.#connected.reject(new Error(why));
    this.#ice.close();
    this.#dtls?.close();
    this.#options.loop.remove(this.handle);
    this.#receiver?.close();
    this.#sender?.close();
    this.#receiver = null;
    this.#sender = null;
  }

  #fail(why: string): void {
    if (this.state === 'failed' || this.state === 'closed') return;
    this.state = 'failed';
    this.#end(why);
    this.#options.onFailed(why);
  }
}
