/** `network` of a scenario file. */
import type { Duration } from './options.ts';

/** One direction of a bot's network. What is absent does nothing. */
export interface LinkOptions {
  /** From one end to the other. */
  delay?: Duration;
  /** On top of that, from nothing to so much; packets keep their order. */
  jitter?: Duration;
  /** Share of packets that get lost, each by itself. */
  loss?: number;
  /** Bits per second, headers of IP and UDP included. Bots do not send less because of it: what it cannot take is lost. */
  rateBps?: number;
  /** What would wait longer for its turn at that rate is dropped; '200ms'. */
  queue?: Duration;
}

/** What the packets of synthetic bots meet between them and the SFU, the same each way unless `up` or `down` says else. */
export interface NetworkOptions extends LinkOptions {
  up?: LinkOptions;
  down?: LinkOptions;
}
