/**
 * The ciphers of SRTP by the OpenSSL that is inside the node binary, called by FFI: one context per key, only the
 * IV set per packet. C gets addresses as numbers; every buffer whose address it has is held by the object that
 * passes it, and none of them is on V8's moving heap.
 */
import { createRequire } from 'node:module';
import { asciiBytes, fixedBytes } from '../engine/bytes.ts';
import type { AeadCipher, CounterCipher, HmacSha1, SrtpCiphers } from '../engine/srtp/ciphers.ts';
import { bindEvp, type Evp, type Koffi } from './evp.ts';
import { nodeCiphers } from './node.ts';

/** evp.h */
const getTag = 0x10;
const setIvLength = 0x9;
const keepDirection = -1;
const tagLength = 16;
/** params.h: OSSL_PARAM_OCTET_STRING */
const octetString = 5;

/** An error of OpenSSL on its own keys and lengths is a fault of ours, never of input. */
function must(result: number, call: string): void {
  if (result === 0) throw new Error(`OpenSSL: ${call} failed`);
}

/** The address of the buffer of last time is known: arenas are few and long-lived. */
class Place {
  #bytes: Uint8Array = fixedBytes(1);
  #address = 0;
  readonly #evp: Evp;

  constructor(evp: Evp) {
    this.#evp = evp;
  }

  of(bytes: Uint8Array): number {
    if (bytes !== this.#bytes) {
      this.#address = this.#evp.addressOf(bytes);
      this.#bytes = bytes;
    }
    return this.#address;
  }
}

/** A context with its key set. `scratch`: IV at 0, the length that update reports at 16. */
abstract class Context {
  readonly iv: Uint8Array;
  protected readonly evp: Evp;
  protected handle: number;
  protected readonly ivAddress: number;
  protected readonly lengthAddress: number;
  readonly #scratch = fixedBytes(32);

  constructor(evp: Evp, algorithm: 'gcm' | 'ctr', key: Uint8Array, encrypt: 0 | 1) {
    const cipher = evp.algorithms[`${algorithm}-${key.length}`];
    if (cipher === undefined) throw new RangeError(`AES key of ${key.length} bytes`);
    this.evp = evp;
    this.iv = this.#scratch.subarray(0, algorithm === 'gcm' ? 12 : 16);
    this.ivAddress = evp.addressOf(this.#scratch);
    this.lengthAddress = this.ivAddress + 16;
    this.handle = evp.newContext();
    must(this.handle, 'EVP_CIPHER_CTX_new');
    const held = fixedBytes(key.length);
    held.set(key);
    must(evp.init(this.handle, cipher, 0, 0, 0, encrypt), 'EVP_CipherInit_ex');
    if (algorithm === 'gcm') must(evp.control(this.handle, setIvLength, 12, 0), 'EVP_CTRL_AEAD_SET_IVLEN');
    must(evp.init(this.handle, 0, 0, evp.addressOf(held), this.ivAddress, encrypt), 'EVP_CipherInit_ex');
    held.fill(0);
  }

  close(): void {
    if (this.handle === 0) return;
    this.evp.freeContext(this.handle);
    this.handle = 0;
  }
}

/**
 * The tag to hold an opened text against, as a parameter of the call that sets the IV: one call less than by a control.
 * core.h: key 0, type 8, data 16, size 24, of 40 bytes; one without a key ends the list.
 */
class TagParameter {
  readonly address: number;
  readonly #bytes = fixedBytes(2 * 40 + 8);
  readonly #words = new Uint32Array(this.#bytes.buffer);

  constructor(evp: Evp) {
    this.address = evp.addressOf(this.#bytes);
    this.#bytes.set(asciiBytes('tag'), 80);
    this.#point(0, this.address + 80);
    this.#words[2] = octetString;
    this.#words[6] = tagLength;
  }

  /** Where the tag stands. */
  set at(address: number) {
    this.#point(4, address);
  }

  #point(word: number, address: number): void {
    this.#words[word] = address % 2 ** 32;
    this.#words[word + 1] = address / 2 ** 32;
  }
}

class OpensslAead extends Context implements AeadCipher {
  readonly #aad: Place;
  readonly #text: Place;
  readonly #tag: TagParameter;

  constructor(evp: Evp, key: Uint8Array, encrypt: 0 | 1) {
    super(evp, 'gcm', key, encrypt);
    this.#aad = new Place(evp);
    this.#text = new Place(evp);
    this.#tag = new TagParameter(evp);
  }

