/** Bodies of the handshake messages that a client writes and reads (RFC 5246 §7.4, RFC 8422 §5, RFC 6347 §4.2). */
import { version } from './records.ts';

export const messageType = {
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  newSessionTicket: 4,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

/** ECDHE with AES-128-GCM-SHA256, under an ECDSA or an RSA certificate; RFC 8827 §6.5 has every peer support the first. */
export const cipherSuites: readonly number[] = [0xc02b, 0xc02f];
export const group = { p256: 23, x25519: 29 } as const;
/** Ours comes first: the one that the client's own signature uses. */
export const signatureScheme = {
  ecdsaP256: 0x0403,
  ecdsaP384: 0x0503,
  rsaPss: 0x0804,
  rsaPkcs1: 0x0401,
} as const;
const extension = {
  groups: 10,
  pointFormats: 11,
  signatures: 13,
  useSrtp: 14,
  extendedMasterSecret: 23,
  renegotiation: 0xff01,
} as const;

/** A message that does not hold what it says. */
export class Malformed extends Error {}

/** Reads a body front to back; a length that points beyond the end throws `Malformed`. */
export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Bytes read so far, from the start. */
  get before(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  bytes(length: number): Buffer {
    if (length > this.left) throw new Malformed(`${length} bytes where ${this.left} are left`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  number(bytes: 1 | 2 | 3): number {
    return this.bytes(bytes).readUIntBE(0, bytes);
  }

  /** A vector with its length before it. */
  vector(lengthBytes: 1 | 2 | 3): Buffer {
    return this.bytes(this.number(lengthBytes));
  }
}

function vector(lengthBytes: 1 | 2 | 3, bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(bytes.length, 0, lengthBytes);
  return Buffer.concat([length, bytes]);
}

function numbers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, 2 * index);
  return bytes;
}

export function clientHello(random: Buffer, cookie: Buffer, profiles: readonly number[]): Buffer {
  const extensions: readonly (readonly [number, Buffer])[] = [
    [extension.groups, vector(2, numbers([group.x25519, group.p256]))],
    [extension.pointFormats, Buffer.from([1, 0])],
    [extension.signatures, vector(2, numbers(Object.values(signatureScheme)))],
    [extension.useSrtp, Buffer.concat([vector(2, numbers(profiles)), Buffer.from([0])])],
    [extension.extendedMasterSecret, Buffer.alloc(0)],
    [extension.renegotiation, Buffer.from([0])],
  ];
  return Buffer.concat([
    numbers([version]),
    random,
    vector(1, Buffer.alloc(0)),
    vector(1, cookie),
    vector(2, numbers(cipherSuites)),
    Buffer.from([1, 0]),
    vector(
      2,
      Buffer.concat(extensions.map(([type, body]) => Buffer.concat([numbers([type]), vector(2, body)]))),
    ),
  ]);
}

export interface ServerHello {
  readonly version: number;
  readonly random: Buffer;
  readonly cipherSuite: number;
  /** Null: the server took none. */
  readonly srtpProfile: number | null;
  readonly extendedMasterSecret: boolean;
}

export function readServerHello(body: Buffer): ServerHello {
  const reader = new Reader(body);
  const chosenVersion = reader.number(2);
  const random = reader.bytes(32);
  reader.vector(1);
  const cipherSuite = reader.number(2);
  reader.number(1);
  let srtpProfile: number | null = null;
  let extendedMasterSecret = false;
  const extensions = new Reader(reader.left > 0 ? reader.vector(2) : Buffer.alloc(0));
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const value = extensions.vector(2);
    if (type === extension.useSrtp) srtpProfile = new Reader(new Reader(value).vector(2)).number(2);
    if (type === extension.extendedMasterSecret) extendedMasterSecret = true;
  }
  return { version: chosenVersion, random, cipherSuite, srtpProfile, extendedMasterSecret };
}

export function readCookie(body: Buffer): Buffer {
  const reader = new Reader(body);
  reader.number(2);
  return reader.vector(1);
}

/** The peer's own certificate in DER, without the chain behind it. */
export function readCertificate(body: Buffer): Buffer {
  return new Reader(new Reader(body).vector(3)).vector(3);
}

export function certificate(der: Buffer): Buffer {
  return vector(3, vector(3, der));
}

export interface ServerKeyExchange {
  readonly group: number;
  readonly share: Buffer;
  /** What the signature is over, after both randoms. */
  readonly parameters: Buffer;
  readonly scheme: number;
  readonly signature: Buffer;
}

export function readServerKeyExchange(body: Buffer): ServerKeyExchange {
  const reader = new Reader(body);
  const curveType = reader.number(1);
  if (curveType !== 3) throw new Malformed(`curve type ${curveType}`);
  const named = reader.number(2);
  const share = reader.vector(1);
  const parameters = reader.before;
  return { group: named, share, parameters, scheme: reader.number(2), signature: reader.vector(2) };
}

export function clientKeyExchange(share: Buffer): Buffer {
  return vector(1, share);
}

export function certificateVerify(scheme: number, signature: Buffer): Buffer {
  return Buffer.concat([numbers([scheme]), vector(2, signature)]);
}
