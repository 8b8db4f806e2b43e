/** A UDP port that loses datagrams on purpose, the same share for the same seed, and keeps a log of what it lost. */
import { nowMs } from '../../bots/clock.ts';
import { protocol, protocolOf } from '../../bots/engine/demultiplex.ts';
import { randomFrom } from '../../bots/random.ts';
import type { Endpoint, Opening, Receive, SocketRequest, UdpCounters, UdpPort } from '../../bots/udp/port.ts';

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

export class LossyUdp implements UdpPort {
  readonly kind: UdpPort['kind'];
  readonly dropped: LostDatagram[] = [];
  /** Nothing is lost while it is false. */
  isOn = true;
  readonly #port: UdpPort;
  readonly #options: LossyOptions;
  readonly #random: () => number;
  #claimedAt = 0;

  static create(port: UdpPort, options: LossyOptions): LossyUdp {
    return new LossyUdp(port, options);
  }

  private constructor(port: UdpPort, options: LossyOptions) {
    this.kind = port.kind;
    this.#port = port;
    this.#options = options;
    this.#random = randomFrom(options.seed);
  }

  get inbox(): Buffer {
    return this.#port.inbox;
  }

  get outbox(): Buffer {
    return this.#port.outbox;
  }

  get counters(): Readonly<UdpCounters> {
    return this.#port.counters;
  }

  wakeBy(woken: () => void): void {
    this.#port.wakeBy(woken);
  }

  open(request: SocketRequest): Opening {
    return this.#port.open(request);
  }

  close(handle: number): void {
    this.#port.close(handle);
  }

  poll(now: number, receive: Receive): number {
    return this.#port.poll(now, this.#through(receive));
  }

  read(handle: number, now: number, receive: Receive): number {
    return this.#port.read(handle, now, this.#through(receive));
  }

  #through(receive: Receive): Receive {
    return (handle, offset, length, arrivalMs, flags, from) => {
      if (this.#loses(handle, this.#port.inbox, offset, length, 'received', arrivalMs)) return;
      receive(handle, offset, length, arrivalMs, flags, from);
    };
  }

  claim(length: number): number {
    this.#claimedAt = this.#port.claim(length);
    return this.#claimedAt;
  }

  commit(handle: number, length: number, to?: number): boolean {
    if (this.#loses(handle, this.#port.outbox, this.#claimedAt, length, 'sent', nowMs())) return true;
    return this.#port.commit(handle, length, to);
  }

  send(handle: number, bytes: Buffer, offset: number, length: number, to?: number): boolean {
    if (this.#loses(handle, bytes, offset, length, 'sent', nowMs())) return true;
    return this.#port.send(handle, bytes, offset, length, to);
  }

  flush(): number {
    return this.#port.flush();
  }

  address(endpoint: Endpoint): number {
    return this.#port.address(endpoint);
  }

  endpoint(number: number): Endpoint {
    return this.#port.endpoint(number);
  }

  drops(handle: number): number | null {
    return this.#port.drops(handle);
  }

  dropsTotal(): number | null {
    return this.#port.dropsTotal();
  }

  shut(): void {
    this.#port.shut();
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
