/**
 * The port between a session and an SFU's signalling dialect. Negotiation is a union: `ortc` where client and SFU
 * exchange RTP parameters (mediasoup); a dialect that exchanges SDP adds its own member and session steps.
 */
import type { types } from 'mediasoup-client';
import type { Consume, MediaKind } from '../bot.ts';
import type { JoinFailure } from '../messages.ts';

export type Direction = 'send' | 'recv';
export type RtpCapabilities = types.RtpCapabilities;
export type RtpParameters = types.RtpParameters;
export type DtlsParameters = types.DtlsParameters;

/** What both ends of a transport need to know of the SFU's end. */
export interface TransportOffer {
  readonly id: string;
  readonly iceParameters: types.IceParameters;
  readonly iceCandidates: types.IceCandidate[];
  readonly dtlsParameters: types.DtlsParameters;
}

/** A stream that the SFU is ready to forward as soon as it is accepted. */
export interface ConsumerOffer {
  readonly id: string;
  readonly producerId: string;
  /** The peer that publishes the stream. */
  readonly peer: string;
  readonly kind: MediaKind;
  readonly rtpParameters: RtpParameters;
  readonly paused: boolean;
}

/** What the SFU tells us by itself. None of these may throw. */
export interface SignalingListener {
  /** Resolves when media may flow to this consumer; rejects to refuse it. */
  consumer(offer: ConsumerOffer): Promise<void>;
  consumerClosed(id: string): void;
  consumerPaused(id: string, paused: boolean): void;
  layersChanged(id: string, spatial: number | null, temporal: number | null): void;
  /** The connection is gone although nobody here closed it. Called once at most. */
  closed(error: SignalingError): void;
}

export interface SignalingOptions {
  readonly url: string;
  readonly tls: { readonly insecure: boolean; readonly ca: string | null };
  readonly room: string;
  readonly peer: string;
  readonly consume: Consume;
  readonly listener: SignalingListener;
  /** How long one request may take, milliseconds. */
  readonly requestTimeoutMs: number;
}

/** One peer's connection to an SFU that negotiates by RTP parameters. Requests reject with `SignalingError`. */
export interface OrtcSignaling {
  readonly negotiation: 'ortc';
  routerCapabilities(): Promise<RtpCapabilities>;
  openTransport(direction: Direction): Promise<TransportOffer>;
  connectTransport(id: string, dtlsParameters: DtlsParameters): Promise<void>;
  /** Enters the room. `others`: peers that were there before. No capabilities: nothing is consumed. */
  join(capabilities: RtpCapabilities | null): Promise<{ readonly others: number }>;
  /** Returns the producer's id once the SFU accepted it. */
  produce(transportId: string, kind: MediaKind, rtpParameters: RtpParameters): Promise<string>;
  /** Resolves when the SFU has offered everything that was in the room before this call. */
  settle(transportId: string): Promise<void>;
  /** Own producers and consumers, by the SFU's ids. Resolve when the SFU has been told, in dialects that have no answer. */
  pauseProducer(id: string, paused: boolean): Promise<void>;
  pauseConsumer(id: string, paused: boolean): Promise<void>;
  /** The layers that are wanted of a consumer, counted from 0. */
  preferLayers(consumerId: string, spatial: number, temporal: number | null): Promise<void>;
  /** Leaves; idempotent. `closed` is not called. */
  close(): void;
}

/** Grows by `SdpSignaling` with the first dialect that speaks SDP. */
export type Signaling = OrtcSignaling;

export type Dialect = (options: SignalingOptions) => Promise<Signaling>;

/** Where sessions connect to. */
export interface Target {
  readonly dialect: Dialect;
  readonly url: string;
  readonly tls: { readonly insecure: boolean; readonly ca: string | null };
}

/** What went wrong between us and the signalling server, in the words of a failed join. */
export class SignalingError extends Error {
  override readonly name = 'SignalingError';
  readonly reason: JoinFailure;

  constructor(reason: JoinFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}
