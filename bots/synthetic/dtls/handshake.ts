/** The client's side of a full handshake (RFC 5246 §7.3, RFC 6347 §4.2.4): messages in; flights, then SRTP's keys, out. */
import { randomBytes, sign, timingSafeEqual } from 'node:crypto';
import { agree, isSigned } from './agreement.ts';
import { type DtlsCertificate, type Fingerprint, matchesFingerprint } from './certificate.ts';
import * as wire from './messages.ts';
import { type HandshakeMessage, messageHeader } from './reassembly.ts';
import { contentType, version } from './records.ts';
import {
  isSrtpProfile,
  prf,
  type Randoms,
  type RecordKeys,
  recordKeys,
  type SrtpKeys,
  type SrtpProfile,
  sha256,
  srtpKeys,
} from './secrets.ts';

const { messageType } = wire;

export type DtlsFailure =
  | 'timeout'
  /** The peer's certificate is not the one that was signalled. */
  | 'fingerprint'
  | 'no-srtp-profile'
  /** The peer gave up; the detail has its alert's number (RFC 5246 §7.2). */
  | 'alert'
  /** The peer does not hold its certificate's key, or not the handshake's. */
  | 'authentication'
  | 'protocol';

export const alert = {
  closeNotify: 0,
  handshakeFailure: 40,
  badCertificate: 42,
  illegalParameter: 47,
  decryptError: 51,
} as const;

/** Ends the handshake from anywhere within it. */
export class Failure extends Error {
  readonly reason: DtlsFailure;
  /** What to tell the peer. */
  readonly alert: number;

  constructor(reason: DtlsFailure, detail: string, description: number = alert.illegalParameter) {
    super(detail);
    this.reason = reason;
    this.alert = description;
  }
}

/** A record to be sent, and sent again under another number. */
export interface Outgoing {
  readonly type: number;
  readonly epoch: 0 | 1;
  readonly body: Buffer;
}

export type Step =
  /** Replaces the flight before. `keys`: epoch 1's, with which part of it is protected. */
  | { readonly kind: 'flight'; readonly flight: readonly Outgoing[]; readonly keys: RecordKeys | null }
  | { readonly kind: 'done'; readonly keys: SrtpKeys };

export interface HandshakeOptions {
  readonly certificate: DtlsCertificate;
  readonly fingerprints: readonly Fingerprint[];
  readonly profiles: readonly SrtpProfile[];
}

export class Handshake {
  readonly #options: HandshakeOptions;
  readonly #random = randomBytes(32);
  #transcript: Buffer[] = [];
  #sequence = 0;
  #master: Buffer | null = null;
  // What the server's flight has said so far.
  #hello: wire.ServerHello | null = null;
  #profile: SrtpProfile | null = null;
  #certificate: Buffer | null = null;
  #exchange: wire.ServerKeyExchange | null = null;
  #certificateWanted = false;

  constructor(options: HandshakeOptions) {
    this.#options = options;
  }

