/** STUN messages: RFC 5769's vectors read and written, round trips, damage. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hmacSha1 } from '../../../../bots/crypto/hmac-sha1.ts';
import { reason } from '../../../../bots/engine/reason.ts';
import { attribute, messageType } from '../../../../bots/engine/stun/attribute.ts';
import { crc32 } from '../../../../bots/engine/stun/crc32.ts';
import {
  integrityMatches,
  parseStun,
  readXorMappedAddress,
  StunMessage,
  transactionEquals,
  xorMappedPort,
} from '../../../../bots/engine/stun/message.ts';
import { StunWriter } from '../../../../bots/engine/stun/writer.ts';
import { fromHex, toHex } from '../../../vectors/hex.ts';
import { stun } from '../../../vectors/stun.ts';

const key = Buffer.from(stun.password);
const transaction = fromHex(stun.transaction);
const space = 0x20;

function parsed(bytes: Uint8Array): StunMessage {
  const message = new StunMessage();
  assert.equal(parseStun(message, bytes, 0, bytes.length), bytes.length);
  return message;
}

describe('RFC 5769', () => {
  it('§2.1: reads and writes the request', () => {
    const bytes = fromHex(stun.request);
    const message = parsed(bytes);
    assert.equal(message.type, messageType.request);
    assert.ok(transactionEquals(message, bytes, transaction));
    assert.equal(message.priority, 0x6e0001ff);
    assert.equal(toHex(bytes, message.controlledAt, 8), '932ff9b151263b36');
    assert.equal(
      toHex(bytes, message.usernameAt, message.usernameLength),
      Buffer.from(stun.username).toString('hex'),
    );
    assert.ok(integrityMatches(message, bytes, key, hmacSha1));
    assert.equal(integrityMatches(message, bytes, Buffer.from('wrong'), hmacSha1), false);

    const written = new Uint8Array(bytes.length + 3);
    const writer = new StunWriter();
    writer.begin(written, 3, messageType.request, transaction, 0);
    writer.bytes(attribute.software, Buffer.from('STUN test client'), space);
    writer.uint32(attribute.priority, 0x6e0001ff);
    writer.bytes(attribute.iceControlled, fromHex('932ff9b151263b36'));
    writer.bytes(attribute.username, Buffer.from(stun.username), space);
    writer.integrity(key, hmacSha1);
    assert.equal(writer.finish(), bytes.length);
    assert.equal(toHex(written, 3), toHex(bytes));
  });

  for (const [section, text, hex] of [
    ['§2.2', stun.response4, stun.address4],
    ['§2.3', stun.response6, stun.address6],
  ] as const) {
    it(`${section}: reads and writes the response`, () => {
      const bytes = fromHex(text);
      const message = parsed(bytes);
      const address = new Uint8Array(16);
      const length = readXorMappedAddress(message, bytes, address);
      assert.equal(toHex(address, 0, length), hex);
      assert.equal(xorMappedPort(message, bytes), stun.port);
      assert.ok(integrityMatches(message, bytes, key, hmacSha1));

      const written = new Uint8Array(bytes.length);
      const writer = new StunWriter();
      writer.begin(written, 0, messageType.success, transaction, 0);
      writer.bytes(attribute.software, Buffer.from('test vector'), space);
      writer.xorMappedAddress(address, length, stun.port);
      writer.integrity(key, hmacSha1);
      assert.equal(writer.finish(), bytes.length);
      assert.equal(toHex(written), toHex(bytes));
    });
  }

  it('§2.4: reads a request with long-term credentials', () => {
    const { username, realm, password, request } = stun.longTerm;
    const bytes = fromHex(request);
    const message = parsed(bytes);
    assert.equal(Buffer.from(bytes).toString('utf8', message.usernameAt, message.usernameAt + 18), username);
    assert.equal(message.usernameLength, 18);
    const longTerm = createHash('md5').update(`${username}:${realm}:${password}`).digest();
    assert.ok(integrityMatches(message, bytes, longTerm, hmacSha1));
    assert.equal(integrityMatches(message, bytes, key, hmacSha1), false);
  });

  it('no truncation and no damaged byte passes for the original', () => {
    const bytes = fromHex(stun.request);
    const message = new StunMessage();
    for (let at = 0; at < bytes.length; at += 1) {
      assert.ok(parseStun(message, bytes, 0, at) < 0, `length ${at}`);
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] as number) ^ 4;
      const refused = parseStun(message, damaged, 0, damaged.length) < 0;
      // Bytes 100 and 101 are FINGERPRINT's type: behind MESSAGE-INTEGRITY an unknown one is to be ignored.
      if (at === 100 || at === 101) continue;
      assert.ok(refused || !integrityMatches(message, damaged, key, hmacSha1), `byte ${at}`);
    }
  });
});

describe('STUN', () => {
  const message = new StunMessage();
  const refusal = (text: string): number => {
    const bytes = fromHex(text);
    return parseStun(message, bytes, 0, bytes.length);
  };
  const head = '2112a442 b7e7a701 bc34d686 fa87dfae';

  it('names why it refuses', () => {
    assert.equal(refusal(`0001 0000 2112a443 ${head.slice(9)}`), reason.version);
    assert.equal(refusal(`0001 0000 ${head} 00`), reason.length);
    assert.equal(refusal(`0001 0002 ${head} 0000`), reason.length);
    assert.equal(refusal(`0001 0004 ${head} 0006 0008`), reason.truncated);
    assert.equal(refusal(`0001 0008 ${head} 8028 0004 00000000`), reason.fingerprint);
    assert.equal(refusal(`0001 0008 ${head} 0024 0002 00000000`), reason.malformed);
    assert.equal(refusal(`0101 0008 ${head} 0020 0004 00010000`), reason.malformed);
    assert.equal(refusal(`0001 0008 ${head} 7fff 0002 00000000`), 28);
    assert.equal(message.unknown, 0x7fff);
  });

  it('computes the CRC of its standard', () => {
    assert.equal(crc32(Buffer.from('x123456789'), 1, 9), 0xcbf43926);
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        const framed = Uint8Array.from([...fromHex(`0001 0000 ${head}`), ...bytes]);
        framed[3] = bytes.length & 0xfc;
        const length = 20 + (bytes.length & 0xfc);
        const result = parseStun(message, framed, 0, length);
        assert.ok(result < 0 || result === length);
        if (result > 0) integrityMatches(message, framed, key, hmacSha1);
      }),
    );
  });
});
