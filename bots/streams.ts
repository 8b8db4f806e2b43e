/**
 * The streams of one session as the SFU names them: what it publishes, what it receives, and who holds back what of
 * it. A stream that the SFU holds back (its publisher is mute) and one that the bot itself paused are the same to the
 * endpoint: nothing is due on either.
 */
import type { MediaKind } from './bot.ts';
import { nowMs } from './clock.ts';
import type { Endpoint, EndpointReading } from './endpoint.ts';
import type { BotStreamReading } from './readings.ts';
import type { ConsumerOffer, Signaling } from './signaling/signaling.ts';

interface Received {
  readonly kind: MediaKind;
  /** By the SFU. */
  isHeldBack: boolean;
  /** By the bot; since when, and for how long before. */
  isPaused: boolean;
  sinceMs: number;
  pausedMs: number;
}

export class Streams {
  readonly #endpoint: Endpoint;
  readonly #published = new Map<MediaKind, string>();
  readonly #received = new Map<string, Received>();
  #wasPaused = false;
  #isSilent = false;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  produced(kind: MediaKind, id: string): void {
    this.#published.set(kind, id);
  }

  async consume(offer: ConsumerOffer): Promise<void> {
    const { id, kind, paused } = offer;
    this.#received.set(id, { kind, isHeldBack: paused, isPaused: false, sinceMs: 0, pausedMs: 0 });
    try {
      await this.#endpoint.consume(offer);
    } catch (thrown) {
      this.#received.delete(id);
      throw thrown;
    }
  }

  closed(id: string): void {
    this.#received.delete(id);
    this.#endpoint.closeConsumer(id);
  }

  heldBack(id: string, isHeldBack: boolean): void {
    const stream = this.#received.get(id);
    if (stream === undefined) return;
    stream.isHeldBack = isHeldBack;
    this.#endpoint.pauseConsumer(id, isHeldBack || stream.isPaused);
  }

  /** Nothing is sent any more, whatever is asked. */
  silence(): void {
    this.#isSilent = true;
  }

  /** RTP stops before the SFU is told, and starts after: it is never sent what it would throw away. */
  async mute(signaling: Signaling, kind: MediaKind, muted: boolean): Promise<void> {
    const id = this.#published.get(kind);
    if (id === undefined || this.#isSilent) return;
    if (muted) await this.#endpoint.mute(kind, true);
    await signaling.pauseProducer(id, muted);
    if (!muted) await this.#endpoint.mute(kind, false);
  }

  /** Of one kind, or all. */
  async pause(signaling: Signaling, kind: MediaKind | undefined, paused: boolean): Promise<void> {
    this.#wasPaused ||= paused;
    const told: Promise<void>[] = [];
    for (const [id, stream] of this.#received) {
      if ((kind !== undefined && stream.kind !== kind) || stream.isPaused === paused) continue;
      if (paused) stream.sinceMs = nowMs();
      else stream.pausedMs = pausedMs(stream);
      stream.isPaused = paused;
      this.#endpoint.pauseConsumer(id, paused || stream.isHeldBack);
      told.push(signaling.pauseConsumer(id, paused));
    }
    await Promise.all(told);
  }

  /** Of all videos. */
  async preferLayers(signaling: Signaling, spatial: number, temporal: number | null): Promise<void> {
    const videos = [...this.#received].filter(([, { kind }]) => kind === 'video');
    await Promise.all(videos.map(([id]) => signaling.preferLayers(id, spatial, temporal)));
  }

  /** Adds to what the endpoint read for how long the bot itself did not want it. */
  mark(reading: EndpointReading): EndpointReading {
    if (!this.#wasPaused) return reading;
    const marked = (stream: BotStreamReading): BotStreamReading => {
      const received = this.#received.get(stream.id);
      return received === undefined ? stream : { ...stream, pausedMs: pausedMs(received) };
    };
    return { ...reading, streams: reading.streams.map(marked) };
  }
}

function pausedMs({ isPaused, sinceMs, pausedMs: beforeMs }: Received): number {
  return beforeMs + (isPaused ? nowMs() - sinceMs : 0);
}
