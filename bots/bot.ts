/**
 * What a bot is: the specification that the fleet hands to a bot host, and the handle that a scenario's
 * function drives. One bot acts as one peer; one iteration of its function is one session.
 */

import type { NetworkConditions } from './udp/shaped/link.ts';

export type { LinkConditions, NetworkConditions } from './udp/shaped/link.ts';

/** `chrome`: a page in headless Chrome. `synthetic`: our own packet engine. */
export type BotKind = 'chrome' | 'synthetic';
export type MediaKind = 'audio' | 'video';

export interface AudioMedia {
  readonly codec: 'opus';
  /** WAV file that plays in a loop instead of the fake microphone. */
  readonly file: string | null;
  /** `p59`: talk spurts and silences of ITU-T P.59, with opus DTX; of synthetic bots only. */
  readonly speech: 'constant' | 'p59';
}

export interface VideoMedia {
  readonly codec: 'VP8' | 'VP9' | 'H264';
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Upper limit given to the encoder, bits per second over all layers. */
  readonly maxBitrateBps: number;
  /** Simulcast layers; 1 is a single stream. */
  readonly layers: 1 | 2 | 3;
  /** Y4M or MJPEG file that plays in a loop instead of the fake camera. */
  readonly file: string | null;
}

/** What a bot asks of the others' streams. */
export interface Consume {
  readonly kinds: readonly MediaKind[];
  /** At most so many consumers per bot; null is no limit. */
  readonly max: number | null;
}

export interface BotSpec {
  /** Unique in the run, and the peer id on the target: `crowd-12`. */
  readonly id: string;
  /** Its number in its scenario, from 1: k6's VU. */
  readonly vu: number;
  /** The scenario that the bot belongs to. */
  readonly group: string;
  readonly kind: BotKind;
  readonly room: string;
  readonly publish: { readonly audio: AudioMedia | null; readonly video: VideoMedia | null };
  readonly consume: Consume;
  /** `receive`: no <video> element, frames are decoded but not shown. `play`: as a user would see it. */
  readonly decode: 'receive' | 'play';
  /** What its packets meet on their way to and from the SFU; null: nothing. Signalling is never held up. */
  readonly network: NetworkConditions | null;
  /** Begin the next iteration when the function returns (k6's executors); otherwise the bot is done. */
  readonly repeat: boolean;
  /** A join that takes longer than this has failed. */
  readonly joinTimeoutMs: number;
  /** Name of the exported function of the scenario file that drives the bot; null: join, publish, stay. */
  readonly exec: string | null;
  /** What its function finds in `__ENV` besides. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The handle that a scenario's function drives. Every method rejects when the bot is taken out (`signal` aborts),
 * which ends the function; that is no failure.
 */
export interface Bot {
  readonly id: string;
  readonly room: string;
  readonly kind: BotKind;
  /** Name of its entry in `options.scenarios`. */
  readonly scenario: string;
  /** Its number in that, from 1. */
  readonly vu: number;
  /** 0 for the first session of this bot. */
  readonly iteration: number;
  /** Aborts when the executor takes the bot out, and when the session ended by itself (SFU gone, page crashed). */
  readonly signal: AbortSignal;
  /** Connects signalling and transports and consumes what the plan says. Rejects when the join fails or times out. */
  join(): Promise<void>;
  /** Publishes what the plan gives this bot; resolves when the SFU accepted every producer. */
  publish(): Promise<void>;
  /** Stops sending what it publishes of this kind, or starts again; resolves when nothing of it is sent any more. */
  mute(kind: MediaKind, muted?: boolean): Promise<void>;
  /** Pauses what it receives, of one kind or all; streams that come later stay as they are. */
  pause(kind?: MediaKind): Promise<void>;
  resume(kind?: MediaKind): Promise<void>;
  /** Of what the plan gives it, takes this and pauses the rest, of streams that come later too. Replaces what was said before. */
  consume(what: 'all' | 'none' | Partial<Consume>): Promise<void>;
  /** The layers that it wants of each video it receives, counted from 0; the SFU gives them where bandwidth allows. */
  switchLayers(spatial: number, temporal?: number): Promise<void>;
  /** Waits until the executor takes the bot out, or for `ms` milliseconds. */
  stay(ms?: number): Promise<void>;
  /** Ends the session; idempotent. Happens by itself when the function returns. */
  leave(): Promise<void>;
}

/** A scenario's function: what one bot does in one session. `data` is what `setup` returned, a copy for each bot. */
export type BotFunction<Data = unknown> = (bot: Bot, data: Data) => Promise<void> | void;