  hello(cookie: Buffer = Buffer.alloc(0)): Step {
    const body = wire.clientHello(this.#random, cookie, this.#options.profiles);
    return { kind: 'flight', flight: [this.#outgoing(messageType.clientHello, body)], keys: null };
  }

  /** The next message of the server, in order. Throws a `Failure`, or what the cryptography throws at bad values. */
  message({ type, body, whole }: HandshakeMessage): Step | null {
    if (type === messageType.helloVerifyRequest) return this.#verify(body);
    if (type === messageType.finished) return this.#finished(body);
    this.#transcript.push(whole);
    switch (type) {
      case messageType.serverHello:
        this.#serverHello(wire.readServerHello(body));
        return null;
      case messageType.certificate:
        this.#serverCertificate(wire.readCertificate(body));
        return null;
      case messageType.serverKeyExchange:
        this.#exchange = wire.readServerKeyExchange(body);
        return null;
      case messageType.certificateRequest:
        this.#certificateWanted = true;
        return null;
      case messageType.serverHelloDone:
        return this.#answer();
      default:
        throw new Failure('protocol', `message ${type} from a server`);
    }
  }

  /** Neither the first hello nor the request is part of what is hashed (RFC 6347 §4.2.1). */
  #verify(body: Buffer): Step | null {
    if (this.#sequence > 1 || this.#hello !== null) return null;
    this.#transcript = [];
    return this.hello(wire.readCookie(body));
  }

  #serverHello(hello: wire.ServerHello): void {
    if (this.#hello !== null) throw new Failure('protocol', 'a second server hello');
    if (hello.version !== version)
      throw new Failure('protocol', `the server speaks version 0x${hello.version.toString(16)}`);
    if (!wire.cipherSuites.includes(hello.cipherSuite))
      throw new Failure('protocol', `cipher suite 0x${hello.cipherSuite.toString(16)} was not offered`);
    const { srtpProfile } = hello;
    if (
      srtpProfile === null ||
      !isSrtpProfile(srtpProfile) ||
      !this.#options.profiles.includes(srtpProfile)
    ) {
      const offered = `offered SRTP profiles ${this.#options.profiles.join(', ')}`;
      const taken = `the server took ${srtpProfile ?? 'none'}`;
      throw new Failure('no-srtp-profile', `${offered}; ${taken}`, alert.handshakeFailure);
    }
    this.#profile = srtpProfile;
    this.#hello = hello;
  }

  #serverCertificate(der: Buffer): void {
    if (!matchesFingerprint(der, this.#options.fingerprints))
      throw new Failure(
        'fingerprint',
        'the peer’s certificate has another fingerprint',
        alert.badCertificate,
      );
    this.#certificate = der;
  }

  /** The server's flight is whole: the key exchange, and the answer to it. */
  #answer(): Step {
    const hello = this.#hello;
    const peer = this.#certificate;
    const exchange = this.#exchange;
    if (hello === null || peer === null || exchange === null || this.#master !== null)
      throw new Failure('protocol', 'the server’s flight is not in order');
    const randoms = { client: this.#random, server: hello.random };
    if (!isSigned(peer, randoms, exchange))
      throw new Failure(
        'authentication',
        'the key exchange is not signed by the certificate',
        alert.decryptError,
      );
    const agreement = agree(exchange.group, exchange.share);
    if (agreement === null) throw new Failure('protocol', `group ${exchange.group} was not offered`);
    const flight: Outgoing[] = [];
    const { der, privateKey } = this.#options.certificate;
    if (this.#certificateWanted) flight.push(this.#outgoing(messageType.certificate, wire.certificate(der)));
    flight.push(this.#outgoing(messageType.clientKeyExchange, wire.clientKeyExchange(agreement.share)));
    const soFar = Buffer.concat(this.#transcript);
    this.#master = master(agreement.secret, hello, randoms, soFar);
    if (this.#certificateWanted) {
      const signature = sign('sha256', soFar, privateKey);
      const verification = wire.certificateVerify(wire.signatureScheme.ecdsaP256, signature);
      flight.push(this.#outgoing(messageType.certificateVerify, verification));
    }
    flight.push({ type: contentType.changeCipherSpec, epoch: 0, body: Buffer.from([1]) });
    const verifyData = prf(this.#master, 'client finished', sha256(Buffer.concat(this.#transcript)), 12);
    flight.push(this.#outgoing(messageType.finished, verifyData, 1));
    return { kind: 'flight', flight, keys: recordKeys(this.#master, randoms) };
  }

  #finished(body: Buffer): Step {
    const hello = this.#hello;
    if (this.#master === null || this.#profile === null || hello === null)
      throw new Failure('protocol', 'a finish before the key exchange');
    const expected = prf(this.#master, 'server finished', sha256(Buffer.concat(this.#transcript)), 12);
    if (body.length !== expected.length || !timingSafeEqual(body, expected))
      throw new Failure(
        'authentication',
        'the server’s finish is over another handshake',
        alert.decryptError,
      );
    const randoms = { client: this.#random, server: hello.random };
    return { kind: 'done', keys: srtpKeys(this.#master, randoms, this.#profile) };
  }

  #outgoing(type: number, body: Buffer, epoch: 0 | 1 = 0): Outgoing {
    const whole = Buffer.concat([messageHeader(type, this.#sequence++, body.length), body]);
    this.#transcript.push(whole);
    return { type: contentType.handshake, epoch, body: whole };
  }
}

/** Bound to the handshake so far where the server can (RFC 7627 §4). */
function master(secret: Buffer, hello: wire.ServerHello, randoms: Randoms, soFar: Buffer): Buffer {
  return hello.extendedMasterSecret
    ? prf(secret, 'extended master secret', sha256(soFar), 48)
    : prf(secret, 'master secret', Buffer.concat([randoms.client, randoms.server]), 48);
}
