/** OpenSSL's EVP and HMAC functions, as exported by the node binary itself, bound by FFI. */
import type koffi from 'koffi';

/** Addresses and handles are plain numbers: user space ends at 2^47. */
export type Native = (...args: readonly number[]) => number;
export type Koffi = typeof koffi;

export interface Evp {
  readonly addressOf: (bytes: Uint8Array) => number;
  readonly newContext: Native;
  readonly freeContext: Native;
  readonly init: Native;
  /** Takes parameters as well. */
  readonly initWith: Native;
  readonly update: Native;
  readonly final: Native;
  readonly control: Native;
  readonly newHmac: Native;
  readonly freeHmac: Native;
  readonly initHmac: Native;
  readonly updateHmac: Native;
  readonly finalHmac: Native;
  readonly algorithms: Readonly<Record<string, number>>;
  readonly sha1: number;
}

const pointer = 'uintptr_t';

/** Throws where the binary does not export what is needed. */
export function bindEvp(library: Koffi): Evp {
  const binary = library.load(null);
  const native = (name: string, result: string, parameters: readonly string[]): Native =>
    binary.func(name, result, [...parameters]);
  const algorithm = (name: string): number => native(name, pointer, [])();
  return {
    addressOf: (bytes) => Number(library.address(bytes)),
    newContext: native('EVP_CIPHER_CTX_new', pointer, []),
    freeContext: native('EVP_CIPHER_CTX_free', 'void', [pointer]),
    init: native('EVP_CipherInit_ex', 'int', [pointer, pointer, pointer, pointer, pointer, 'int']),
    initWith: native('EVP_CipherInit_ex2', 'int', [pointer, pointer, pointer, pointer, 'int', pointer]),
    update: native('EVP_CipherUpdate', 'int', [pointer, pointer, pointer, pointer, 'int']),
    final: native('EVP_CipherFinal_ex', 'int', [pointer, pointer, pointer]),
    control: native('EVP_CIPHER_CTX_ctrl', 'int', [pointer, 'int', 'int', pointer]),
    newHmac: native('HMAC_CTX_new', pointer, []),
    freeHmac: native('HMAC_CTX_free', 'void', [pointer]),
    initHmac: native('HMAC_Init_ex', 'int', [pointer, pointer, 'int', pointer, pointer]),
    updateHmac: native('HMAC_Update', 'int', [pointer, pointer, 'size_t']),
    finalHmac: native('HMAC_Final', 'int', [pointer, pointer, pointer]),
    algorithms: {
      'gcm-16': algorithm('EVP_aes_128_gcm'),
      'gcm-32': algorithm('EVP_aes_256_gcm'),
      'ctr-16': algorithm('EVP_aes_128_ctr'),
      'ctr-32': algorithm('EVP_aes_256_ctr'),
    },
    sha1: algorithm('EVP_sha1'),
  };
}
