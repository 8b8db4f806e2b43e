/** RFC 3711 appendix B and RFC 7714 §16–17, on every cipher backend that runs here. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reason } from '../../../../bots/engine/reason.ts';
import { createAeadTransform } from '../../../../bots/engine/srtp/aead.ts';
import { deriveTransportKeys } from '../../../../bots/engine/srtp/key-derivation.ts';
import { srtpProfileOf } from '../../../../bots/engine/srtp/profile.ts';
import { fromHex, toHex } from '../../../vectors/hex.ts';
import { gcm, keyDerivation, keystream } from '../../../vectors/srtp.ts';
import { backends } from '../../crypto/backends.ts';

const plain = (text: string): string => text.replaceAll(' ', '');

for (const ciphers of backends()) {
  describe(`SRTP vectors by ${ciphers.name}`, () => {
    it('RFC 3711 B.3: key derivation', () => {
      const profile = srtpProfileOf(1);
      assert.ok(profile);
      const { rtp } = deriveTransportKeys(ciphers, {
        profile,
        masterKey: fromHex(keyDerivation.masterKey),
        masterSalt: fromHex(keyDerivation.masterSalt),
      });
      assert.equal(toHex(rtp.encryption), keyDerivation.encryption);
      assert.equal(toHex(rtp.salt), keyDerivation.salt);
      assert.equal(toHex(rtp.authentication), keyDerivation.authentication);
    });

    it('RFC 3711 B.2: keystream', () => {
      const cipher = ciphers.counter(fromHex(keystream.key));
      const stream = new Uint8Array(0xff02 * 16);
      cipher.iv.fill(0);
      cipher.iv.set(fromHex(keystream.salt));
      cipher.apply(stream, 0, stream.length);
      cipher.close();
      assert.equal(toHex(stream, 0, 48), plain(keystream.start));
      assert.equal(toHex(stream, 0xfeff * 16, 48), plain(keystream.late));
    });

    for (const { key, srtp, srtcp } of gcm.cases) {
      const session = { encryption: fromHex(key), authentication: new Uint8Array(), salt: fromHex(gcm.salt) };
      const keys = { rtp: session, rtcp: session };
      const name = `AEAD_AES_${key.length * 4}_GCM`;

      it(`RFC 7714 §16: ${name} packet`, () => {
        const seal = createAeadTransform(keys, ciphers, 'seal');
        const open = createAeadTransform(keys, ciphers, 'open');
        const bytes = fromHex(gcm.rtp, 16);
        const length = bytes.length - 16;
        assert.equal(seal.protectRtp(bytes, 0, 12, length, 0, 0xf17b), bytes.length);
        assert.equal(toHex(bytes), plain(srtp));
        assert.equal(open.unprotectRtp(bytes, 0, 12, bytes.length, 0, 0xf17b), length);
        assert.equal(toHex(bytes, 0, length), plain(gcm.rtp));
        seal.close();
        open.close();
      });

      it(`RFC 7714 §17: ${name} compound`, () => {
        const seal = createAeadTransform(keys, ciphers, 'seal');
        const open = createAeadTransform(keys, ciphers, 'open');
        const bytes = fromHex(gcm.rtcp, 20);
        const length = bytes.length - 20;
        assert.equal(seal.protectRtcp(bytes, 0, length, gcm.rtcpIndex), bytes.length);
        assert.equal(toHex(bytes), srtcp);
        assert.equal(open.unprotectRtcp(bytes, 0, bytes.length, gcm.rtcpIndex, true), length);
        assert.equal(toHex(bytes, 0, length), plain(gcm.rtcp));
        seal.close();
        open.close();
      });
    }

    for (const { section, key, srtcp } of gcm.taggedOnly) {
      it(`RFC 7714 ${section}: a compound that is only authenticated, by AES-${key.length * 4}`, () => {
        const session = {
          encryption: fromHex(key),
          authentication: new Uint8Array(),
          salt: fromHex(gcm.salt),
        };
        const open = createAeadTransform({ rtp: session, rtcp: session }, ciphers, 'open');
        const bytes = fromHex(srtcp);
        const length = open.unprotectRtcp(bytes, 0, bytes.length, gcm.rtcpIndex, false);
        assert.equal(toHex(bytes, 0, length), plain(gcm.rtcp));
        bytes[20] = (bytes[20] as number) ^ 1;
        assert.equal(open.unprotectRtcp(bytes, 0, bytes.length, gcm.rtcpIndex, false), reason.authentication);
        open.close();
      });
    }
  });
}
