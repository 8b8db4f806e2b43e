/** No allocation per packet: the heap's growth over a million packets, before and after which nothing is collected. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { opensslCiphers } from '../../../bots/crypto/openssl.ts';
import { writeUint16, writeUint32 } from '../../../bots/engine/bytes.ts';
import { parseRtp, RtpHeader } from '../../../bots/engine/rtp/header.ts';
import { srtpProfiles } from '../../../bots/engine/srtp/profile.ts';
import { SrtpReceiver } from '../../../bots/engine/srtp/receiver.ts';
import { SrtpSender } from '../../../bots/engine/srtp/sender.ts';
import { HotPath } from './hot-path.ts';

const rounds = 31;
const kept: { value: number }[] = [];

/**
 * Bytes of heap per packet. The median of short rounds: an object per packet fills the young generation once in some
 * rounds only, so that a collection cannot hide it.
 */
function bytesPerPacket(packets: number, work: (packets: number) => void): number {
  for (let round = 0; round < rounds; round += 1) work(packets); // compiled, and every table grown
  const growth: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = process.memoryUsage().heapUsed;
    work(packets);
    growth.push((process.memoryUsage().heapUsed - before) / packets);
  }
  return growth.toSorted((left, right) => left - right)[rounds >> 1] ?? Number.NaN;
}

describe('a packet allocates nothing', () => {
  it('which the measure would notice', () => {
    const perPacket = bytesPerPacket(6400, (packets) => {
      for (let done = 0; done < packets; done += 1) kept[done & 63] = { value: done };
    });
    assert.ok(perPacket > 8 && kept.length === 64, `${perPacket} bytes per packet`);
  });

  it('when it is received and reported', () => {
    const path = new HotPath(5, 64);
    let nowMs = 0.37;
    const perPacket = bytesPerPacket(6400, (packets) => {
      for (let done = 0; done < packets; done += 64) {
        path.refill();
        path.receive(nowMs);
        if (done % 640 === 0) path.report();
        nowMs += 5.013;
      }
    });
    assert.ok(perPacket < 1, `${perPacket} bytes per packet`);
    assert.equal(path.recorder.unreportedTotal, 0);
  });

  const found = opensslCiphers();
  it('when it is protected and opened by OpenSSL', { skip: found.state !== 'ready' }, () => {
    if (found.state !== 'ready') return;
    for (const profile of srtpProfiles) {
      const keys = {
        profile,
        masterKey: new Uint8Array(profile.keyLength),
        masterSalt: new Uint8Array(profile.saltLength),
      };
      const sender = SrtpSender.create(keys, found.ciphers);
      const receiver = SrtpReceiver.create(keys, found.ciphers);
      const arena = new Uint8Array(new ArrayBuffer(1500));
      const header = new RtpHeader();
      let sequence = 0;
      let opened = 0;
      const perPacket = bytesPerPacket(4000, (packets) => {
        for (let done = 0; done < packets; done += 1) {
          arena[0] = 0x80;
          writeUint16(arena, 2, sequence & 0xffff);
          writeUint32(arena, 8, 0xfffffff0);
          sequence += 1;
          const length = sender.protectRtp(arena, 0, 200);
          parseRtp(header, arena, 0, length);
          if (receiver.unprotectRtp(header, arena, 0, length, 1) === 200) opened += 1;
        }
      });
      assert.equal(opened, sequence);
      assert.ok(perPacket < 1, `${profile.name}: ${perPacket} bytes per packet`);
      sender.close();
      receiver.close();
    }
  });
});
