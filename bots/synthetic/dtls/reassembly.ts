/** Handshake messages out of fragments that come in any order, more than once, or overlapping (RFC 6347 §4.2.3). */

/** A message in the form that is hashed: its header as if it had not been fragmented, and its body. */
export interface HandshakeMessage {
  readonly type: number;
  /** The epoch of the records that it came in. */
  readonly epoch: number;
  readonly body: Buffer;
  readonly whole: Buffer;
}

export const handshakeHeaderBytes = 12;
/** A chain of certificates fits. */
const longestMessage = 20_000;
/** Messages ahead of the next one that are kept; a server's flight has five. */
const window = 8;

interface Header {
  readonly type: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly length: number;
}

interface Partial {
  readonly epoch: number;
  readonly whole: Buffer;
  readonly present: Uint8Array;
  missing: number;
}

export class Reassembly {
  #next = 0;
  readonly #partials = new Map<number, Partial>();

  /** Fragments of one record. Returns whether any belonged to a message that had been handed out: the peer sends again. */
  add(record: Buffer, epoch: number): boolean {
    let again = false;
    let at = 0;
    while (record.length - at >= handshakeHeaderBytes) {
      const length = record.readUIntBE(at + 1, 3);
      const sequence = record.readUInt16BE(at + 4);
      const offset = record.readUIntBE(at + 6, 3);
      const end = at + handshakeHeaderBytes + record.readUIntBE(at + 9, 3);
      if (end > record.length || length > longestMessage) break;
      if (sequence < this.#next) again = true;
      else if (sequence < this.#next + window)
        this.#fill(
          { type: record.readUInt8(at), epoch, sequence, length },
          offset,
          record.subarray(at + handshakeHeaderBytes, end),
        );
      at = end;
    }
    return again;
  }

  /** The next message in order; null while it is not whole. */
  take(): HandshakeMessage | null {
    const partial = this.#partials.get(this.#next);
    if (partial === undefined || partial.missing > 0) return null;
    this.#partials.delete(this.#next++);
    const { whole, epoch } = partial;
    return { type: whole.readUInt8(0), epoch, whole, body: whole.subarray(handshakeHeaderBytes) };
  }

  #fill({ type, epoch, sequence, length }: Header, offset: number, fragment: Buffer): void {
    let partial = this.#partials.get(sequence);
    if (partial === undefined) {
      const whole = Buffer.concat([messageHeader(type, sequence, length), Buffer.alloc(length)]);
      partial = { epoch, whole, present: new Uint8Array(length), missing: length };
      this.#partials.set(sequence, partial);
    }
    const { whole, present } = partial;
    // What differs from the first fragment is not of the same message.
    if (
      partial.epoch !== epoch ||
      present.length !== length ||
      whole[0] !== type ||
      offset + fragment.length > length
    )
      return;
    fragment.copy(whole, handshakeHeaderBytes + offset);
    for (let index = offset; index < offset + fragment.length; index++) {
      if (present[index] === 0) partial.missing--;
      present[index] = 1;
    }
  }
}

export function messageHeader(type: number, sequence: number, length: number): Buffer {
  const header = Buffer.alloc(handshakeHeaderBytes);
  header.writeUInt8(type, 0);
  header.writeUIntBE(length, 1, 3);
  header.writeUInt16BE(sequence, 4);
  header.writeUIntBE(length, 9, 3);
  return header;
}
