/** A UDP port over another one, which it passes everything on to: what is to be different is overridden. */
import type { Endpoint, Opening, Receive, SocketRequest, UdpCounters, UdpPort } from './port.ts';

export class UdpOver implements UdpPort {
  readonly kind: UdpPort['kind'];
  readonly outbox: Buffer;
  readonly counters: Readonly<UdpCounters>;
  protected readonly below: UdpPort;

  protected constructor(below: UdpPort) {
    this.below = below;
    this.kind = below.kind;
    this.outbox = below.outbox;
    this.counters = below.counters;
  }

  get inbox(): Buffer {
    return this.below.inbox;
  }

  wakeBy(woken: () => void): void {
    this.below.wakeBy(woken);
  }

  open(request: SocketRequest): Opening {
    return this.below.open(request);
  }

  close(handle: number): void {
    this.below.close(handle);
  }

  poll(nowMs: number, receive: Receive): number {
    return this.below.poll(nowMs, receive);
  }

  read(handle: number, nowMs: number, receive: Receive): number {
    return this.below.read(handle, nowMs, receive);
  }

  claim(length: number): number {
    return this.below.claim(length);
  }

  commit(handle: number, length: number, to?: number): boolean {
    return this.below.commit(handle, length, to);
  }

  send(handle: number, bytes: Buffer, offset: number, length: number, to?: number): boolean {
    return this.below.send(handle, bytes, offset, length, to);
  }

  flush(): number {
    return this.below.flush();
  }

  address(endpoint: Endpoint): number {
    return this.below.address(endpoint);
  }

  endpoint(number: number): Endpoint {
    return this.below.endpoint(number);
  }

  drops(handle: number): number | null {
    return this.below.drops(handle);
  }

  dropsTotal(): number | null {
    return this.below.dropsTotal();
  }

  shut(): void {
    this.below.shut();
  }
}
