/** The key exchange: fresh ECDHE shares (RFC 8422), and the server's signature over its own. */
import {
  constants,
  createECDH,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  verify,
  X509Certificate,
} from 'node:crypto';
import { group, type ServerKeyExchange, signatureScheme } from './messages.ts';
import { type Randoms, sha256 } from './secrets.ts';

export interface Agreement {
  /** To be sent to the peer. */
  readonly share: Buffer;
  readonly secret: Buffer;
}

/** SubjectPublicKeyInfo of an X25519 key up to the key (RFC 8410 §4). */
const x25519Frame = Buffer.from('302a300506032b656e032100', 'hex');

/** Null when the group was not offered. Throws when the share is not a point of it. */
export function agree(named: number, peerShare: Buffer): Agreement | null {
  if (named === group.x25519) {
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    const { x } = publicKey.export({ format: 'jwk' });
    const peer = createPublicKey({
      key: Buffer.concat([x25519Frame, peerShare]),
      format: 'der',
      type: 'spki',
    });
    return {
      share: Buffer.from(x ?? '', 'base64url'),
      secret: diffieHellman({ privateKey, publicKey: peer }),
    };
  }
  if (named !== group.p256) return null;
  const own = createECDH('prime256v1');
  const share = own.generateKeys();
  return { share, secret: own.computeSecret(peerShare) };
}

/** Every transport of a worker shows the same certificate: parsing it takes as long as checking its signature. */
const publicKeys = new Map<string, KeyObject>();
const publicKeyLimit = 64;

function publicKeyOf(certificate: Buffer): KeyObject {
  const digest = sha256(certificate).toString('latin1');
  const known = publicKeys.get(digest);
  if (known !== undefined) return known;
  const key = new X509Certificate(certificate).publicKey;
  if (publicKeys.size >= publicKeyLimit) publicKeys.clear();
  publicKeys.set(digest, key);
  return key;
}

/** Whether the holder of the certificate's key sent this share, in this handshake. Throws when the certificate cannot be read. */
export function isSigned(
  certificate: Buffer,
  { client, server }: Randoms,
  { parameters, scheme, signature }: ServerKeyExchange,
): boolean {
  const key = publicKeyOf(certificate);
  const signed = Buffer.concat([client, server, parameters]);
  const kind = key.asymmetricKeyType;
  switch (scheme) {
    case signatureScheme.ecdsaP256:
      return kind === 'ec' && verify('sha256', signed, key, signature);
    case signatureScheme.ecdsaP384:
      return kind === 'ec' && verify('sha384', signed, key, signature);
    case signatureScheme.rsaPkcs1:
      return kind === 'rsa' && verify('sha256', signed, key, signature);
    case signatureScheme.rsaPss: {
      const padded = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
      return kind === 'rsa' && verify('sha256', signed, padded, signature);
    }
    default:
      return false;
  }
}
