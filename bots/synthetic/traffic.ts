import type { RtpHeader } from '../engine/rtp/header.ts';

/** Streams of one transport, each with its RTX. */
export const mostSources = 4096;

/** What runs over a transport. None of these may throw; header and bytes are gone when they return. */
export interface Traffic {
  /** A packet of RTP, still protected; `header` says when it arrived. */
  rtp(header: RtpHeader, bytes: Buffer, at: number, length: number): void;
  /** A compound packet of RTCP, opened. */
  rtcp(bytes: Buffer, at: number, length: number, arrivalMs: number): void;
  /** Every 100 ms. */
  turn(nowMs: number): void;
  /** While it is busy, how old the last reading of the socket may be when it works. */
  readonly freshMs: number;
  /** After `Transport.keepBusy`: does what is due, and returns when it wants to work again, infinity for never. */
  work(nowMs: number): number;
}
