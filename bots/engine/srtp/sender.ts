/** RFC 3711 §3.3: protects what one transport sends, in place; RFC 5764 §4.2: one key for all its streams. */
import { reason } from '../reason.ts';
import { parseRtp, RtpHeader } from '../rtp/header.ts';
import { SsrcTable } from '../ssrc-table.ts';
import type { SrtpCiphers } from './ciphers.ts';
import type { SrtpKeys } from './profile.ts';
import type { SrtpTransform } from './transform.ts';
import { createTransform } from './transforms.ts';

const maxRtcpIndex = 2 ** 31 - 1;

/** The sending side knows no replays, only where its own sequence numbers wrap. */
class SendingSource {
  roc = 0;
  highest = -1;
}

export class SrtpSender {
  readonly #transform: SrtpTransform;
  readonly #header = new RtpHeader();
  readonly #sources: SsrcTable<SendingSource>;
  /** §3.4: below 2^31, over all our SSRCs: each of them sees it rise. */
  #rtcpIndex = 0;
  #closed = false;

  private constructor(transform: SrtpTransform, maxSources: number) {
    this.#transform = transform;
    this.#sources = new SsrcTable(maxSources);
  }

  static create(keys: SrtpKeys, ciphers: SrtpCiphers, maxSources = 64): SrtpSender {
    return new SrtpSender(createTransform(keys, ciphers, 'seal'), maxSources);
  }

  /** Returns the length with the tag; the arena must have `srtpOverhead` bytes free behind the packet. */
  protectRtp(bytes: Uint8Array, at: number, length: number): number {
    const header = this.#header;
    const headerLength = parseRtp(header, bytes, at, length);
    if (headerLength < 0) return headerLength;
    if (at + length + this.#transform.tagLength > bytes.length) return reason.noSpace;
    let source = this.#sources.find(header.ssrcBits);
    if (source === null) {
      source = new SendingSource();
      if (!this.#sources.add(header.ssrcBits, source)) return reason.tooManySources;
    }
    const sequence = header.sequence;
    let roc = source.roc;
    if (source.highest < 0 || (sequence - source.highest) << 16 > 0) {
      if (sequence < source.highest) {
        if (roc === 0xffffffff) return reason.keyExhausted;
        roc += 1;
        source.roc = roc;
      }
      source.highest = sequence;
    } else if (sequence > source.highest) {
      if (roc === 0) return reason.tooOld; // before the first packet of the stream
      roc -= 1;
    }
    return this.#transform.protectRtp(bytes, at, headerLength, length, roc, sequence);
  }

  /** Returns the length with tag and index; needs `srtcpOverhead` bytes free behind the compound packet. */
  protectRtcp(bytes: Uint8Array, at: number, length: number): number {
    if (length < 8) return reason.truncated;
    if (at + length + this.#transform.tagLength + 4 > bytes.length) return reason.noSpace;
    if (this.#rtcpIndex === maxRtcpIndex) return reason.keyExhausted;
    this.#rtcpIndex += 1;
    return this.#transform.protectRtcp(bytes, at, length, this.#rtcpIndex);
  }

  /** Frees the ciphers; idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#transform.close();
  }
}
