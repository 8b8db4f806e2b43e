/** Packets of Chromium and mediasoup, as they were on the wire: read as werift reads them, opened, and cut off everywhere. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { protocol, protocolOf } from '../../../bots/engine/demultiplex.ts';
import { reason, reasonName } from '../../../bots/engine/reason.ts';
import { parseRtp, RtpHeader } from '../../../bots/engine/rtp/header.ts';
import { srtpProfileOf } from '../../../bots/engine/srtp/profile.ts';
import { SrtpReceiver } from '../../../bots/engine/srtp/receiver.ts';
import {
  readCertificate,
  readServerHello,
  readServerKeyExchange,
} from '../../../bots/synthetic/dtls/messages.ts';
import { type HandshakeMessage, Reassembly } from '../../../bots/synthetic/dtls/reassembly.ts';
import { Records } from '../../../bots/synthetic/dtls/records.ts';
import { Dtls, processCertificate } from '../../../bots/synthetic/dtls.ts';
import type { CaptureFile, RtpReading } from '../../support/capture/reading.ts';
import { captured as chromium } from '../../vectors/captured-chromium.ts';
import { captured as chromiumRemb } from '../../vectors/captured-chromium-remb.ts';
import { captured as mediasoupFeedback } from '../../vectors/captured-mediasoup-feedback.ts';
import { captured as mediasoupMedia } from '../../vectors/captured-mediasoup-media.ts';
import { fromHex, toHex } from '../../vectors/hex.ts';
import { backends } from '../crypto/backends.ts';
import { rtcpOf, rtpOf, stunOf } from './captured-reading.ts';

const captures: readonly (readonly [string, CaptureFile])[] = [
  ['to an ICE-Lite peer', chromium],
  ['to a full peer', chromiumRemb],
  ['to a receiver', mediasoupMedia],
  ['to a publisher', mediasoupFeedback],
];

/** Every part of it that is shorter, from none of it on. */
function* cutsOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < bytes.length; length += 1) yield bytes.slice(0, length);
}

function byId(reading: RtpReading): RtpReading {
  return { ...reading, extensions: reading.extensions.toSorted(([a], [b]) => a - b) };
}

function keysOf({ srtp }: CaptureFile): Parameters<typeof SrtpReceiver.create>[0] {
  const profile = srtpProfileOf(srtp.profile);
  assert.ok(profile);
  return { profile, masterKey: fromHex(srtp.masterKey), masterSalt: fromHex(srtp.masterSalt) };
}

function messagesOf(datagrams: readonly Buffer[]): HandshakeMessage[] {
  const records = new Records();
  const reassembly = new Reassembly();
  const messages: HandshakeMessage[] = [];
  for (const datagram of datagrams) {
    for (const { type, epoch, body } of records.read(datagram)) {
      if (type === 22) reassembly.add(body, epoch);
      for (let message = reassembly.take(); message !== null; message = reassembly.take())
        messages.push(message);
    }
  }
  return messages;
}

for (const [where, file] of captures) {
  describe(`${file.sender} ${where}`, () => {
    for (const { name, hex, expected } of file.rtp) {
      it(`${name}: RTP is read, and refused when its header is cut off`, () => {
        const bytes = fromHex(hex);
        assert.deepEqual(rtpOf(bytes), byId(expected));
        const headerLength = bytes.length - expected.payloadLength - expected.padding;
        for (const cut of cutsOf(bytes.slice(0, headerLength))) assert.equal(rtpOf(cut), reason.truncated);
        for (const cut of cutsOf(bytes)) {
          const outcome = rtpOf(cut);
          assert.ok(typeof outcome === 'object' || outcome < 0);
        }
      });
    }

    for (const { name, hex, expected } of file.rtcp) {
      it(`${name}: RTCP is read, and refused when it is cut off within a packet`, () => {
        const bytes = fromHex(hex);
        assert.deepEqual(rtcpOf(bytes), expected);
        let whole = 0;
        for (const cut of cutsOf(bytes)) {
          const outcome = rtcpOf(cut);
          if (outcome === reason.truncated || outcome === reason.malformed) continue;
          // Cut between two packets, it is a compound of those before.
          whole += 1;
          assert.deepEqual(outcome, expected.slice(0, whole));
        }
        assert.equal(whole, expected.length - 1);
      });
    }

    for (const { name, hex, expected } of file.stun) {
      it(`STUN ${name} is read, and refused when it is cut off`, () => {
        const bytes = fromHex(hex);
        assert.deepEqual(stunOf(bytes, expected.password), { reading: expected, authentic: true });
        assert.equal(protocolOf(bytes, 0, bytes.length), protocol.stun);
        for (const cut of cutsOf(bytes)) {
          const outcome = stunOf(cut, expected.password);
          assert.ok(typeof outcome === 'number' && outcome < 0, `${cut.length} bytes`);
        }
      });
    }
  });
}

