/**
 * When a consumer's window violates quality, pure. A window is about two seconds of one consumer in which
 * its publisher sent something for it.
 */

/** In the order in which they are named where several hold. */
export const causes = ['silence', 'loss', 'latency', 'freeze', 'fps', 'bitrate'] as const;
export type Cause = (typeof causes)[number];

/** What a window may be at its worst. */
export interface QualityLimits {
  /** Of the frames per second of the source. */
  readonly fps: number;
  /** A freeze (W3C webrtc-stats) that is longer than this. */
  readonly freezeMs: number;
  /** Lost and not repaired, over expected packets. */
  readonly loss: number;
  /** From publisher to receiver, the 99th percentile of a window. Synthetic bots. */
  readonly latencyMs: number;
  /** Mean delay in the jitter buffer. Chrome. */
  readonly jitterBufferMs: number;
  /** Of the bitrate of the layer that the consumer is to have. */
  readonly bitrate: number;
}

/** What came in a window, and what should have. What is not known is null, and violates nothing. */
export interface WindowFigures {
  readonly seconds: number;
  readonly receivedPackets: number;
  /** Lost, and not brought by RTX either. */
  readonly missingPackets: number;
  readonly frames: number | null;
  readonly sourceFps: number | null;
  /** Freezes that ended in it, and their duration together. */
  readonly freezes: number;
  readonly freezeMs: number;
  /** Packets whose way was timed, and those of them that took longer than the limit. */
  readonly timedPackets: number;
  readonly latePackets: number;
  readonly jitterBufferMs: number | null;
  readonly bytes: number;
  readonly targetBytes: number | null;
}

const bitOf = Object.fromEntries(causes.map((cause, index) => [cause, 1 << index])) as Record<Cause, number>;

/** A bit for each cause, 0 where quality was kept. */
export function violationsOf(window: WindowFigures, limits: QualityLimits): number {
  const { receivedPackets, missingPackets, timedPackets, latePackets, jitterBufferMs } = window;
  // What was silent was so in every other respect, too.
  if (receivedPackets <= 0) return bitOf.silence;
  let violated = 0;
  if (missingPackets > limits.loss * (receivedPackets + missingPackets)) violated |= bitOf.loss;
  // The nearest rank of the 99th percentile is late when more than one in a hundred is.
  const isLate = latePackets > Math.floor(timedPackets / 100);
  if (isLate || (jitterBufferMs !== null && jitterBufferMs > limits.jitterBufferMs))
    violated |= bitOf.latency;
  // The longest is at least as long as the mean.
  if (window.freezes > 0 && window.freezeMs / window.freezes > limits.freezeMs) violated |= bitOf.freeze;
  if (isSlow(window, limits)) violated |= bitOf.fps;
  if (window.targetBytes !== null && window.bytes < limits.bitrate * window.targetBytes)
    violated |= bitOf.bitrate;
  return violated;
}

/** A frame that is under way at the window's edge is nobody's fault. */
function isSlow({ frames, sourceFps, seconds }: WindowFigures, limits: QualityLimits): boolean {
  return frames !== null && sourceFps !== null && frames + 1 < limits.fps * sourceFps * seconds;
}

/** The causes of a bit mask. */
export function causesOf(violated: number): readonly Cause[] {
  return causes.filter((cause) => (violated & bitOf[cause]) !== 0);
}
