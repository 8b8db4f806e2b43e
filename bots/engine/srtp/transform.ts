/**
 * Port inside the engine: what a protection profile does to one packet whose index is known. The SSRC is read from the
 * packet, as a number above 2^31 would be boxed for the call. Lengths are those of the whole packet; every function returns the new length, or a negative reason.
 */
export interface SrtpTransform {
  readonly tagLength: number;
  protectRtp(
    bytes: Uint8Array,
    at: number,
    headerLength: number,
    length: number,
    roc: number,
    sequence: number,
  ): number;
  unprotectRtp(
    bytes: Uint8Array,
    at: number,
    headerLength: number,
    length: number,
    roc: number,
    sequence: number,
  ): number;
  /** `index` is below 2^31. */
  protectRtcp(bytes: Uint8Array, at: number, length: number, index: number): number;
  /** The index and the E flag were read by the caller, with `readSrtcpIndex`. */
  unprotectRtcp(bytes: Uint8Array, at: number, length: number, index: number, encrypted: boolean): number;
  /** Where the word with E flag and index stands, counted from the packet's end. */
  readonly indexFromEnd: number;
  close(): void;
}
