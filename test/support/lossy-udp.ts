/** A UDP port that loses datagrams on purpose, the same share for the same seed, and keeps a log of what it lost. */
import { nowMs } from '../../bots/clock.ts';
import { protocol, protocolOf } from '../../bots/engine/demultiplex.ts';
import { randomFrom } from '../../bots/random.ts';
import { UdpOver } from '../../bots/udp/over.ts';
import type { Receive, UdpPort } from '../../bots/udp/port.ts';

export type LossDirection = 'received' | 'sent';

export interface LostDatagram {
  readonly handle: number;
  /** Of RTP; of RTCP the sender's SSRC. */
  readonly ssrc: number;
  /** Of RTP; −1 for what has none. */
  readonly sequence: number;
  readonly direction: LossDirection;
  readonly atMs: number;
}

export interface LossyOptions {
  readonly seed: number;
  /** Shares of what the filter lets be lost. */
  readonly receiveLoss: number;
  readonly sendLoss: number;
  /** Whether a datagram may be lost at all; without it all RTP may. */
  readonly filter?: (bytes: Buffer, at: number, length: number, direction: LossDirection) => boolean;
}

function isRtp(bytes: Buffer, at: number, length: number): boolean {
  return protocolOf(bytes, at, length) === protocol.rtp;
}

export class LossyUdp extends UdpOver {
  readonly dropped: LostDatagram[] = [];
  /** Nothing is lost while it is false. */
  isOn = true;
  readonly #options: LossyOptions;
  readonly #random: () => number;
  #claimedAt = 0;

  static create(port: UdpPort, options: LossyOptions): LossyUdp {
    return new LossyUdp(port, options);
  }

  private constructor(port: UdpPort, options: LossyOptions) {
    super(port);
    this.#options = options;
    this.#random = randomFrom(options.seed);
  }

  override poll(now: number, receive: Receive): number {
    return this.below.poll(now, this.#through(receive));
  }

  override read(handle: number, now: number, receive: Receive): number {
    return this.below.read(handle, now, this.#through(receive));
  }

  #through(receive: Receive): Receive {
    return (handle, offset, length, arrivalMs, flags, from) => {
      if (this.#loses(handle, this.below.inbox, offset, length, 'received', arrivalMs)) return;
      receive(handle, offset, length, arrivalMs, flags, from);
    };
  }

  override claim(length: number): number {
    this.#claimedAt = this.below.claim(length);
    return this.#claimedAt;
  }

  override commit(handle: number, length: number, to?: number): boolean {
    if (this.#loses(handle, this.below.outbox, this.#claimedAt, length, 'sent', nowMs())) return true;
    return this.below.commit(handle, length, to);
  }

  override send(handle: number, bytes: Buffer, offset: number, length: number, to?: number): boolean {
    if (this.#loses(handle, bytes, offset, length, 'sent', nowMs())) return true;
    return this.below.send(handle, bytes, offset, length, to);
  }

  #loses(
    handle: number,
    bytes: Buffer,
    at: number,
    length: number,
    direction: LossDirection,
    atMs: number,
  ): boolean {
    const { receiveLoss, sendLoss, filter = isRtp } = this.#options;
    const share = direction === 'received' ? receiveLoss : sendLoss;
    if (!this.isOn || share === 0 || !filter(bytes, at, length, direction)) return false;
    if (this.#random() >= share) return false;
    const ofRtp = isRtp(bytes, at, length);
    const ssrc = bytes.readUInt32BE(at + (ofRtp ? 8 : 4));
    this.dropped.push({ handle, ssrc, sequence: ofRtp ? bytes.readUInt16BE(at + 2) : -1, direction, atMs });
    return true;
  }
}
