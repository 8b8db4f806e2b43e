/** Protected packets of every profile, opened. */
import { nodeCiphers } from '../../../bots/crypto/node.ts';
import { opensslCiphers } from '../../../bots/crypto/openssl.ts';
import { parseRtp, RtpHeader } from '../../../bots/engine/rtp/header.ts';
import { srtpProfiles } from '../../../bots/engine/srtp/profile.ts';
import { SrtpReceiver } from '../../../bots/engine/srtp/receiver.ts';
import { SrtpSender } from '../../../bots/engine/srtp/sender.ts';
import { fromHex } from '../../vectors/hex.ts';
import { rtcp } from '../../vectors/rtcp.ts';
import type { Target } from '../mutate.ts';

const found = opensslCiphers();
const ciphers = found.state === 'ready' ? found.ciphers : nodeCiphers;
const header = new RtpHeader();

export const srtp: readonly Target[] = srtpProfiles.map((profile): Target => {
  const masterKey = new Uint8Array(profile.keyLength);
  const keys = { profile, masterKey, masterSalt: new Uint8Array(profile.saltLength) };
  const sender = SrtpSender.create(keys, ciphers);
  const receiver = SrtpReceiver.create(keys, ciphers, { maxSources: 16 });
  const sealed = [
    rtcp.senderCompound,
    '80600001000000010000000101020304',
    '90600002000000010000000299bede0001310001020304',
  ].map((hex, index) => {
    const bytes = fromHex(hex, 20);
    const length = bytes.length - 20;
    return bytes.slice(
      0,
      index === 0 ? sender.protectRtcp(bytes, 0, length) : sender.protectRtp(bytes, 0, length),
    );
  });
  return {
    name: `srtp ${profile.name}`,
    stateful: true,
    seeds: sealed,
    run(bytes, at, length) {
      if (parseRtp(header, bytes, at, length) < 0) return 0;
      return receiver.unprotectRtcp(bytes, at, length) + receiver.unprotectRtp(header, bytes, at, length, 2);
    },
  };
});
