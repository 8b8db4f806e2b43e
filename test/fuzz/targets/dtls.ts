/** What a server's handshake may hold: records, fragments, messages, and the client that takes them. Seeds are a worker's. */
import { createHash } from 'node:crypto';
import {
  Malformed,
  readCertificate,
  readCookie,
  readServerHello,
  readServerKeyExchange,
} from '../../../bots/synthetic/dtls/messages.ts';
import { messageHeader, Reassembly } from '../../../bots/synthetic/dtls/reassembly.ts';
import { Records } from '../../../bots/synthetic/dtls/records.ts';
import { Dtls, type Fingerprint, processCertificate } from '../../../bots/synthetic/dtls.ts';
import { captured as chromium } from '../../vectors/captured-chromium.ts';
import { captured as mediasoup } from '../../vectors/captured-mediasoup-media.ts';
import { fromHex } from '../../vectors/hex.ts';
import type { Target } from '../mutate.ts';

const flights = mediasoup.dtls.map((hex) => fromHex(hex));
const fragments = [...flights, ...chromium.dtls.map((hex) => fromHex(hex))].flatMap((flight) =>
  new Records().read(Buffer.from(flight)).map(({ body }) => new Uint8Array(body)),
);

function bodiesOf(records: readonly Uint8Array[]): Buffer[] {
  const reassembly = new Reassembly();
  const bodies: Buffer[] = [];
  for (const record of records) {
    reassembly.add(Buffer.from(record), 0);
    for (let message = reassembly.take(); message !== null; message = reassembly.take())
      bodies.push(message.body);
  }
  return bodies;
}

const bodies = bodiesOf(fragments.slice(0, 5));
const certificate = readCertificate(bodies[1] ?? Buffer.alloc(0));
const fingerprint: Fingerprint = {
  algorithm: 'sha-256',
  value: (createHash('sha256').update(certificate).digest('hex').match(/../g) ?? []).join(':'),
};
const cookie = Buffer.concat([messageHeader(3, 0, 23), Buffer.from([0xfe, 0xff, 20]), Buffer.alloc(20, 7)]);

function viewOf(bytes: Uint8Array, at: number, length: number): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, length);
}

const key = Buffer.alloc(16, 1);
const salt = Buffer.alloc(4, 2);
const keyed = new Records();
keyed.secure({ clientKey: key, serverKey: key, clientSalt: salt, serverSalt: salt });
const sealed = keyed.write(21, 1, Buffer.from([1, 0]));

const records: Target = {
  name: 'dtls records',
  seeds: [...flights, sealed, Buffer.concat([...flights.slice(0, 1), sealed])],
  run(bytes, at, length) {
    let digest = 0;
    for (const { type, epoch, body } of keyed.read(viewOf(bytes, at, length)))
      digest += type + epoch * 256 + body.length * 65_536 + (body[0] ?? 0);
    return digest;
  },
};

const reassembly: Target = {
  name: 'dtls reassembly',
  seeds: [...fragments, cookie],
  run(bytes, at, length) {
    const whole = new Reassembly();
    let digest = Number(whole.add(viewOf(bytes, at, length), 0));
    for (let message = whole.take(); message !== null; message = whole.take())
      digest += message.type + message.body.length * 256 + (message.body.at(-1) ?? 0);
    return digest;
  },
};

const readers: readonly ((body: Buffer) => number)[] = [
  (body) => {
    const { version, cipherSuite, srtpProfile, extendedMasterSecret } = readServerHello(body);
    return version + cipherSuite + (srtpProfile ?? 0) + Number(extendedMasterSecret);
  },
  (body) => readCertificate(body).length,
  (body) => {
    const { group, share, scheme, signature } = readServerKeyExchange(body);
    return group + share.length + scheme + signature.length;
  },
  (body) => readCookie(body).length,
];

/** Whatever they refuse is an `Error` with its stack. */
const messages: Target = {
  name: 'dtls messages',
  weight: 0.2,
  seeds: [...bodies, cookie.subarray(12)].filter(({ length }) => length > 0),
  run(bytes, at, length) {
    let digest = 0;
    for (const read of readers) {
      try {
        digest += read(viewOf(bytes, at, length));
      } catch (thrown) {
        // The one that the handshake makes a reason of; any other would be of our making.
        if (!(thrown instanceof Malformed)) throw thrown;
        digest -= 1;
      }
    }
    return digest;
  },
};

/** It signs, verifies and hashes: a mutation takes a hundred times as long as elsewhere. */
const client: Target = {
  name: 'dtls client',
  weight: 0.03,
  stateful: true,
  seeds: flights,
  run(bytes, at, length) {
    let sent = 0;
    const dtls = Dtls.create({
      certificate: processCertificate(),
      fingerprints: [fingerprint],
      send: () => (sent += 1),
      changed: () => undefined,
    });
    dtls.start(0);
    dtls.handle(viewOf(bytes, at, length), 1);
    const { state } = dtls.state;
    // Nobody signed this handshake.
    if (state === 'connected' || sent > 10) throw new Error(`${state}, ${sent} datagrams`);
    return sent;
  },
};

export const dtls: readonly Target[] = [records, reassembly, messages, client];
