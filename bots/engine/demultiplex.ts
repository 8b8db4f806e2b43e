/** RFC 7983 §7: which protocol a datagram on a WebRTC socket belongs to, by its first byte; RFC 5761 §4 for RTCP. */

export const protocol = { unknown: 0, stun: 1, dtls: 2, rtp: 3, rtcp: 4, turnChannel: 5, zrtp: 6 } as const;
export type Protocol = (typeof protocol)[keyof typeof protocol];

export function protocolOf(bytes: Uint8Array, at: number, length: number): Protocol {
  if (length < 2) return protocol.unknown;
  const first = bytes[at] as number;
  if (first >= 128 && first <= 191) {
    // RTCP packet types 192–223 are RTP payload types 64–95 with the marker set, which RTP must not use.
    const type = bytes[at + 1] as number;
    return type >= 192 && type <= 223 ? protocol.rtcp : protocol.rtp;
  }
  if (first <= 3) return protocol.stun;
  if (first >= 20 && first <= 63) return protocol.dtls;
  if (first >= 64 && first <= 79) return protocol.turnChannel;
  if (first >= 16 && first <= 19) return protocol.zrtp;
  return protocol.unknown;
}
