/** Both cipher backends against each other, byte by byte, and what is said where the fast one does not load. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nodeCiphers } from '../../../bots/crypto/node.ts';
import { load, opensslCiphers } from '../../../bots/crypto/openssl.ts';
import type { SrtpCiphers } from '../../../bots/engine/srtp/ciphers.ts';

const found = opensslCiphers();
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const key = fc.constantFrom(16, 32).chain(bytes);
const text = fc.uint8Array({ minLength: 0, maxLength: 1500 });

describe('cipher backends', { skip: found.state !== 'ready' }, () => {
  const fast: SrtpCiphers = found.state === 'ready' ? found.ciphers : nodeCiphers;

  it('seal alike, and open what the other sealed', () => {
    fc.assert(
      fc.property(key, bytes(12), bytes(24), text, (key, iv, aad, plain) => {
        const outputs = [nodeCiphers, fast].map((backend) => {
          const arena = new Uint8Array(plain.length + 40);
          arena.set(plain, 5);
          const cipher = backend.aead(key, 'seal');
          cipher.iv.set(iv);
          cipher.seal(aad, 4, 20, arena, 5, plain.length);
          cipher.close();
          return arena;
        });
        assert.deepEqual(outputs[0], outputs[1]);
        for (const backend of [nodeCiphers, fast]) {
          const arena = (outputs[0] as Uint8Array).slice();
          const cipher = backend.aead(key, 'open');
          cipher.iv.set(iv);
          assert.equal(cipher.open(aad, 4, 20, arena, 5, plain.length), true);
          assert.deepEqual(arena.subarray(5, 5 + plain.length), plain);
          arena.set(outputs[0] as Uint8Array);
          arena[5 + plain.length] = (arena[5 + plain.length] as number) ^ 1;
          cipher.iv.set(iv);
          assert.equal(cipher.open(aad, 4, 20, arena, 5, plain.length), false);
          cipher.close();
        }
      }),
      { numRuns: 200 },
    );
  });

  it('count and hash alike', () => {
    fc.assert(
      fc.property(key, bytes(16), bytes(20), text, (key, iv, macKey, plain) => {
        const outputs = [nodeCiphers, fast].map((backend) => {
          const arena = new Uint8Array(plain.length + 3);
          arena.set(plain, 3);
          const cipher = backend.counter(key);
          cipher.iv.set(iv);
          cipher.apply(arena, 3, plain.length);
          cipher.close();
          const hmac = backend.hmacSha1(macKey);
          hmac.compute(arena, 0, arena.length);
          hmac.compute(arena, 1, arena.length - 1);
          const digest = hmac.digest.slice();
          hmac.close();
          return [arena, digest];
        });
        assert.deepEqual(outputs[0], outputs[1]);
      }),
      { numRuns: 200 },
    );
  });

  it('refuse to work when closed, instead of using freed memory', () => {
    const arena = new Uint8Array(64);
    const aead = fast.aead(new Uint8Array(16), 'seal');
    const counter = fast.counter(new Uint8Array(16));
    const hmac = fast.hmacSha1(new Uint8Array(20));
    for (const cipher of [aead, counter, hmac]) {
      cipher.close();
      cipher.close();
    }
    assert.throws(() => aead.seal(arena, 0, 12, arena, 12, 10), /closed/);
    assert.throws(() => counter.apply(arena, 0, 10), /closed/);
    assert.throws(() => hmac.compute(arena, 0, 10), /closed/);
    assert.throws(() => fast.aead(new Uint8Array(5), 'seal'), RangeError);
  });
});

describe('where the fast backend does not load', () => {
  it('says that FFI is missing', () => {
    const refused = load(() => {
      throw new Error('Cannot find the native Koffi module');
    });
    assert.deepEqual(refused, {
      state: 'unavailable',
      reason: 'ffi',
      cause: 'Cannot find the native Koffi module',
    });
  });

  it('says that the binary exports no OpenSSL', () => {
    const library = {
      load: () => ({
        func: (name: string) => {
          throw new Error(`Cannot find function '${name}' in shared library`);
        },
      }),
    } as unknown as Parameters<typeof load>[0] extends () => infer K ? K : never;
    const refused = load(() => library);
    assert.equal(refused.state === 'unavailable' && refused.reason, 'symbols');
  });
});
