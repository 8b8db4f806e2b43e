/** STUN messages, as a parser and as an ICE client sees them. */
import { hmacSha1 } from '../../../bots/crypto/hmac-sha1.ts';
import { readUint16, writeUint32 } from '../../../bots/engine/bytes.ts';
import { fingerprintMask } from '../../../bots/engine/stun/attribute.ts';
import { crc32 } from '../../../bots/engine/stun/crc32.ts';
import { IceClient } from '../../../bots/engine/stun/ice-client.ts';
import {
  parseStun,
  readXorMappedAddress,
  StunMessage,
  xorMappedPort,
} from '../../../bots/engine/stun/message.ts';
import { captured as chromium } from '../../vectors/captured-chromium.ts';
import { captured as mediasoup } from '../../vectors/captured-mediasoup-media.ts';
import { fromHex } from '../../vectors/hex.ts';
import { stun as vectors } from '../../vectors/stun.ts';
import type { Target } from '../mutate.ts';

const message = new StunMessage();
const address = new Uint8Array(16);
const source = { address, addressLength: 4, port: 1 } as const;
const out = new Uint8Array(700);
const seeds = [
  vectors.request,
  vectors.response4,
  vectors.response6,
  vectors.longTerm.request,
  ...[...chromium.stun, ...mediasoup.stun].map(({ hex }) => hex),
].map((text) => fromHex(text));

/** So that mutations get behind the checksum: a FINGERPRINT at the end is made right again. */
function repair(bytes: Uint8Array, at: number, length: number): void {
  if (length < 28 || readUint16(bytes, at + length - 8) !== 0x8028) return;
  writeUint32(bytes, at + length - 4, crc32(bytes, at, length - 8) ^ fingerprintMask);
}

export const stun: Target = {
  name: 'stun',
  seeds,
  run(bytes, at, length) {
    repair(bytes, at, length);
    const result = parseStun(message, bytes, at, length);
    if (result < 0 || message.xorMappedAt < 0) return result;
    return result + readXorMappedAddress(message, bytes, address) + xorMappedPort(message, bytes);
  },
};

const client = IceClient.create({
  local: { ufrag: 'evtj', password: vectors.password },
  remote: { ufrag: 'h6vY', password: vectors.password },
  remoteLite: false,
  controlling: true,
  priority: 1,
  tieBreaker: new Uint8Array(8),
  hmacSha1,
  random: (bytes, at) => bytes.set(fromHex(vectors.transaction), at),
  jitter: () => 0,
});
client.poll(0, out, 0);

export const ice: Target = {
  name: 'ice client',
  stateful: true,
  seeds,
  run(bytes, at, length) {
    repair(bytes, at, length);
    return client.receive(bytes, at, length, 1, source, out, 0);
  },
};
