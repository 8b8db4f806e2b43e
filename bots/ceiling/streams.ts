/**
 * What the null SFU sends, and the sink expects: a few rooms, each with one speaker's audio and video, and a viewer per
 * socket. One stream of each kind per transport is the dearest way to receive.
 */
import { type SrtpKeys, srtpProfileOf } from '../engine/srtp/profile.ts';
import type { IncomingStream } from '../synthetic/negotiation.ts';

/** Rooms take turns, so that no burst is larger than a tenth of the load. */
export const rooms = 10;
/** Each room sends a packet of either kind so often: 100 packets a second to each socket. */
export const roundMs = 20;
export const packetsPerSocket = 100;
/** Of video: a frame has two packets. */
export const packetsPerFrame = 2;
export const audioBytes = 80;
export const videoBytes = 1100;
export const transportSequenceId = 5;

const aes256gcm = 8;

/** Nothing is kept secret by them: both sides know them beforehand, as there is no handshake. */
export function srtpKeys(profileId = aes256gcm): SrtpKeys {
  const profile = srtpProfileOf(profileId);
  if (profile === null) throw new Error(`SRTP profile ${profileId} is unknown`);
  const { keyLength, saltLength } = profile;
  return { profile, masterKey: Buffer.alloc(keyLength, 0x5f), masterSalt: Buffer.alloc(saltLength, 0x1a) };
}

export function ssrcOf(room: number, kind: 'audio' | 'video'): number {
  return 1000 + 2 * room + (kind === 'audio' ? 0 : 1);
}

export function streamOf(room: number, kind: 'audio' | 'video'): IncomingStream {
  return {
    consumer: `${kind}-${room}`,
    producer: `${kind}-${room}`,
    kind,
    mimeType: kind === 'audio' ? 'audio/opus' : 'video/VP8',
    ssrc: ssrcOf(room, kind),
    payloadType: kind === 'audio' ? 100 : 101,
    clockRate: kind === 'audio' ? 48_000 : 90_000,
    rtxSsrc: null,
    rtxPayloadType: null,
    nack: kind === 'video',
    pli: kind === 'video',
    transportSequenceId,
    captureTimeId: null,
  };
}
