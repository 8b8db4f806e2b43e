/**
 * Codecs of every router, in the order in which a client that names none takes the first it knows.
 * The set is mediasoup-demo's, and VP9 profile 0 beside its profile 2, which few clients send.
 */
import type { types } from 'mediasoup';

/** kbit/s at which a browser's encoder starts; without it the first seconds of each call measure a ramp. */
const startBitrate = { 'x-google-start-bitrate': 1000 };

const h264 = { 'packetization-mode': 1, 'level-asymmetry-allowed': 1, ...startBitrate };

export const routerCodecs: readonly types.RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000, parameters: { ...startBitrate } },
  {
    kind: 'video',
    mimeType: 'video/VP9',
    clockRate: 90_000,
    parameters: { 'profile-id': 0, ...startBitrate },
  },
  {
    kind: 'video',
    mimeType: 'video/VP9',
    clockRate: 90_000,
    parameters: { 'profile-id': 2, ...startBitrate },
  },
  {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90_000,
    parameters: { 'profile-level-id': '4d0032', ...h264 },
  },
  {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90_000,
    parameters: { 'profile-level-id': '42e01f', ...h264 },
  },
];
