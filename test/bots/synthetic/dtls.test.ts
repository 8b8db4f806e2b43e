/** The DTLS client without a network: states, limits, and whatever a datagram may hold. */
import assert from 'node:assert/strict';
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fingerprintOf, matchesFingerprint } from '../../../bots/synthetic/dtls/certificate.ts';
import { messageHeader, Reassembly } from '../../../bots/synthetic/dtls/reassembly.ts';
import { prf } from '../../../bots/synthetic/dtls/secrets.ts';
import {
  createCertificate,
  Dtls,
  type DtlsOptions,
  type DtlsState,
  processCertificate,
} from '../../../bots/synthetic/dtls.ts';

const own = processCertificate();

function client(options: Partial<DtlsOptions> = {}): { dtls: Dtls; sent: Buffer[]; states: DtlsState[] } {
  const sent: Buffer[] = [];
  const states: DtlsState[] = [];
  const dtls = Dtls.create({
    certificate: own,
    fingerprints: [own.fingerprint],
    send: (datagram) => sent.push(datagram),
    changed: (state) => states.push(state),
    ...options,
  });
  return { dtls, sent, states };
}

function record(type: number, body: Buffer, epoch = 0): Buffer {
  const header = Buffer.from([type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt16BE(body.length, 11);
  return Buffer.concat([header, body]);
}

describe('a certificate', () => {
  it('is X.509 that others read, signed by itself, valid now', () => {
    const x509 = new X509Certificate(own.der);
    assert.ok(x509.verify(x509.publicKey));
    assert.ok(x509.checkPrivateKey(own.privateKey));
    assert.equal(x509.subject, 'CN=sfubench');
    assert.equal(x509.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
    assert.ok(x509.validFromDate.getTime() < Date.now() && x509.validToDate.getTime() > Date.now());
    assert.equal(own.fingerprint.value, x509.fingerprint256);
  });

  it('is one for the process, and another each time it is created', () => {
    assert.equal(processCertificate(), own);
    assert.notEqual(createCertificate().fingerprint.value, own.fingerprint.value);
    for (let round = 0; round < 50; round++)
      assert.equal(new X509Certificate(createCertificate().der).ca, false);
  });

  it('matches by sha-256, 384 and 512, in either case, and by nothing unknown', () => {
    for (const algorithm of ['sha-256', 'sha-384', 'SHA-512']) {
      const digest = createHash(algorithm.replace('-', '')).update(own.der).digest('hex');
      const value = (digest.match(/../g) ?? []).join(':');
      assert.equal(fingerprintOf(own.der, algorithm)?.value, value.toUpperCase());
      assert.ok(
        matchesFingerprint(own.der, [
          { algorithm: 'md5', value: 'x' },
          { algorithm, value },
        ]),
      );
    }
    assert.ok(!matchesFingerprint(own.der, []));
    assert.ok(!matchesFingerprint(own.der, [{ algorithm: 'constructor', value: own.fingerprint.value }]));
    assert.ok(!matchesFingerprint(own.der, [createCertificate().fingerprint]));
  });
});

describe('the PRF', () => {
  it('gives the published vector of P_SHA256', () => {
    // https://mailarchive.ietf.org/arch/msg/tls/fzVCzk-z3FShgGJ6DOXqM1ydxms/
    const secret = Buffer.from('9bbe436ba940f017b17652849a71db35', 'hex');
    const seed = Buffer.from('a0ba9f936cda311827a6f796ffd5198c', 'hex');
    assert.equal(
      prf(secret, 'test label', seed, 100).toString('hex'),
      'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa0' +
        '22f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66',
    );
  });
});

function fragment(sequence: number, body: Buffer, from: number, to: number, type = 11): Buffer {
  const header = messageHeader(type, sequence, body.length);
  header.writeUIntBE(from, 6, 3);
  header.writeUIntBE(to - from, 9, 3);
  return Buffer.concat([header, body.subarray(from, to)]);
}

describe('fragments of messages', () => {
  it('give the same messages in any order, overlapping, repeated', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 0, maxLength: 60 }), { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat(1000)),
        (bodies, random) => {
          const next = (below: number): number => (random.next().value as number) % below;
          const fragments = bodies.flatMap((bytes, sequence) => {
            const body = Buffer.from(bytes);
            const cuts = Array.from({ length: 3 }, () => next(body.length + 1)).sort((a, b) => a - b);
            const edges = [0, ...cuts, body.length];
            return edges
              .slice(1)
              .map((to, index) => fragment(sequence, body, Math.max(0, (edges[index] ?? 0) - 2), to));
          });
          const shuffled = [...fragments, ...fragments.slice(0, 3)].sort(() => next(3) - 1);
          const reassembly = new Reassembly();
          const taken: Buffer[] = [];
          for (const bytes of shuffled) {
            reassembly.add(bytes, 0);
            for (let message = reassembly.take(); message !== null; message = reassembly.take())
              taken.push(message.body);
          }
          assert.deepEqual(
            taken,
            bodies.map((bytes) => Buffer.from(bytes)),
          );
        },
      ),
      { seed: 4, numRuns: 300 },
    );
  });

  it('say when the peer repeats itself, and keep nothing far ahead or too long', () => {
    const reassembly = new Reassembly();
    const body = Buffer.from('hello');
    assert.equal(reassembly.add(fragment(0, body, 0, 5), 0), false);
    assert.equal(reassembly.take()?.body.toString(), 'hello');
    assert.equal(reassembly.add(fragment(0, body, 0, 5), 0), true);
    reassembly.add(fragment(9, body, 0, 5), 0);
    const long = messageHeader(11, 1, 0xff_ffff);
    long.writeUIntBE(0, 9, 3);
    reassembly.add(long, 0);
    assert.equal(reassembly.take(), null);
  });
});

