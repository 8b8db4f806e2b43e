/**
 * The streams of one session as the SFU names them: what it publishes, what it receives, and who holds back what of
 * it. A stream that the SFU holds back (its publisher is mute) and one that the bot itself paused are the same to the
 * endpoint: nothing is due on either.
 */
import type { Consume, MediaKind } from './bot.ts';
import { nowMs } from './clock.ts';
import type { Endpoint, EndpointReading } from './endpoint.ts';
import type { ConsumerTerms } from './quality/consumer-window.ts';
import type { BotStreamReading } from './readings.ts';
import type { ConsumerOffer, Signaling } from './signaling/signaling.ts';

interface Received extends ConsumerTerms {
  readonly kind: MediaKind;
  dueSinceMs: number | null;
  spatial: number | null;
  temporal: number | null;
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
  /** What the bot wants of what it is offered; null where it never chose. */
  #choice: Consume | null = null;
  #wasPaused = false;
  #isSilent = false;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  produced(kind: MediaKind, id: string): void {
    this.#published.set(kind, id);
  }

  /** @param signaling to say that the stream is not wanted, where the bot chose; not needed where it could not yet */
  async consume(offer: ConsumerOffer, signaling: Signaling | null): Promise<void> {
    const { id, kind, peer, paused } = offer;
    this.#received.set(id, {
      kind,
      peer,
      dueSinceMs: paused ? null : nowMs(),
      spatial: null,
      temporal: null,
      isHeldBack: paused,
      isPaused: false,
      sinceMs: 0,
      pausedMs: 0,
    });
    try {
      await this.#endpoint.consume(offer);
    } catch (thrown) {
      this.#received.delete(id);
      throw thrown;
    }
    if (this.#choice !== null && signaling !== null) await this.#follow(signaling, this.#choice);
  }

  /** The place of one that was wanted is the next one's. */
  closed(id: string, signaling: Signaling | null): void {
    this.#received.delete(id);
    this.#endpoint.closeConsumer(id);
    if (this.#choice?.max != null && signaling !== null)
      this.#follow(signaling, this.#choice).catch(() => undefined);
  }

  heldBack(id: string, isHeldBack: boolean): void {
    const stream = this.#received.get(id);
    if (stream === undefined) return;
    stream.isHeldBack = isHeldBack;
    setDue(stream);
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
    this.#choice = null;
    const told: Promise<void>[] = [];
    for (const [id, stream] of this.#received) {
      if ((kind !== undefined && stream.kind !== kind) || stream.isPaused === paused) continue;
      told.push(this.#pauseOne(signaling, id, stream, paused));
    }
    await Promise.all(told);
  }

  /** Takes these streams and pauses the others, now and as they come: the first ones where only so many are wanted. */
  async choose(signaling: Signaling, choice: Consume): Promise<void> {
    this.#choice = choice;
    await this.#follow(signaling, choice);
  }

  async #follow(signaling: Signaling, { kinds, max }: Consume): Promise<void> {
    let taken = 0;
    const told: Promise<void>[] = [];
    for (const [id, stream] of this.#received) {
      const isWanted = kinds.includes(stream.kind) && (max === null || taken < max);
      if (isWanted) taken += 1;
      if (stream.isPaused === isWanted) told.push(this.#pauseOne(signaling, id, stream, !isWanted));
    }
    await Promise.all(told);
  }

  #pauseOne(signaling: Signaling, id: string, stream: Received, paused: boolean): Promise<void> {
    this.#wasPaused ||= paused;
    if (paused) stream.sinceMs = nowMs();
    else stream.pausedMs = pausedMs(stream);
    stream.isPaused = paused;
    setDue(stream);
    this.#endpoint.pauseConsumer(id, paused || stream.isHeldBack);
    return signaling.pauseConsumer(id, paused);
  }

  /** Of all videos. */
  async preferLayers(signaling: Signaling, spatial: number, temporal: number | null): Promise<void> {
    const videos = [...this.#received].filter(([, { kind }]) => kind === 'video');
    for (const [, stream] of videos) {
      Object.assign(stream, { spatial, temporal });
      if (stream.dueSinceMs !== null) stream.dueSinceMs = nowMs();
    }
    await Promise.all(videos.map(([id]) => signaling.preferLayers(id, spatial, temporal)));
  }

  /** Adds to what the endpoint read what is due, and for how long the bot itself did not want it. */
  mark(reading: EndpointReading): EndpointReading {
    const terms = this.#received;
    if (!this.#wasPaused) return { ...reading, terms };
    const marked = (stream: BotStreamReading): BotStreamReading => {
      const received = this.#received.get(stream.id);
      return received === undefined ? stream : { ...stream, pausedMs: pausedMs(received) };
    };
    return { ...reading, terms, streams: reading.streams.map(marked) };
  }
}

function setDue(stream: Received): void {
  if (stream.isHeldBack || stream.isPaused) stream.dueSinceMs = null;
  else stream.dueSinceMs ??= nowMs();
}

function pausedMs({ isPaused, sinceMs, pausedMs: beforeMs }: Received): number {
  return beforeMs + (isPaused ? nowMs() - sinceMs : 0);
}
