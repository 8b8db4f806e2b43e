/**
 * RFC 3711 §3.3 and §3.4: takes the protection off what one transport receives, in place. A packet may be counted
 * without being opened: sequence numbers are in clear, so that rollover and replay stay known.
 */
import { readInt32, readUint32 } from '../bytes.ts';
import { reason } from '../reason.ts';
import type { RtpHeader } from '../rtp/header.ts';
import { SsrcTable } from '../ssrc-table.ts';
import type { SrtpCiphers } from './ciphers.ts';
import type { SrtpKeys } from './profile.ts';
import { SrtpSource } from './source.ts';
import type { SrtpTransform } from './transform.ts';
import { createTransform } from './transforms.ts';

export interface SrtpReceiverLimits {
  /** Packets per SSRC, a power of two ≥ 64. */
  readonly replayWindow?: number;
  readonly maxSources?: number;
}

const endedLately = 64;

export class SrtpReceiver {
  /** Whether the last RTP packet was authenticated and decrypted; otherwise its payload is still ciphertext. */
  opened = false;
  readonly #transform: SrtpTransform;
  readonly #window: number;
  readonly #sources: SsrcTable<SrtpSource>;
  #sinceVerified = 0;
  /** Streams that ended lately: their last report may come after that, and shall not take a place for good. */
  readonly #ended = new Int32Array(endedLately);
  #endedCount = 0;
  #closed = false;

  private constructor(transform: SrtpTransform, window: number, maxSources: number) {
    this.#transform = transform;
    this.#window = window;
    this.#sources = new SsrcTable(maxSources);
  }

  static create(keys: SrtpKeys, ciphers: SrtpCiphers, limits: SrtpReceiverLimits = {}): SrtpReceiver {
    const transform = createTransform(keys, ciphers, 'open');
    return new SrtpReceiver(transform, limits.replayWindow ?? 1024, limits.maxSources ?? 1024);
  }

  /**
   * `header` is what `parseRtp` read of this packet; its payload length is set to what remains without the tag.
   * `verifyEvery`: 1 opens every packet, N one in N, 0 none. Returns the length without the tag, or a negative reason.
   */
  unprotectRtp(
    header: RtpHeader,
    bytes: Uint8Array,
    at: number,
    length: number,
    verifyEvery: number,
  ): number {
    this.opened = false;
    const tagLength = this.#transform.tagLength;
    if (length < header.headerLength + tagLength) return reason.truncated;
    const known = this.#sources.find(header.ssrcBits);
    const source = known ?? new SrtpSource(this.#window);
    const sequence = header.sequence;
    const roc = source.guess(sequence);
    if (roc < 0) return reason.tooOld;
    const index = roc * 65_536 + sequence;
    const refused = source.rtp.check(index);
    if (refused < 0) return refused;
    let plain = length - tagLength;
    this.#sinceVerified += 1;
    if (verifyEvery > 0 && this.#sinceVerified >= verifyEvery) {
      plain = this.#transform.unprotectRtp(bytes, at, header.headerLength, length, roc, sequence);
      if (plain < 0) return plain;
      this.#sinceVerified = 0;
      this.opened = true;
    }
    if (known === null && !this.#sources.add(header.ssrcBits, source)) return reason.tooManySources;
    source.rtp.mark(index);
    source.advance(roc, sequence);
    header.payloadLength = plain - header.headerLength;
    return plain;
  }

  /** Opens a compound packet; every one is authenticated. Returns its length, or a negative reason. */
  unprotectRtcp(bytes: Uint8Array, at: number, length: number): number {
    const transform = this.#transform;
    if (length < 8 + 4 + transform.tagLength) return reason.truncated;
    const word = readUint32(bytes, at + length - transform.indexFromEnd);
    const index = word & 0x7fffffff;
    const ssrc = readInt32(bytes, at + 4);
    const known = this.#sources.find(ssrc);
    const source = known ?? new SrtpSource(this.#window);
    const refused = source.rtcp.check(index);
    if (refused < 0) return refused;
    const plain = transform.unprotectRtcp(bytes, at, length, index, word >= 0x80000000);
    if (plain < 0) return plain;
    if (known === null && this.#hasEnded(ssrc)) return plain;
    if (known === null && !this.#sources.add(ssrc, source)) return reason.tooManySources;
    source.rtcp.mark(index);
    return plain;
  }

  /** Forgets a stream that ended, so that its place can be taken. */
  forget(ssrc: number): void {
    this.#sources.remove(ssrc);
    this.#ended[this.#endedCount % endedLately] = ssrc;
    this.#endedCount += 1;
  }

  #hasEnded(ssrc: number): boolean {
    return this.#ended.subarray(0, this.#endedCount).includes(ssrc | 0);
  }

  /** Frees the ciphers; idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#transform.close();
  }
}
