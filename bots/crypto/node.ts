/** The ciphers of SRTP by `node:crypto`: portable, and several objects per packet. */
import {
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
} from 'node:crypto';
import type { AeadCipher, CounterCipher, HmacSha1, SrtpCiphers } from '../engine/srtp/ciphers.ts';

const tagLength = 16;

function bits(key: Uint8Array): number {
  if (key.length !== 16 && key.length !== 32) throw new RangeError(`AES key of ${key.length} bytes`);
  return key.length * 8;
}

function createAead(key: Uint8Array): AeadCipher {
  const iv = new Uint8Array(12);
  const name = `aes-${bits(key)}-gcm` as CipherGCMTypes;
  const secret = createSecretKey(key);
  return {
    iv,
    seal(aad, aadAt, aadLength, text, textAt, textLength) {
      const cipher = createCipheriv(name, secret, iv, { authTagLength: tagLength });
      cipher.setAAD(aad.subarray(aadAt, aadAt + aadLength));
      text.set(cipher.update(text.subarray(textAt, textAt + textLength)), textAt);
      cipher.final();
      text.set(cipher.getAuthTag(), textAt + textLength);
    },
    open(aad, aadAt, aadLength, text, textAt, textLength) {
      const cipher = createDecipheriv(name, secret, iv, { authTagLength: tagLength });
      cipher.setAAD(aad.subarray(aadAt, aadAt + aadLength));
      const end = textAt + textLength;
      cipher.setAuthTag(text.subarray(end, end + tagLength));
      text.set(cipher.update(text.subarray(textAt, end)), textAt);
      try {
        cipher.final();
        return true;
      } catch {
        return false;
      }
    },
    close() {},
  };
}

function createCounter(key: Uint8Array): CounterCipher {
  const iv = new Uint8Array(16);
  const name = `aes-${bits(key)}-ctr`;
  const secret = createSecretKey(key);
  return {
    iv,
    apply(bytes, at, length) {
      const cipher = createCipheriv(name, secret, iv);
      bytes.set(cipher.update(bytes.subarray(at, at + length)), at);
    },
    close() {},
  };
}

function createHmacSha1(key: Uint8Array): HmacSha1 {
  const digest = new Uint8Array(20);
  const secret = createSecretKey(key);
  return {
    digest,
    compute(bytes, at, length) {
      digest.set(
        createHmac('sha1', secret)
          .update(bytes.subarray(at, at + length))
          .digest(),
      );
    },
    close() {},
  };
}

export const nodeCiphers: SrtpCiphers = {
  name: 'node',
  aead: createAead,
  counter: createCounter,
  hmacSha1: createHmacSha1,
};