describe('a client alone', () => {
  it('repeats its hello at doubling intervals, under new numbers, and gives up with the reason', () => {
    const { dtls, sent, states } = client({ retransmitMs: 50, timeoutMs: 1000 });
    assert.equal(dtls.timeoutAtMs, Number.POSITIVE_INFINITY);
    dtls.start(1000);
    const at = [1000];
    while (dtls.state.state === 'connecting') {
      const due = dtls.timeoutAtMs;
      dtls.tick(due - 0.01);
      const before = sent.length;
      dtls.tick(due);
      if (sent.length > before) at.push(due);
    }
    assert.deepEqual(at, [1000, 1050, 1150, 1350, 1750]);
    assert.deepEqual(
      sent.map((datagram) => datagram.readUIntBE(5, 6)),
      [0, 1, 2, 3, 4],
    );
    assert.deepEqual(new Set(sent.map((datagram) => datagram.subarray(13).toString('hex'))).size, 1);
    assert.deepEqual(
      states.map(({ state }) => state),
      ['connecting', 'failed'],
    );
    assert.deepEqual(dtls.state, {
      state: 'failed',
      reason: 'timeout',
      detail: 'no answer to the hello within 1000 ms',
    });
    assert.equal(dtls.timeoutAtMs, Number.POSITIVE_INFINITY);
  });

  it('is closed at any time, once, and then sends and hears nothing', () => {
    for (const started of [false, true]) {
      const { dtls, sent, states } = client();
      if (started) dtls.start(0);
      const before = sent.length;
      dtls.close();
      dtls.close();
      dtls.start(1);
      dtls.tick(1e9);
      dtls.handle(record(21, Buffer.from([2, 40])), 2);
      assert.equal(sent.length, before);
      assert.deepEqual(states.at(-1), { state: 'closed' });
      assert.equal(states.filter(({ state }) => state === 'closed').length, 1);
    }
  });

  it('names the alert by which the peer ends the handshake; a warning does not end it', () => {
    const { dtls } = client();
    dtls.start(0);
    dtls.handle(record(21, Buffer.from([1, 90])), 1);
    assert.equal(dtls.state.state, 'connecting');
    dtls.handle(record(21, Buffer.from([2, 71])), 1);
    assert.deepEqual(dtls.state, {
      state: 'failed',
      reason: 'alert',
      detail: 'the peer ended the handshake with alert 71',
    });
  });

  it('answers a cookie with the same hello', () => {
    const { dtls, sent } = client();
    dtls.start(0);
    const cookie = randomBytes(20);
    const body = Buffer.concat([Buffer.from([0xfe, 0xff, cookie.length]), cookie]);
    dtls.handle(record(22, Buffer.concat([messageHeader(3, 0, body.length), body])), 1);
    assert.equal(sent.length, 2);
    const [first, second] = sent as [Buffer, Buffer];
    assert.equal(second.readUInt16BE(17), 1);
    assert.deepEqual(second.subarray(27, 59), first.subarray(27, 59));
    assert.ok(second.includes(cookie));
  });

  it('refuses a message that a server does not send, and one that does not hold what it says', () => {
    for (const [type, body] of [
      [1, Buffer.alloc(40)],
      [2, Buffer.alloc(3)],
      [20, Buffer.alloc(12)],
      [14, Buffer.alloc(0)],
    ] as const) {
      const { dtls, sent } = client();
      dtls.start(0);
      dtls.handle(record(22, Buffer.concat([messageHeader(type, 0, body.length), body])), 1);
      assert.equal(dtls.state.state === 'failed' && dtls.state.reason, 'protocol');
      assert.equal(sent.at(-1)?.[0], 21);
    }
  });

  it('never throws for what is in a datagram', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            type: fc.constantFrom(20, 21, 22, 23, 0),
            epoch: fc.constantFrom(0, 0, 0, 1, 2),
            message: fc.constantFrom(2, 3, 11, 12, 13, 14, 20, 4),
            body: fc.uint8Array({ maxLength: 120 }),
            cut: fc.nat(8),
          }),
          { maxLength: 8 },
        ),
        (records) => {
          const { dtls } = client();
          dtls.start(0);
          for (const [sequence, { type, epoch, message, body, cut }] of records.entries()) {
            const whole = Buffer.concat([messageHeader(message, sequence, body.length), body]);
            const datagram = record(type, type === 22 ? whole : Buffer.from(body), epoch);
            dtls.handle(datagram.subarray(0, datagram.length - (cut > 5 ? cut : 0)), sequence);
          }
        },
      ),
      { seed: 4, numRuns: 2000 },
    );
  });
});