  seal(
    aad: Uint8Array,
    aadAt: number,
    aadLength: number,
    text: Uint8Array,
    textAt: number,
    textLength: number,
  ): void {
    const { evp, handle, lengthAddress } = this;
    must(handle, 'a cipher that was closed');
    const at = this.#text.of(text) + textAt;
    must(evp.init(handle, 0, 0, 0, this.ivAddress, keepDirection), 'EVP_CipherInit_ex');
    must(evp.update(handle, 0, lengthAddress, this.#aad.of(aad) + aadAt, aadLength), 'EVP_CipherUpdate');
    must(evp.update(handle, at, lengthAddress, at, textLength), 'EVP_CipherUpdate');
    must(evp.final(handle, at + textLength, lengthAddress), 'EVP_CipherFinal_ex');
    must(evp.control(handle, getTag, tagLength, at + textLength), 'EVP_CTRL_AEAD_GET_TAG');
  }

  open(
    aad: Uint8Array,
    aadAt: number,
    aadLength: number,
    text: Uint8Array,
    textAt: number,
    textLength: number,
  ): boolean {
    const { evp, handle, lengthAddress } = this;
    must(handle, 'a cipher that was closed');
    const at = this.#text.of(text) + textAt;
    this.#tag.at = at + textLength;
    must(evp.initWith(handle, 0, 0, this.ivAddress, keepDirection, this.#tag.address), 'EVP_CipherInit_ex2');
    must(evp.update(handle, 0, lengthAddress, this.#aad.of(aad) + aadAt, aadLength), 'EVP_CipherUpdate');
    must(evp.update(handle, at, lengthAddress, at, textLength), 'EVP_CipherUpdate');
    return evp.final(handle, at + textLength, lengthAddress) === 1;
  }
}

class OpensslCounter extends Context implements CounterCipher {
  readonly #text: Place;

  constructor(evp: Evp, key: Uint8Array) {
    super(evp, 'ctr', key, 1);
    this.#text = new Place(evp);
  }

  apply(bytes: Uint8Array, at: number, length: number): void {
    const address = this.#text.of(bytes) + at;
    must(this.handle, 'a cipher that was closed');
    must(this.evp.init(this.handle, 0, 0, 0, this.ivAddress, keepDirection), 'EVP_CipherInit_ex');
    must(this.evp.update(this.handle, address, this.lengthAddress, address, length), 'EVP_CipherUpdate');
  }
}

class OpensslHmac implements HmacSha1 {
  readonly digest = fixedBytes(20);
  readonly #evp: Evp;
  #handle: number;
  readonly #digestAddress: number;
  readonly #text: Place;

  constructor(evp: Evp, key: Uint8Array) {
    this.#evp = evp;
    this.#text = new Place(evp);
    this.#digestAddress = evp.addressOf(this.digest);
    this.#handle = evp.newHmac();
    must(this.#handle, 'HMAC_CTX_new');
    const held = fixedBytes(Math.max(1, key.length));
    held.set(key);
    must(evp.initHmac(this.#handle, evp.addressOf(held), key.length, evp.sha1, 0), 'HMAC_Init_ex');
    held.fill(0);
  }

  compute(bytes: Uint8Array, at: number, length: number): void {
    const { initHmac, updateHmac, finalHmac } = this.#evp;
    must(this.#handle, 'an HMAC that was closed');
    must(initHmac(this.#handle, 0, 0, 0, 0), 'HMAC_Init_ex');
    must(updateHmac(this.#handle, this.#text.of(bytes) + at, length), 'HMAC_Update');
    must(finalHmac(this.#handle, this.#digestAddress, 0), 'HMAC_Final');
  }

  close(): void {
    if (this.#handle === 0) return;
    this.#evp.freeHmac(this.#handle);
    this.#handle = 0;
  }
}

export type OpensslCiphers =
  | { readonly state: 'ready'; readonly ciphers: SrtpCiphers }
  | {
      readonly state: 'unavailable';
      /** `ffi`: koffi is not installed or does not run here; `symbols`: this node binary exports no OpenSSL;
       * `wrong`: what it computes is not what node:crypto computes. */
      readonly reason: 'ffi' | 'symbols' | 'wrong';
      readonly cause: string;
    };

function ciphersOf(evp: Evp): SrtpCiphers {
  return {
    name: 'openssl',
    aead: (key, direction) => new OpensslAead(evp, key, direction === 'seal' ? 1 : 0),
    counter: (key) => new OpensslCounter(evp, key),
    hmacSha1: (key) => new OpensslHmac(evp, key),
  };
}

/** One packet through both backends, then opened, whole and spoilt: the SFU must not be who finds out that a binary differs. */
function worksAlike(ciphers: SrtpCiphers): boolean {
  const key = Uint8Array.from({ length: 32 }, (_, index) => index);
  const sealed = [ciphers, nodeCiphers].map((backend) => {
    const bytes = fixedBytes(128).fill(7);
    const cipher = backend.aead(key, 'seal');
    cipher.seal(bytes, 0, 12, bytes, 12, 100);
    cipher.close();
    return bytes;
  });
  const [ours, others] = sealed;
  if (ours === undefined || !ours.every((byte, index) => byte === others?.[index])) return false;
  return opens(ciphers, key, ours) && !opens(ciphers, key, ours.fill(0, 20, 24));
}

function opens(ciphers: SrtpCiphers, key: Uint8Array, sealed: Uint8Array): boolean {
  const bytes = fixedBytes(sealed.length);
  bytes.set(sealed);
  const cipher = ciphers.aead(key, 'open');
  const isAuthentic = cipher.open(bytes, 0, 12, bytes, 12, 100);
  cipher.close();
  return isAuthentic;
}

function unavailable(reason: 'ffi' | 'symbols' | 'wrong', cause: unknown): OpensslCiphers {
  return { state: 'unavailable', reason, cause: cause instanceof Error ? cause.message : String(cause) };
}

let found: OpensslCiphers | null = null;

/** Loads once per process. */
export function opensslCiphers(): OpensslCiphers {
  found ??= load(() => createRequire(import.meta.url)('koffi') as Koffi);
  return found;
}

/** Exported for its tests: `require` may fail in every way. */
export function load(require: () => Koffi): OpensslCiphers {
  let library: Koffi;
  try {
    library = require();
  } catch (error) {
    return unavailable('ffi', error);
  }
  try {
    const ciphers = ciphersOf(bindEvp(library));
    return worksAlike(ciphers)
      ? { state: 'ready', ciphers }
      : unavailable('wrong', 'differs from node:crypto');
  } catch (error) {
    return unavailable('symbols', error);
  }
}
