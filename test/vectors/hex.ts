/** Packets written as hexadecimal, as RFCs print them. */

/** Spaces are for reading. With room behind for what is appended in place. */
export function fromHex(text: string, room = 0): Uint8Array {
  const packet = Buffer.from(text.replace(/\s+/g, ''), 'hex');
  const bytes = new Uint8Array(new ArrayBuffer(packet.length + room));
  bytes.set(packet);
  return bytes;
}

export function toHex(bytes: Uint8Array, at = 0, length: number = bytes.length - at): string {
  return Buffer.from(bytes.subarray(at, at + length)).toString('hex');
}
