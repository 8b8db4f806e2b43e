/**
 * The port between a session and what carries its media: a Chrome page, or our own packet engine. An endpoint outlives
 * its sessions: it is prepared before the first joins, and begins and ends one session after the other.
 */
import type { MediaKind } from './bot.ts';
import type { ConsumerTerms } from './quality/consumer-window.ts';
import type { BotStreamReading, CountedValues, StreamCounters } from './readings.ts';
import type {
  ConsumerOffer,
  Direction,
  DtlsParameters,
  RtpCapabilities,
  RtpParameters,
  TransportOffer,
} from './signaling/signaling.ts';

/** What an endpoint asks and tells the session that it belongs to. */
export interface EndpointLink {
  /** Rejects with what the endpoint's own call shall then reject with. */
  connectTransport(direction: Direction, dtlsParameters: DtlsParameters): Promise<void>;
  /** Returns the producer's id. */
  produce(kind: MediaKind, rtpParameters: RtpParameters): Promise<string>;
  /** ICE or DTLS is up (again). */
  connected(direction: Direction, atMs: number): void;
  failed(direction: Direction, why: string): void;
  /** The session's first RTP media packet has arrived. */
  firstMedia(atMs: number): void;
  /** The session's first video frame that could be shown. */
  firstFrame(atMs: number): void;
}

/** What an endpoint reads at once. */
export interface EndpointReading {
  /** Every stream that there is. */
  readonly streams: readonly BotStreamReading[];
  /** Streams that closed since the previous reading: their last one. */
  readonly closed: readonly BotStreamReading[];
  /** What belongs to the session, and to no stream of it: totals since it began. */
  readonly session?: Readonly<Partial<StreamCounters>>;
  /** Time from publisher to receiver per packet, which the group's endpoints of a process count together. */
  readonly oneWayMs?: Readonly<Record<MediaKind, CountedValues>>;
  /** What is due to each consumer now, by its id; the session adds it to what its endpoint read. */
  readonly terms?: ReadonlyMap<string, ConsumerTerms>;
}

/** One bot's media. Instants are this machine's CLOCK_MONOTONIC in milliseconds. */
export interface Endpoint {
  /** Begins a session: camera and microphone run, nothing is sent. */
  begin(link: EndpointLink): Promise<void>;
  /** Takes the SFU's capabilities, returns those of our receiver. */
  load(capabilities: RtpCapabilities): Promise<RtpCapabilities>;
  openTransport(direction: Direction, offer: TransportOffer): Promise<void>;
  /** Resolves when the SFU accepted the producer. */
  publish(kind: MediaKind): Promise<void>;
  /** Stops or starts RTP of what is published of this kind. Video starts with a key frame. */
  mute(kind: MediaKind, muted: boolean): Promise<void>;
  /** Resolves when the transport is connected and ready for this stream: only then the SFU may send. */
  consume(offer: ConsumerOffer): Promise<void>;
  closeConsumer(id: string): void;
  pauseConsumer(id: string, paused: boolean): void;
  read(): Promise<EndpointReading>;
  /** Stops all RTP; the producers stay. Nothing is sent any more once it resolves. */
  stopSending(): Promise<void>;
  /** Ends the session and returns its last reading, null when there is none in time. Never rejects. */
  end(): Promise<EndpointReading | null>;
  /** Idempotent. Never rejects. */
  close(): Promise<void>;
}
