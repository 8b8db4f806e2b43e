/** SRTP sessions: rollover on both sides, replay, sampling, limits, and damaged packets of every profile. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nodeCiphers } from '../../../../bots/crypto/node.ts';
import { writeUint16, writeUint32 } from '../../../../bots/engine/bytes.ts';
import { reason } from '../../../../bots/engine/reason.ts';
import { parseRtp, RtpHeader } from '../../../../bots/engine/rtp/header.ts';
import type { SrtpCiphers } from '../../../../bots/engine/srtp/ciphers.ts';
import { type SrtpKeys, type SrtpProfile, srtpProfiles } from '../../../../bots/engine/srtp/profile.ts';
import { SrtpReceiver, type SrtpReceiverLimits } from '../../../../bots/engine/srtp/receiver.ts';
import { SrtpSender } from '../../../../bots/engine/srtp/sender.ts';
import { backends } from '../../crypto/backends.ts';

const ssrc = 0xfedcba98;
const aes256 = srtpProfiles[0] as SrtpProfile;

function keysOf(profile: SrtpProfile): SrtpKeys {
  return {
    profile,
    masterKey: Uint8Array.from({ length: profile.keyLength }, (_, index) => index * 7),
    masterSalt: Uint8Array.from({ length: profile.saltLength }, (_, index) => index * 11),
  };
}

class Pair {
  readonly arena = new Uint8Array(4096);
  readonly header = new RtpHeader();
  readonly sender: SrtpSender;
  readonly receiver: SrtpReceiver;

  constructor(profile: SrtpProfile, ciphers: SrtpCiphers = nodeCiphers, limits: SrtpReceiverLimits = {}) {
    this.sender = SrtpSender.create(keysOf(profile), ciphers);
    this.receiver = SrtpReceiver.create(keysOf(profile), ciphers, limits);
  }

  /** A protected packet of its own. */
  sealed(sequence: number, size = 50, source = ssrc): Uint8Array {
    const { arena } = this;
    arena.fill(sequence & 0xff, 0, 12 + size);
    arena[0] = 0x80;
    arena[1] = 96;
    writeUint16(arena, 2, sequence & 0xffff);
    writeUint32(arena, 8, source);
    const length = this.sender.protectRtp(arena, 0, 12 + size);
    assert.ok(length > 0, String(length));
    return arena.slice(0, length);
  }

  open(packet: Uint8Array, verifyEvery = 1): number {
    this.arena.set(packet, 7);
    const parsed = parseRtp(this.header, this.arena, 7, packet.length);
    if (parsed < 0) return parsed;
    return this.receiver.unprotectRtp(this.header, this.arena, 7, packet.length, verifyEvery);
  }
}

for (const ciphers of backends()) {
  for (const profile of srtpProfiles) {
    describe(`${profile.name} by ${ciphers.name}`, () => {
      it('brings packets through three rollovers, with loss and reordering', () => {
        const pair = new Pair(profile, ciphers);
        let sequence = 65_000;
        for (let round = 0; round < 3000; round += 1) {
          const first = pair.sealed(sequence);
          const second = pair.sealed(sequence + 1);
          assert.equal(pair.open(second), 62);
          assert.equal(pair.open(first), 62);
          assert.equal(pair.arena[7 + 12], sequence & 0xff);
          sequence += 71;
        }
        assert.ok(sequence > 65_536 * 3);
      });

      it('gives every size back as it was', () => {
        const pair = new Pair(profile, ciphers);
        for (let size = 0; size < 1500; size += 37) {
          const packet = pair.sealed(size, size);
          assert.equal(packet.length, 12 + size + profile.tagLength);
          assert.equal(pair.open(packet), 12 + size);
          assert.equal(pair.header.payloadLength, size);
          assert.ok(pair.arena.subarray(19, 19 + size).every((byte) => byte === (size & 0xff)));
        }
      });

      it('refuses every single damaged byte, and every truncation, of RTP and RTCP', () => {
        const pair = new Pair(profile, ciphers);
        const packet = pair.sealed(1, 20);
        for (let at = 0; at < packet.length; at += 1) {
          const damaged = packet.slice();
          damaged[at] = (damaged[at] as number) ^ 0x10;
          assert.ok(pair.open(damaged) < 0, `byte ${at}`);
          assert.ok(pair.open(packet.subarray(0, at)) < 0, `length ${at}`);
        }
        assert.equal(pair.open(packet), 32);

        pair.arena.fill(3, 0, 28);
        pair.arena[0] = 0x80;
        const length = pair.sender.protectRtcp(pair.arena, 0, 28);
        const compound = pair.arena.slice(0, length);
        for (let at = 0; at < length; at += 1) {
          pair.arena.set(compound);
          pair.arena[at] = (pair.arena[at] as number) ^ 0x10;
          assert.ok(pair.receiver.unprotectRtcp(pair.arena, 0, length) < 0, `byte ${at}`);
          pair.arena.set(compound);
          assert.ok(pair.receiver.unprotectRtcp(pair.arena, 0, at) < 0, `length ${at}`);
        }
        pair.arena.set(compound);
        assert.equal(pair.receiver.unprotectRtcp(pair.arena, 0, length), 28);
        pair.arena.set(compound);
        assert.equal(pair.receiver.unprotectRtcp(pair.arena, 0, length), reason.replayed);
      });
    });
  }
}

