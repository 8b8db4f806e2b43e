/** All synthetic bots of a host: they share one loop, one certificate and the ciphers. */

import type { BotSpec } from '../bot.ts';
import { nodeCiphers } from '../crypto/node.ts';
import { opensslCiphers } from '../crypto/openssl.ts';
import type { Endpoint } from '../endpoint.ts';
import type { SrtpCiphers } from '../engine/srtp/ciphers.ts';
import type { SyntheticHealth, SyntheticSettings } from '../messages.ts';
import { socketRoom } from '../udp/limits.ts';
import { type Ground, SyntheticBot } from './bot.ts';
import { DelayBook } from './delay-book.ts';
import { processCertificate } from './dtls.ts';
import { Loop } from './loop.ts';

/** One packet in so many is opened and authenticated. */
const verifyEvery: Readonly<Record<SyntheticSettings['verify'], number>> = { all: 1, sampled: 16, none: 0 };

/** Sockets that a bot opens: its WebSocket, and one per transport. */
function socketsOf({ publish, consume }: BotSpec): number {
  const sends = publish.audio !== null || publish.video !== null;
  return 1 + (sends ? 1 : 0) + (consume.kinds.length > 0 ? 1 : 0);
}

/** OpenSSL's own functions are called as the kernel's are, by FFI: who asks for the portable way gets all of it. */
function ciphersBeside({ udp }: Loop): SrtpCiphers {
  const openssl = opensslCiphers();
  return udp.kind === 'linux' && openssl.state === 'ready' ? openssl.ciphers : nodeCiphers;
}

export class Crowd {
  readonly #ground: Ground;
  /** Sockets that fit, before any was opened. */
  readonly #room: number;
  #promised = 0;

  /**
   * `over`: sockets that are open already. `lateAfterMs`: what is longer under way is late. `warn` is told the same once,
   * with the bot that met it first.
   * @throws Error when the UDP that was asked for is not possible here
   */
  static async create(
    settings: SyntheticSettings,
    over?: Loop,
    lateAfterMs: number = Number.POSITIVE_INFINITY,
    warn: Ground['warn'] = () => undefined,
  ): Promise<Crowd> {
    const { verify, udp, wake, feedback, payload, keyFrameIntervalMs, seed } = settings;
    const told = new Set<string>();
    const loop = over ?? (await Loop.create({ udp, wake }));
    return new Crowd({
      loop,
      certificate: processCertificate(),
      ciphers: ciphersBeside(loop),
      verifyEvery: verifyEvery[verify],
      feedback,
      delays: new DelayBook(lateAfterMs),
      seed,
      publishing: { payload, keyFrameIntervalMs },
      warn: (spec, message) => {
        if (!told.has(message)) warn(spec, message);
        told.add(message);
      },
    });
  }

  private constructor(ground: Ground) {
    this.#ground = ground;
    this.#room = socketRoom().sockets;
  }

  /** What carries and protects packets here, for people. */
  get means(): string {
    const { loop, ciphers } = this.#ground;
    return `udp ${loop.udp.kind}, srtp ${ciphers.name}`;
  }

  /** @throws Error when the bot would need what this machine or we do not have */
  open(spec: BotSpec): Endpoint {
    const needed = this.#promised + socketsOf(spec);
    if (needed > this.#room)
      throw new Error(`${this.#room} sockets fit in this process, and ${needed} are needed: raise ulimit -n`);
    const bot = SyntheticBot.create(spec, this.#ground);
    this.#promised = needed;
    return bot;
  }

  takeHealth(): SyntheticHealth {
    return this.#ground.loop.takeHealth();
  }

  /** Idempotent. */
  close(): void {
    this.#ground.loop.close();
  }
}
