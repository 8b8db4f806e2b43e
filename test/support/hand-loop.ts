/** A loop that the test turns by hand: instants are its own choice, and so is what is heard. */
import { nowMs } from '../../bots/clock.ts';
import type { Loop, LoopMember } from '../../bots/synthetic/loop.ts';
import { type OpenedUdp, openUdp } from '../../bots/udp/open.ts';
import type { UdpPort } from '../../bots/udp/port.ts';

const stepMs = 5;

export class HandLoop {
  readonly port: UdpPort;
  readonly udp: Loop['udp'];
  /** Whether a datagram gets through. */
  hears: (datagram: Buffer) => boolean = () => true;
  /** How often each one is handed over. */
  times = 1;
  readonly #members = new Map<number, LoopMember>();

  static async create(): Promise<HandLoop> {
    return new HandLoop(await openUdp('auto', { sockets: 16 }));
  }

  #timer: NodeJS.Timeout | null = null;

  private constructor({ port, kind, reason }: OpenedUdp) {
    this.port = port;
    this.udp = { kind, reason };
  }

  /** In the place of the host's own. */
  get loop(): Loop {
    return this as unknown as Loop;
  }

  add(member: LoopMember): void {
    this.#members.set(member.handle, member);
  }

  remove(handle: number): void {
    if (this.#members.delete(handle)) this.port.close(handle);
  }

  keepBusy(): void {
    // Everybody works in every step.
  }

  sent(): void {
    // Nobody asks how late it was.
  }

  /** One look at the sockets, and everybody's turn, as if it were `atMs`. */
  step(atMs: number): void {
    const { port } = this;
    port.poll(nowMs(), (handle, offset, length, arrivalMs) => {
      const datagram = Buffer.from(port.inbox.subarray(offset, offset + length));
      if (!this.hears(datagram)) return;
      for (let time = 0; time < this.times; time += 1) {
        // Whoever opens a packet leaves it open.
        datagram.copy(port.inbox, offset);
        this.#members.get(handle)?.receive(port.inbox, offset, length, arrivalMs);
      }
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

  /** Steps in real time until it is closed. */
  run(): void {
    this.#timer ??= setInterval(() => this.step(nowMs()), stepMs);
  }

  close(): void {
    clearInterval(this.#timer ?? undefined);
    this.#timer = null;
    this.port.shut();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
