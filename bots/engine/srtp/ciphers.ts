/**
 * Port: the ciphers that SRTP is built from. Implementations live in bots/crypto. Every operation works in place on
 * the caller's bytes and allocates nothing where the backend allows it. Keys are set once; the IV is written by the
 * caller into `iv` before each operation.
 */

/** AES-GCM with a 12-byte IV and a 16-byte tag that stands right behind the text. */
export interface AeadCipher {
  readonly iv: Uint8Array;
  seal(
    aad: Uint8Array,
    aadAt: number,
    aadLength: number,
    text: Uint8Array,
    textAt: number,
    textLength: number,
  ): void;
  /** Whether the tag matches; where it does not, the text is spoilt. */
  open(
    aad: Uint8Array,
    aadAt: number,
    aadLength: number,
    text: Uint8Array,
    textAt: number,
    textLength: number,
  ): boolean;
  close(): void;
}

/** AES in counter mode with a 16-byte IV: exclusive-ors the keystream into the bytes. */
export interface CounterCipher {
  readonly iv: Uint8Array;
  apply(bytes: Uint8Array, at: number, length: number): void;
  close(): void;
}

export interface HmacSha1 {
  /** The 20 bytes of the last `compute`. */
  readonly digest: Uint8Array;
  compute(bytes: Uint8Array, at: number, length: number): void;
  close(): void;
}

export interface SrtpCiphers {
  readonly name: 'openssl' | 'node';
  /** Key of 16 or 32 bytes. A cipher is used in one direction only. */
  aead(key: Uint8Array, direction: 'seal' | 'open'): AeadCipher;
  /** Key of 16 or 32 bytes. */
  counter(key: Uint8Array): CounterCipher;
  hmacSha1(key: Uint8Array): HmacSha1;
}
