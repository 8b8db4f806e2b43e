/** SRTP per packet: the OpenSSL inside the node binary by FFI, against node:crypto, in one run. */
import { nodeCiphers } from '../../bots/crypto/node.ts';
import { opensslCiphers } from '../../bots/crypto/openssl.ts';
import { writeUint16 } from '../../bots/engine/bytes.ts';
import { parseRtp, RtpHeader } from '../../bots/engine/rtp/header.ts';
import type { SrtpCiphers } from '../../bots/engine/srtp/ciphers.ts';
import { type SrtpKeys, type SrtpProfile, srtpProfiles } from '../../bots/engine/srtp/profile.ts';
import { SrtpReceiver } from '../../bots/engine/srtp/receiver.ts';
import { SrtpSender } from '../../bots/engine/srtp/sender.ts';
import { median } from '../support/statistics.ts';

const packetLength = 1100;
const slots = 256;
const stride = 1500;
const rounds = 5;

interface Cost {
  readonly protectUs: number;
  readonly unprotectUs: number;
  readonly countUs: number;
}

function measure(profile: SrtpProfile, ciphers: SrtpCiphers, packets: number): Cost {
  const keys: SrtpKeys = {
    profile,
    masterKey: new Uint8Array(profile.keyLength).fill(1),
    masterSalt: new Uint8Array(profile.saltLength).fill(2),
  };
  const sender = SrtpSender.create(keys, ciphers);
  const receiver = SrtpReceiver.create(keys, ciphers);
  const counting = SrtpReceiver.create(keys, ciphers);
  const arena = new Uint8Array(new ArrayBuffer(slots * stride));
  const header = new RtpHeader();
  const costs = { protect: [] as number[], unprotect: [] as number[], count: [] as number[] };
  let sequence = 0;
  const each = (work: (at: number) => void): number => {
    const before = performance.now();
    for (let slot = 0; slot < slots; slot += 1) work(slot * stride);
    return performance.now() - before;
  };
  const sealedLength = packetLength + profile.tagLength;
  for (let round = 0; round < rounds; round += 1) {
    let protect = 0;
    let unprotect = 0;
    let count = 0;
    for (let done = 0; done < packets; done += slots) {
      protect += each((at) => {
        arena[at] = 0x80;
        writeUint16(arena, at + 2, sequence++ & 0xffff);
        sender.protectRtp(arena, at, packetLength);
      });
      count += each((at) => {
        parseRtp(header, arena, at, sealedLength);
        counting.unprotectRtp(header, arena, at, sealedLength, 0);
      });
      unprotect += each((at) => {
        parseRtp(header, arena, at, sealedLength);
        receiver.unprotectRtp(header, arena, at, sealedLength, 1);
      });
    }
    costs.protect.push((protect / packets) * 1000);
    costs.unprotect.push((unprotect / packets) * 1000);
    costs.count.push((count / packets) * 1000);
  }
  for (const session of [sender, receiver, counting]) session.close();
  return {
    protectUs: median(costs.protect),
    unprotectUs: median(costs.unprotect),
    countUs: median(costs.count),
  };
}

export const bench = {
  title: `SRTP, µs per packet of ${packetLength} bytes (median of ${rounds}; count: index and replay only)`,
  rows: async (): Promise<readonly (readonly string[])[]> => {
    const head = ['profile', 'ciphers', 'protect', 'unprotect', 'count', 'protect ÷ openssl'];
    const fast = opensslCiphers();
    const table = srtpProfiles.flatMap((profile) => {
      const openssl = fast.state === 'ready' ? measure(profile, fast.ciphers, 51_200) : null;
      const portable = measure(profile, nodeCiphers, 12_800);
      const row = (name: string, cost: Cost): string[] => [
        profile.name,
        name,
        cost.protectUs.toFixed(2),
        cost.unprotectUs.toFixed(2),
        cost.countUs.toFixed(3),
        openssl === null ? '–' : (cost.protectUs / openssl.protectUs).toFixed(1),
      ];
      return [...(openssl === null ? [] : [row('openssl', openssl)]), row('node', portable)];
    });
    return [head, ...table];
  },
};
