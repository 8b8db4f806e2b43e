/** What a captured packet says, in a form that two readers can be compared by. Numbers are as they are on the wire. */

/** SSRC, fraction lost, packets lost, highest sequence number, jitter, LSR, DLSR. */
export type BlockReading = readonly [number, number, number, number, number, number, number];

export interface RtpReading {
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly marker: boolean;
  /** Bytes of padding. */
  readonly padding: number;
  /** Id and value in hexadecimal. */
  readonly extensions: readonly (readonly [number, string])[];
  readonly payloadLength: number;
}

export type RtcpReading =
  | {
      readonly type: 'SR';
      readonly ssrc: number;
      readonly rtpTimestamp: number;
      readonly packetCount: number;
      readonly octetCount: number;
      readonly blocks: readonly BlockReading[];
    }
  | { readonly type: 'RR'; readonly ssrc: number; readonly blocks: readonly BlockReading[] }
  /** SSRC, type of the item, its text. */
  | { readonly type: 'SDES'; readonly items: readonly (readonly [number, number, string])[] }
  | {
      readonly type: 'NACK';
      readonly sender: number;
      readonly media: number;
      readonly lost: readonly number[];
    }
  | { readonly type: 'PLI'; readonly sender: number; readonly media: number }
  | {
      readonly type: 'FIR';
      readonly sender: number;
      readonly entries: readonly (readonly [number, number])[];
    }
  | {
      readonly type: 'REMB';
      readonly sender: number;
      readonly bitrateBps: number;
      readonly ssrcs: readonly number[];
    }
  | {
      readonly type: 'transport-cc';
      readonly sender: number;
      readonly media: number;
      readonly base: number;
      /** 24 bits, without sign. */
      readonly reference: number;
      readonly count: number;
      /** Delta of each packet in 250 µs; null: not received. */
      readonly deltas: readonly (number | null)[];
    }
  | { readonly type: 'XR'; readonly ssrc: number; readonly blockTypes: readonly number[] };

export interface StunReading {
  readonly messageType: number;
  readonly username: string | null;
  readonly priority: number | null;
  readonly useCandidate: boolean;
  /** The tie-breaker of a controlling agent, hexadecimal. */
  readonly controlling: string | null;
  readonly mapped: string | null;
  /** The key of MESSAGE-INTEGRITY. */
  readonly password: string;
}

export interface Captured<Reading> {
  readonly name: string;
  readonly hex: string;
  /** As it was on the wire, under SRTP; null where it is not kept. */
  readonly sealed: string | null;
  readonly expected: Reading;
}

/** All packets of one sender, protected by one master key. */
export interface CaptureFile {
  readonly sender: string;
  readonly srtp: { readonly profile: number; readonly masterKey: string; readonly masterSalt: string };
  readonly rtp: readonly Captured<RtpReading>[];
  readonly rtcp: readonly Captured<readonly RtcpReading[]>[];
  readonly stun: readonly Captured<StunReading>[];
  /** Datagrams of the handshake, in their order. */
  readonly dtls: readonly string[];
}
