/** The record layer of DTLS 1.2 (RFC 6347 §4.1), epoch 1 under AES-128-GCM (RFC 5288). */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import type { RecordKeys } from './secrets.ts';

export const contentType = { changeCipherSpec: 20, alert: 21, handshake: 22, application: 23 } as const;
export const version = 0xfefd;
const headerBytes = 13;
const explicitNonceBytes = 8;
const tagBytes = 16;
/** A datagram holds at most this many; the rest of a hostile one is ignored. */
const recordsPerDatagram = 64;

export interface Record {
  readonly type: number;
  readonly epoch: number;
  readonly body: Buffer;
}

interface Side {
  readonly key: KeyObject;
  readonly salt: Buffer;
}

export class Records {
  #read: Side | null = null;
  #write: Side | null = null;
  readonly #nextSequence: [number, number] = [0, 0];

  /** Epoch 1 from here on, as the client. */
  secure(keys: RecordKeys): void {
    this.#write = { key: createSecretKey(keys.clientKey), salt: keys.clientSalt };
    this.#read = { key: createSecretKey(keys.serverKey), salt: keys.serverSalt };
  }

  /** A record under the next sequence number: sent again, it is another record. */
  write(type: number, epoch: 0 | 1, body: Uint8Array): Buffer {
    const sequence = this.#nextSequence[epoch]++;
    const header = Buffer.alloc(headerBytes);
    header.writeUInt8(type, 0);
    header.writeUInt16BE(version, 1);
    header.writeUInt16BE(epoch, 3);
    header.writeUIntBE(sequence, 5, 6);
    const sealed = epoch === 0 ? body : this.#seal(header, body);
    header.writeUInt16BE(sealed.length, 11);
    return Buffer.concat([header, sealed]);
  }

  /** What a datagram holds and can be read now; anything else is left out silently (RFC 6347 §4.1.2.7). */
  read(datagram: Buffer): Record[] {
    const records: Record[] = [];
    let at = 0;
    while (datagram.length - at >= headerBytes && records.length < recordsPerDatagram) {
      const end = at + headerBytes + datagram.readUInt16BE(at + 11);
      if (end > datagram.length) break;
      const header = datagram.subarray(at, at + headerBytes);
      const epoch = header.readUInt16BE(3);
      const fragment = datagram.subarray(at + headerBytes, end);
      const body = epoch === 0 ? fragment : epoch === 1 ? this.#unseal(header, fragment) : null;
      if (body !== null && header[1] === version >> 8)
        records.push({ type: header.readUInt8(0), epoch, body });
      at = end;
    }
    return records;
  }

  #seal(header: Buffer, body: Uint8Array): Buffer {
    if (this.#write === null) throw new Error('a record of epoch 1 before its keys');
    const nonce = header.subarray(3, 3 + explicitNonceBytes);
    const cipher = createCipheriv('aes-128-gcm', this.#write.key, Buffer.concat([this.#write.salt, nonce]));
    cipher.setAAD(associated(header, body.length));
    return Buffer.concat([nonce, cipher.update(body), cipher.final(), cipher.getAuthTag()]);
  }

  #unseal(header: Buffer, fragment: Buffer): Buffer | null {
    const length = fragment.length - explicitNonceBytes - tagBytes;
    if (this.#read === null || length < 0) return null;
    const nonce = Buffer.concat([this.#read.salt, fragment.subarray(0, explicitNonceBytes)]);
    const decipher = createDecipheriv('aes-128-gcm', this.#read.key, nonce);
    decipher.setAAD(associated(header, length));
    decipher.setAuthTag(fragment.subarray(-tagBytes));
    const body = decipher.update(fragment.subarray(explicitNonceBytes, -tagBytes));
    try {
      decipher.final();
    } catch {
      return null;
    }
    return body;
  }
}

/** Epoch and sequence number, type, version, length of the plain text (RFC 5246 §6.2.3.3). */
function associated(header: Buffer, length: number): Buffer {
  const data = Buffer.alloc(headerBytes);
  header.copy(data, 0, 3, 11);
  header.copy(data, 8, 0, 3);
  data.writeUInt16BE(length, 11);
  return data;
}
