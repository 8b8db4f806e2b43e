/** Receives as synthetic bots do, loop, SRTP, counts and feedback included, over transports that need no handshake. */
import { nowMs } from '../clock.ts';
import { nodeCiphers } from '../crypto/node.ts';
import { opensslCiphers } from '../crypto/openssl.ts';
import { protocol, protocolOf } from '../engine/demultiplex.ts';
import { parseRtp, RtpHeader } from '../engine/rtp/header.ts';
import type { SrtpCiphers } from '../engine/srtp/ciphers.ts';
import type { SrtpKeys } from '../engine/srtp/profile.ts';
import { SrtpReceiver } from '../engine/srtp/receiver.ts';
import { SrtpSender } from '../engine/srtp/sender.ts';
import { DelayBook } from '../synthetic/delay-book.ts';
import { Loop, type LoopMember } from '../synthetic/loop.ts';
import { type Carrier, Reception } from '../synthetic/reception.ts';
import type { Traffic } from '../synthetic/traffic.ts';
import { socketRoom } from '../udp/limits.ts';
import type { UdpChoice } from '../udp/open.ts';
import type { OpenSocket, UdpPort } from '../udp/port.ts';
import type { CeilingReading } from './messages.ts';
import { rooms, srtpKeys, streamOf } from './streams.ts';

/** As transports of bots have it. */
const receiveBufferBytes = 1 << 20;
const replayWindow = 512;

/** As a scenario that says nothing has it. */
export interface SinkOptions {
  readonly keys: SrtpKeys;
  /** 1 opens every packet, 16 is verification `sampled`. */
  readonly verifyEvery: number;
  readonly udp: UdpChoice;
  readonly ciphers: SrtpCiphers;
}

const header = new RtpHeader();

function nothing(): void {
  // Nobody waits for the first packet here.
}

/** What a transport is once it is connected. */
class OpenTransport implements LoopMember, Carrier {
  readonly port: UdpPort;
  readonly rttMs: number | null = null;
  refused = 0;
  readonly #loop: Loop;
  readonly handle: number;
  readonly receiveBufferBytes: number;
  readonly #sender: SrtpSender;
  readonly #receiver: SrtpReceiver;
  #traffic: Traffic | null = null;

  constructor(loop: Loop, socket: OpenSocket, { keys, ciphers }: SinkOptions) {
    this.port = loop.port;
    this.#loop = loop;
    this.handle = socket.handle;
    this.receiveBufferBytes = socket.receiveBufferBytes;
    this.#sender = SrtpSender.create(keys, ciphers);
    this.#receiver = SrtpReceiver.create(keys, ciphers, { replayWindow });
  }

  get opened(): boolean {
    return this.#receiver.opened;
  }

  carry(traffic: Traffic): void {
    this.#traffic = traffic;
  }

  open(received: RtpHeader, bytes: Buffer, at: number, length: number, every: number): number {
    const plain = this.#receiver.unprotectRtp(received, bytes, at, length, every);
    if (plain < 0) this.refused += 1;
    return plain;
  }

  carryRtcp(at: number, length: number): boolean {
    const protectedLength = this.#sender.protectRtcp(this.port.outbox, at, length);
    return protectedLength > 0 && this.port.commit(this.handle, protectedLength);
  }

  keepBusy(): void {
    this.#loop.keepBusy(this.handle);
  }

  forget(ssrc: number): void {
    this.#receiver.forget(ssrc);
  }

  receive(bytes: Buffer, at: number, length: number, arrivalMs: number): void {
    if (protocolOf(bytes, at, length) !== protocol.rtp || parseRtp(header, bytes, at, length) < 0) {
      this.refused += 1;
      return;
    }
    header.arrivalMs = arrivalMs;
    this.#traffic?.rtp(header, bytes, at, length);
  }

  turn(now: number): void {
    this.#traffic?.turn(now);
  }

  get freshMs(): number {
    return this.#traffic?.freshMs ?? 0;
  }

  work(now: number): number {
    return this.#traffic?.work(now) ?? Number.POSITIVE_INFINITY;
  }

  close(): void {
    this.#loop.remove(this.handle);
    this.#sender.close();
    this.#receiver.close();
  }
}

export class Sink {
  readonly ports: readonly number[];
  readonly means: string;
  readonly #loop: Loop;
  readonly #transports: readonly OpenTransport[];

  /** @param from the null SFU's port */
  static async create(sockets: number, from: number, options: Partial<SinkOptions> = {}): Promise<Sink> {
    const openssl = opensslCiphers();
    const ciphers = openssl.state === 'ready' ? openssl.ciphers : nodeCiphers;
    const chosen = { keys: srtpKeys(), verifyEvery: 16, udp: 'auto', ciphers, ...options } as const;
    const loop = await Loop.create({ udp: chosen.udp, wake: 'batch' });
    const delays = new DelayBook(Number.POSITIVE_INFINITY).of('ceiling');
    const remote = { address: '127.0.0.1', port: from };
    const ports: number[] = [];
    const transports: OpenTransport[] = [];
    const fitting = Math.min(sockets, socketRoom().sockets);
    for (let index = 0; index < fitting; index += 1) {
      const opening = loop.port.open({ address: '127.0.0.1', remote, receiveBufferBytes });
      if (opening.state === 'refused') break;
      const transport = new OpenTransport(loop, opening, chosen);
      const { verifyEvery } = chosen;
      const told = { onFirstMedia: nothing, onFirstFrame: nothing };
      const reception = new Reception({ verifyEvery, feedback: 'chrome', delays, ...told });
      reception.attach(transport);
      for (const kind of ['audio', 'video'] as const) reception.add(streamOf(index % rooms, kind), false);
      loop.add(transport);
      ports.push(opening.port);
      transports.push(transport);
    }
    return new Sink(loop, transports, ports, `udp ${loop.udp.kind}, srtp ${chosen.ciphers.name}`);
  }

  private constructor(
    loop: Loop,
    transports: readonly OpenTransport[],
    ports: readonly number[],
    means: string,
  ) {
    this.#loop = loop;
    this.#transports = transports;
    this.ports = ports;
    this.means = means;
  }

  read(): CeilingReading {
    const { user, system } = process.cpuUsage();
    const { pollLagMs, socketDropsTotal, unsentTotal } = this.#loop.takeHealth();
    return {
      atMs: nowMs(),
      cpuMsTotal: (user + system) / 1000,
      packetsTotal: this.#loop.port.counters.received,
      dropsTotal: (socketDropsTotal ?? 0) + unsentTotal,
      refusedTotal: this.#transports.reduce((sum, { refused }) => sum + refused, 0),
      pollLagMs,
    };
  }

  close(): void {
    for (const transport of this.#transports) transport.close();
    this.#loop.close();
  }
}