describe('an SRTP session', () => {
  it('refuses what it has seen and what is older than its window', () => {
    const pair = new Pair(aes256, nodeCiphers, { replayWindow: 64 });
    const packets = Array.from({ length: 200 }, (_, index) => pair.sealed(65_500 + index));
    assert.equal(pair.open(packets[0] as Uint8Array), 62);
    assert.equal(pair.open(packets[0] as Uint8Array), reason.replayed);
    assert.equal(pair.open(packets[100] as Uint8Array), 62);
    assert.equal(pair.open(packets[36] as Uint8Array), reason.tooOld);
    assert.equal(pair.open(packets[37] as Uint8Array), 62);
    assert.equal(pair.open(packets[37] as Uint8Array), reason.replayed);
    assert.equal(pair.open(packets[0] as Uint8Array), reason.tooOld);
  });

  it('marks as a set of indices would, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 }), (order) => {
        const pair = new Pair(aes256, nodeCiphers, { replayWindow: 128 });
        const seen = new Set<number>();
        let highest = -1;
        for (const step of order) {
          const fresh = pair.open(plainRtp(1000 + step), 0) > 0;
          const old = highest >= 0 && step <= highest - 128;
          assert.equal(fresh, !old && !seen.has(step));
          seen.add(step);
          highest = Math.max(highest, step);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('opens one packet in N and keeps count of the others', () => {
    const pair = new Pair(aes256);
    let opened = 0;
    for (let sequence = 65_000; sequence < 67_000; sequence += 1) {
      assert.equal(pair.open(pair.sealed(sequence), 16), 62);
      if (pair.receiver.opened) opened += 1;
    }
    assert.equal(opened, 125);
    assert.equal(pair.open(pair.sealed(67_000), 0), 62);
    assert.equal(pair.receiver.opened, false);
    assert.equal(pair.open(pair.sealed(67_001), 1), 62);
    assert.equal(pair.receiver.opened, true);
  });

  it('does not let a forged packet move its state', () => {
    const pair = new Pair(aes256);
    const packets = [10, 11].map((sequence) => pair.sealed(sequence));
    assert.equal(pair.open(packets[0] as Uint8Array), 62);
    const forged = (packets[1] as Uint8Array).slice();
    writeUint16(forged, 2, 30_000);
    assert.equal(pair.open(forged), reason.authentication);
    assert.equal(pair.open(packets[1] as Uint8Array), 62);
  });

  it('takes no more sources than it was made for', () => {
    const pair = new Pair(aes256, nodeCiphers, { maxSources: 2 });
    for (const source of [1, 2]) assert.equal(pair.open(pair.sealed(5, 50, source)), 62);
    assert.equal(pair.open(pair.sealed(5, 50, 3)), reason.tooManySources);
    pair.receiver.forget(1);
    assert.equal(pair.open(pair.sealed(6, 50, 3)), 62);
  });

  it('gives no place to the last report of a stream that has ended', () => {
    const pair = new Pair(aes256, nodeCiphers, { maxSources: 2 });
    assert.equal(pair.open(pair.sealed(5, 50, 1)), 62);
    pair.receiver.forget(1);
    pair.arena.fill(0, 0, 28);
    pair.arena.set([0x80, 200, 0, 6, 0, 0, 0, 1]);
    const length = pair.sender.protectRtcp(pair.arena, 0, 28);
    assert.equal(pair.receiver.unprotectRtcp(pair.arena, 0, length), 28);
    for (const source of [2, 3]) assert.equal(pair.open(pair.sealed(5, 50, source)), 62);
  });

  it('asks for room behind the packet, and for a whole header', () => {
    const { sender } = new Pair(aes256);
    const tight = new Uint8Array(100);
    tight[0] = 0x80;
    assert.equal(sender.protectRtp(tight, 0, 90), reason.noSpace);
    assert.equal(sender.protectRtcp(tight, 0, 90), reason.noSpace);
    assert.equal(sender.protectRtp(tight, 0, 11), reason.truncated);
    assert.equal(sender.protectRtcp(tight, 0, 7), reason.truncated);
    assert.equal(sender.protectRtp(new Uint8Array(100), 0, 50), reason.version);
  });

  it('refuses keys of the wrong length', () => {
    const keys = { ...keysOf(aes256), masterKey: new Uint8Array(16) };
    assert.throws(() => SrtpSender.create(keys, nodeCiphers), RangeError);
  });
});

function plainRtp(sequence: number): Uint8Array {
  const packet = new Uint8Array(60);
  packet[0] = 0x80;
  writeUint16(packet, 2, sequence);
  return packet;
}
