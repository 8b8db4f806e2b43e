/** What a scenario says of the media that bots publish. */
export interface AudioOptions {
  /** WAV file, relative to the scenario file; absent: the browser's fake microphone. */
  file?: string;
  /**
   * `constant` (when absent): somebody speaks all the time. `p59`: talk spurts and silences of ITU-T P.59, in which
   * opus sends next to nothing (DTX). Synthetic bots only.
   */
  speech?: 'constant' | 'p59';
}

export interface VideoOptions {
  /** Pixels; 640 × 360 when absent. */
  width?: number;
  height?: number;
  /** 30 when absent. */
  fps?: number;
  /** Upper limit given to the encoder, bits per second over all layers; by size when absent. */
  maxBitrateBps?: number;
  /** VP8 when absent. */
  codec?: 'VP8' | 'VP9' | 'H264';
  /** `true`: as many layers as Chrome sends at this size. A number of layers it does not send is an error. */
  simulcast?: boolean | 1 | 2 | 3;
  /** Y4M or MJPEG file, relative to the scenario file; absent: the browser's fake camera. */
  file?: string;
}

/** `true`: with defaults. `false`: none. */
export interface MediaOptions {
  audio?: boolean | AudioOptions;
  video?: boolean | VideoOptions;
}
