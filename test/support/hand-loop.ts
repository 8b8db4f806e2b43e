/** A loop that the test turns by hand: instants are its own choice, and so is what is heard. */
import { nowMs } from '../../bots/clock.ts';
import type { Loop, LoopMember } from '../../bots/synthetic/loop.ts';
import { openUdp } from '../../bots/udp/open.ts';
import type { UdpPort } from '../../bots/udp/port.ts';

const stepMs = 5;

export class HandLoop {
  readonly port: UdpPort;
  /** Whether a datagram gets through. */
  hears: (datagram: Buffer) => boolean = () => true;
  readonly #members = new Map<number, LoopMember>();

  static async create(): Promise<HandLoop> {
    return new HandLoop((await openUdp('auto', { sockets: 16 })).port);
  }

  private constructor(port: UdpPort) {
    this.port = port;
  }

  /** In the place of the host's own. */
  get loop(): Loop {
    return this as unknown as Loop;
  }

  add(handle: number, member: LoopMember): void {
    this.#members.set(handle, member);
  }

  remove(handle: number): void {
    if (this.#members.delete(handle)) this.port.close(handle);
  }

  keepBusy(): void {
    // Everybody works in every step.
  }

  /** One look at the sockets, and everybody's turn, as if it were `atMs`. */
  step(atMs: number): void {
    const { port } = this;
    port.poll(nowMs(), (handle, offset, length, arrivalMs) => {
      if (this.hears(port.inbox.subarray(offset, offset + length)))
        this.#members.get(handle)?.receive(port.inbox, offset, length, arrivalMs);
    });
    for (const member of this.#members.values()) {
      member.turn(atMs);
      member.work(atMs);
    }
    port.flush();
  }

  /** Steps in real time until it is so; false when it is not within a time in which it should be. */
  async until(isSo: () => boolean, withinMs = 3000): Promise<boolean> {
    for (const endMs = nowMs() + withinMs; !isSo() && nowMs() < endMs; ) {
      this.step(nowMs());
      await new Promise((resolve) => setTimeout(resolve, stepMs));
    }
    return isSo();
  }

  [Symbol.dispose](): void {
    this.port.shut();
  }
}
