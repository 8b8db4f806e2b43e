/** SRTP of one packet at rollover 0, straight from RFC 3711 §4.3 and RFC 7714 §8: to check keys with, not to be fast. */
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';

function derive(master: Buffer, salt: Buffer, label: number, length: number): Buffer {
  const iv = Buffer.alloc(16);
  salt.copy(iv);
  iv[7] = (iv[7] as number) ^ label;
  return createCipheriv(`aes-${master.length * 8}-ctr`, master, iv).update(Buffer.alloc(length));
}

function nonce(salt: Buffer, packet: Buffer): Buffer {
  const iv = Buffer.alloc(12);
  packet.copy(iv, 2, 8, 12);
  packet.copy(iv, 10, 2, 4);
  for (let index = 0; index < 12; index++) iv[index] = (iv[index] as number) ^ (salt[index] as number);
  return iv;
}

/** `headerLength`: of the RTP header with its CSRCs and extensions. */
export function sealAead(key: Buffer, salt: Buffer, packet: Buffer, headerLength: number): Buffer {
  const cipher = createCipheriv(
    key.length === 32 ? 'aes-256-gcm' : 'aes-128-gcm',
    derive(key, salt, 0, key.length),
    nonce(derive(key, salt, 2, 12), packet),
  );
  cipher.setAAD(packet.subarray(0, headerLength));
  const sealed = [cipher.update(packet.subarray(headerLength)), cipher.final()];
  return Buffer.concat([packet.subarray(0, headerLength), ...sealed, cipher.getAuthTag()]);
}

/** The payload; throws when the packet is not authentic. */
export function openAead(key: Buffer, salt: Buffer, packet: Buffer): Buffer {
  const decipher = createDecipheriv(
    key.length === 32 ? 'aes-256-gcm' : 'aes-128-gcm',
    derive(key, salt, 0, key.length),
    nonce(derive(key, salt, 2, 12), packet),
  );
  const at = rtpHeaderLength(packet);
  decipher.setAAD(packet.subarray(0, at));
  decipher.setAuthTag(packet.subarray(-16));
  return Buffer.concat([decipher.update(packet.subarray(at, -16)), decipher.final()]);
}

/** Whether an AES_CM_128_HMAC_SHA1_80 packet is authentic. */
export function isAuthentic(key: Buffer, salt: Buffer, packet: Buffer): boolean {
  const rollover = Buffer.alloc(4);
  const mac = createHmac('sha1', derive(key, salt, 1, 20))
    .update(packet.subarray(0, -10))
    .update(rollover);
  return timingSafeEqual(mac.digest().subarray(0, 10), packet.subarray(-10));
}

export function rtpHeaderLength(packet: Buffer): number {
  const first = packet.readUInt8(0);
  const fixed = 12 + 4 * (first & 0x0f);
  return (first & 0x10) === 0 ? fixed : fixed + 4 + 4 * packet.readUInt16BE(fixed + 2);
}
