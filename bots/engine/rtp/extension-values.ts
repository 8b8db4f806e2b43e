/**
 * Values of the header extensions that WebRTC negotiates: abs-send-time (webrtc.org, 6.18 fixed point seconds),
 * transport-wide-cc-extensions-01, ssrc-audio-level (RFC 6464), abs-capture-time (webrtc.org, UQ32.32 NTP time).
 * mid (RFC 8843 §15), rid and rrid (RFC 8852) are text and need nothing but their bytes.
 */
import { readUint32, writeUint24, writeUint32 } from '../bytes.ts';

export const extensionUris = {
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  rid: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  rrid: 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  transportSequence: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  absSendTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  audioLevel: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  absCaptureTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
} as const;
export type ExtensionName = keyof typeof extensionUris;

/** Bytes of each value; those of text are as long as their text. */
export const extensionLengths = {
  transportSequence: 2,
  absSendTime: 3,
  audioLevel: 1,
  absCaptureTime: 8,
} as const;

const fraction = 2 ** 32;

/** 24 bits that wrap every 64 s. */
export function absSendTime(nowMs: number): number {
  return Math.floor(nowMs * 262.144) % 16_777_216;
}

/** Milliseconds from one abs-send-time to a later one, less than 32 s apart in either direction. */
export function absSendTimeDistanceMs(from: number, to: number): number {
  return (((to - from) << 8) >> 8) / 262.144;
}

export function writeAbsSendTime(bytes: Uint8Array, at: number, nowMs: number): void {
  writeUint24(bytes, at, absSendTime(nowMs));
}

/** `level` is −dBov: 0 is the loudest, 127 silence. */
export function writeAudioLevel(bytes: Uint8Array, at: number, level: number, voice: boolean): void {
  bytes[at] = (voice ? 0x80 : 0) | (level & 0x7f);
}

/** Writes milliseconds since 1900 (NTP) as 32.32 fixed point. */
export function writeNtp(bytes: Uint8Array, at: number, ntpMs: number): void {
  const seconds = Math.floor(ntpMs / 1000);
  const rest = Math.min(fraction - 1, Math.round(((ntpMs - seconds * 1000) / 1000) * fraction));
  writeUint32(bytes, at, seconds >>> 0);
  writeUint32(bytes, at + 4, rest);
}

/** Milliseconds since 1900; exact to a quarter of a microsecond. */
export function readNtpMs(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) * 1000 + (readUint32(bytes, at + 4) / fraction) * 1000;
}

/** NTP's epoch is 1900, Unix's 1970. */
export const ntpUnixOffsetMs = 2_208_988_800_000;

/** The middle 32 bits of an NTP time, in 1/65536 s: what LSR, DLSR, LRR and DLRR count in (RFC 3550 §4). */
export function compactNtp(ntpMs: number): number {
  return Math.floor((ntpMs / 1000) * 65_536) % fraction;
}
