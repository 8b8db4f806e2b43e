/**
 * One self-signed ECDSA P-256 certificate (RFC 8827 §6.5), made without a library: its DER is the fixed frame of
 * X.509 (RFC 5280 §4.1) around a fresh key. Making one takes a millisecond; all bots of a process share it.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface Fingerprint {
  /** As in SDP (RFC 8122): `sha-256`, … */
  readonly algorithm: string;
  /** Pairs of hexadecimal digits between colons. */
  readonly value: string;
}

export interface DtlsCertificate {
  readonly der: Buffer;
  readonly privateKey: KeyObject;
  /** For signalling; SHA-256. */
  readonly fingerprint: Fingerprint;
}

/** Names as in SDP, and as in OpenSSL. */
const hashes: ReadonlyMap<string, string> = new Map([
  ['sha-256', 'sha256'],
  ['sha-384', 'sha384'],
  ['sha-512', 'sha512'],
]);

export function fingerprintOf(der: Buffer, algorithm = 'sha-256'): Fingerprint | null {
  const hash = hashes.get(algorithm.toLowerCase());
  if (hash === undefined) return null;
  const digest = createHash(hash).update(der).digest('hex').toUpperCase();
  return { algorithm, value: (digest.match(/../g) ?? []).join(':') };
}

/** Any one of the signalled fingerprints identifies the peer; those of unknown hashes do not count. */
export function matchesFingerprint(der: Buffer, signalled: readonly Fingerprint[]): boolean {
  return signalled.some(
    ({ algorithm, value }) => fingerprintOf(der, algorithm)?.value === value.trim().toUpperCase(),
  );
}

const tag = {
  integer: 0x02,
  bits: 0x03,
  object: 0x06,
  text: 0x0c,
  time: 0x17,
  sequence: 0x30,
  set: 0x31,
} as const;
/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2, and commonName, 2.5.4.3. */
const ecdsaSha256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const commonName = [0x55, 0x04, 0x03];
const dayMs = 86_400_000;
const validDays = 30;

function der(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length = body.length;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([type, ...size]), body]);
}

function name(text: string): Buffer {
  const attribute = der(
    tag.sequence,
    der(tag.object, Buffer.from(commonName)),
    der(tag.text, Buffer.from(text)),
  );
  return der(tag.sequence, der(tag.set, attribute));
}

/** UTCTime: YYMMDDHHMMSSZ. */
function time(instantMs: number): Buffer {
  return der(tag.time, Buffer.from(`${new Date(instantMs).toISOString().replace(/\D/g, '').slice(2, 14)}Z`));
}

export function createCertificate(subject = 'sfubench'): DtlsCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serial = randomBytes(8);
  // Positive, and not padded: neither the top bit nor a leading zero.
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  const algorithm = der(tag.sequence, der(tag.object, Buffer.from(ecdsaSha256)));
  const now = Date.now();
  const body = der(
    tag.sequence,
    der(tag.integer, serial),
    algorithm,
    name(subject),
    der(tag.sequence, time(now - dayMs), time(now + validDays * dayMs)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]);
  const whole = der(tag.sequence, body, algorithm, der(tag.bits, signature));
  return { der: whole, privateKey, fingerprint: fingerprintOf(whole) as Fingerprint };
}

let shared: DtlsCertificate | undefined;

/** This process's certificate. */
export function processCertificate(): DtlsCertificate {
  shared ??= createCertificate();
  return shared;
}
