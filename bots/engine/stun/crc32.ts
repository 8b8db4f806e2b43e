/** CRC-32 of ITU-T V.42 (ISO 3309), as RFC 8489 §14.7 uses it for FINGERPRINT. */

const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ 0xedb88320;
  return value;
});

export function crc32(bytes: Uint8Array, at: number, length: number): number {
  let value = -1;
  for (let index = at; index < at + length; index += 1) {
    value = (value >>> 8) ^ (table[(value ^ (bytes[index] as number)) & 255] as number);
  }
  return (value ^ -1) >>> 0;
}
