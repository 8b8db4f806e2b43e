/** RFC 8285 §4.2 (one-byte header) and §4.3 (two-byte header): elements of an RTP header extension. */
import type { RtpHeader } from './header.ts';

/** Where the value of element `id` begins in the arena, or −1. Elements that run over the end are not there. */
export function findExtension(header: RtpHeader, bytes: Uint8Array, id: number): number {
  const form = header.extensionForm;
  if (form === 0 || form === 3) return -1;
  let at = header.extensionAt;
  const end = at + header.extensionLength;
  while (at < end) {
    const first = bytes[at] as number;
    if (form === 1) {
      const found = first >> 4;
      if (found === 15) return -1; // reserved: the rest is to be ignored
      if (found === 0) {
        at += 1; // padding; an id of 0 with a length is to be skipped as padding, too
        continue;
      }
      const length = (first & 15) + 1;
      if (at + 1 + length > end) return -1;
      if (found === id) return at + 1;
      at += 1 + length;
    } else {
      if (first === 0) {
        at += 1;
        continue;
      }
      if (at + 2 > end) return -1;
      const length = bytes[at + 1] as number;
      if (at + 2 + length > end) return -1;
      if (first === id) return at + 2;
      at += 2 + length;
    }
  }
  return -1;
}

/** Length of the value that `findExtension` found at `at`: it stands in the byte before it. */
export function extensionLength(header: RtpHeader, bytes: Uint8Array, at: number): number {
  const before = bytes[at - 1] as number;
  return header.extensionForm === 1 ? (before & 15) + 1 : before;
}

/** Whether the value at `at` is exactly these bytes: mid and rid are compared, not decoded. */
export function extensionEquals(
  header: RtpHeader,
  bytes: Uint8Array,
  at: number,
  expected: Uint8Array,
): boolean {
  if (extensionLength(header, bytes, at) !== expected.length) return false;
  for (let index = 0; index < expected.length; index += 1) {
    if (bytes[at + index] !== expected[index]) return false;
  }
  return true;
}

/** The value as text, for what is done once per stream (mid, rid of a new SSRC). Allocates. */
export function extensionText(header: RtpHeader, bytes: Uint8Array, at: number): string {
  let text = '';
  const length = extensionLength(header, bytes, at);
  for (let index = 0; index < length; index += 1) text += String.fromCharCode(bytes[at + index] as number);
  return text;
}