for (const ciphers of backends()) {
  for (const [where, file] of captures) {
    const sealed = [...file.rtp, ...file.rtcp].filter((packet) => packet.sealed !== null);
    it(`${file.sender} ${where}: SRTP opens by ${ciphers.name}, and no part of it does`, () => {
      const header = new RtpHeader();
      const receiver = SrtpReceiver.create(keysOf(file), ciphers);
      assert.ok(sealed.length > 1);
      for (const { name, hex, sealed: text } of sealed) {
        const whole = fromHex(text ?? '');
        const isRtcp = protocolOf(whole, 0, whole.length) === protocol.rtcp;
        const open = (bytes: Uint8Array): number => {
          if (isRtcp) return receiver.unprotectRtcp(bytes, 0, bytes.length);
          const parsed = parseRtp(header, bytes, 0, bytes.length);
          return parsed < 0 ? parsed : receiver.unprotectRtp(header, bytes, 0, bytes.length, 1);
        };
        for (const cut of cutsOf(whole))
          assert.match(reasonName(open(cut)), /truncated|authentication/, name);
        const bytes = whole.slice();
        const length = open(bytes);
        assert.equal(toHex(bytes, 0, Math.max(0, length)), hex, `${name}: ${reasonName(length)}`);
        assert.equal(open(whole.slice()), reason.replayed, name);
      }
      receiver.close();
    });
  }
}

describe('DTLS', () => {
  const server = [mediasoupMedia, mediasoupFeedback];
  for (const file of server) {
    it('a worker’s flight is whole, and names what Chrome is named', () => {
      const messages = messagesOf(file.dtls.map((hex) => Buffer.from(hex, 'hex')));
      assert.deepEqual(
        messages.map(({ type }) => type),
        [2, 11, 12, 13, 14],
      );
      const [hello, certificate, exchange] = messages.map(({ body }) => body);
      assert.ok(hello && certificate && exchange);
      const { version, srtpProfile, extendedMasterSecret, cipherSuite } = readServerHello(hello);
      // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: the only one that we offer to a worker's key.
      assert.deepEqual(
        { version, srtpProfile, extendedMasterSecret, cipherSuite },
        { version: 0xfefd, srtpProfile: 8, extendedMasterSecret: true, cipherSuite: 0xc02b },
      );
      const x509 = new X509Certificate(readCertificate(certificate));
      assert.equal(x509.publicKey.asymmetricKeyType, 'ec');
      assert.equal(readServerKeyExchange(exchange).group, 29);
    });
  }

  for (const file of [chromium, chromiumRemb]) {
    it('Chromium’s hello comes in two fragments, before and after the cookie, and then its key', () => {
      const messages = messagesOf(file.dtls.map((hex) => Buffer.from(hex, 'hex')));
      assert.deepEqual(
        messages.map(({ type }) => type),
        [1, 1, 11, 16, 15],
      );
      const [first, second] = messages.map(({ body }) => body);
      assert.ok(first && second);
      // The random is the same; where the first has a cookie of no bytes, the second has one.
      assert.ok(first.subarray(2, 34).equals(second.subarray(2, 34)));
      assert.ok(first[35] === 0 && (second[35] ?? 0) > 0);
    });
  }

  it('a client takes any part of any of it without a throw, and fails with a reason or waits on', () => {
    for (const [, file] of captures) {
      for (const hex of file.dtls) {
        for (const cut of cutsOf(fromHex(hex))) {
          const certificate = processCertificate();
          const dtls = Dtls.create({
            certificate,
            fingerprints: [certificate.fingerprint],
            send: () => undefined,
            changed: () => undefined,
          });
          dtls.start(0);
          dtls.handle(Buffer.from(cut), 1);
          const { state } = dtls;
          if (state.state !== 'connecting')
            assert.ok(
              state.state === 'failed' && /protocol|fingerprint/.test(state.reason),
              JSON.stringify(state),
            );
        }
      }
    }
  });
});
