/** What a bot host and its page say to each other. Instants of the page are its own `performance.now()`. */
import type { BotSpec, MediaKind } from '../bot.ts';
import type { StreamCounters } from '../readings.ts';
import type {
  ConsumerOffer,
  Direction,
  DtlsParameters,
  RtpCapabilities,
  RtpParameters,
  TransportOffer,
} from '../signaling/signaling.ts';

/** What the page does when it is told to: `window.bot`. */
export interface PageCalls {
  now(): number;
  /** Asks for camera and microphone once, so that the first session does not wait for the browser's own services. */
  warm(media: PageMedia): Promise<void>;
  begin(media: PageMedia): Promise<void>;
  load(capabilities: RtpCapabilities): Promise<RtpCapabilities>;
  openTransport(direction: Direction, offer: TransportOffer): void;
  publish(kind: MediaKind): Promise<void>;
  mute(kind: MediaKind, muted: boolean): Promise<void>;
  consume(offer: ConsumerOffer): Promise<void>;
  closeConsumer(id: string): Promise<void>;
  pauseConsumer(id: string, paused: boolean): void;
  read(): Promise<PageReading>;
  stopSending(): Promise<void>;
  end(): Promise<PageReading>;
}

export type PageMedia = Pick<BotSpec, 'publish' | 'decode'>;

/** What the page asks and tells the host through the binding `tellHost`; the answer is the producer's id or null. */
export type PageMessage =
  | { readonly type: 'connect'; readonly direction: Direction; readonly dtlsParameters: DtlsParameters }
  | { readonly type: 'produce'; readonly kind: MediaKind; readonly rtpParameters: RtpParameters }
  | { readonly type: 'connected' | 'failed'; readonly direction: Direction; readonly at: number }
  | { readonly type: 'first-media'; readonly at: number };

export interface PageReading {
  readonly at: number;
  readonly streams: readonly PageStream[];
  /** Last readings of streams that closed since the previous reading. */
  readonly closed: readonly PageStream[];
}

/** One stream as getStats has it, in our units; what is a difference of two readings is computed by the host. */
export interface PageStream {
  readonly direction: 'in' | 'out';
  readonly kind: MediaKind;
  readonly id: string;
  readonly producer: string;
  readonly ssrc: number;
  readonly rid: string | null;
  /** The statistic's own timestamp, milliseconds; for differences. */
  readonly statMs: number;
  /** Neither fps nor delay of a paused stream means anything. */
  readonly paused: boolean;
  readonly width: number | null;
  readonly height: number | null;
  readonly counters: Partial<StreamCounters>;
  readonly jitterMs: number | null;
  readonly rttMs: number | null;
  readonly availableBitrateBps: number | null;
  /** Sum over all frames (video) or samples (audio) that left the jitter buffer, and their number. */
  readonly bufferedMsTotal: number | null;
  readonly emittedTotal: number | null;
  readonly qualityLimitation: string | null;
}
