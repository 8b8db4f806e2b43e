/** The one STUN message that an ICE-Lite SFU wants before DTLS (RFC 8489 §5, RFC 8445 §7.1): a binding request with nomination. */
import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const attribute = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  priority: 0x0024,
  useCandidate: 0x0025,
  fingerprint: 0x8028,
  iceControlling: 0x802a,
} as const;

function encode(type: number, value: Buffer): Buffer {
  const whole = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  whole.writeUInt16BE(type, 0);
  whole.writeUInt16BE(value.length, 2);
  value.copy(whole, 4);
  return whole;
}

/** `credentials` are the SFU's. */
export function bindingRequest(credentials: { usernameFragment: string; password: string }): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(0x0001, 0);
  header.writeUInt32BE(0x2112_a442, 4);
  randomBytes(12).copy(header, 8);
  let body = Buffer.concat([
    encode(attribute.username, Buffer.from(`${credentials.usernameFragment}:test`)),
    encode(attribute.priority, Buffer.from([110, 0, 0, 255])),
    encode(attribute.iceControlling, randomBytes(8)),
    encode(attribute.useCandidate, Buffer.alloc(0)),
  ]);
  // Both checks are over a length that includes themselves.
  header.writeUInt16BE(body.length + 24, 2);
  const mac = createHmac('sha1', credentials.password).update(header).update(body).digest();
  body = Buffer.concat([body, encode(attribute.messageIntegrity, mac)]);
  header.writeUInt16BE(body.length + 8, 2);
  const check = Buffer.alloc(4);
  check.writeUInt32BE((crc32(Buffer.concat([header, body])) ^ 0x5354_554e) >>> 0);
  return Buffer.concat([header, body, encode(attribute.fingerprint, check)]);
}
