/** What one received packet costs a stream: nothing on the heap, whatever it carries. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { writeUint16, writeUint32 } from '../../../bots/engine/bytes.ts';
import { Mark, markInstant, markKind, markLength, writeMark } from '../../../bots/engine/payload/mark.ts';
import { Delays } from '../../../bots/engine/receive/delays.ts';
import { parseRtp, RtpHeader } from '../../../bots/engine/rtp/header.ts';
import { createRtpTemplate, writeRtp } from '../../../bots/engine/rtp/template.ts';
import { Incoming } from '../../../bots/synthetic/incoming.ts';
import { stream } from '../../support/played-reception.ts';

/** Until everything is compiled, for good. */
const warmUp = 150;
const rounds = 31;
const perRound = 6400;
const perFrame = 64;
const length = 1100;

/** Median of short rounds, as a collection may hide what one of them left. */
function bytesPerPacket(work: (packets: number) => void): number {
  for (let round = 0; round < warmUp; round += 1) work(perRound);
  const growth: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = process.memoryUsage().heapUsed;
    work(perRound);
    growth.push((process.memoryUsage().heapUsed - before) / perRound);
  }
  return growth.toSorted((left, right) => left - right)[rounds >> 1] ?? Number.NaN;
}

/** Frames of many packets, as each frame costs a number; `isMarked`: packets are opened, and have a mark. */
function receive(isMarked: boolean): { incoming: Incoming; delays: Delays; work: (packets: number) => void } {
  const delays = new Delays(150);
  const verifyEvery = isMarked ? 1 : 16;
  const incoming = new Incoming({ ...stream, readable: 'VP8' }, false, {
    verifyEvery,
    delays,
    onFrame: () => undefined,
  });
  const bytes = new Uint8Array(new ArrayBuffer(1500));
  const header = new RtpHeader();
  const extensions = [{ name: 'transportSequence', id: 5 }] as const;
  writeRtp(createRtpTemplate({ payloadType: 101, ssrc: stream.ssrc, extensions }), bytes, 0, false, 0, 0);
  const mark = Object.assign(new Mark(), { kind: markKind.video, sourceBits: -5 });
  const clock = new Float64Array([1000.37]);
  let index = 0;
  const work = (packets: number): void => {
    for (let done = 0; done < packets; done += 1) {
      const frame = Math.floor(index / perFrame);
      bytes[1] = 101 | (index % perFrame === perFrame - 1 ? 0x80 : 0);
      writeUint16(bytes, 2, index & 0xffff);
      writeUint32(bytes, 4, frame * 3000);
      mark.packetBits = index;
      mark.frameBits = frame;
      mark.sentBits = markInstant((clock[0] as number) - 3);
      if (isMarked) writeMark(mark, bytes, length - markLength);
      parseRtp(header, bytes, 0, length);
      // VP8: the first packet begins a key frame.
      bytes[header.payloadAt] = index === 0 ? 0x10 : 0;
      header.arrivalMs = clock[0] as number;
      incoming.packet(header, bytes, length, isMarked || incoming.isOpenedFor(header.sequence));
      index += 1;
      clock[0] = (clock[0] as number) + 8.013;
    }
  };
  return { incoming, delays, work };
}

describe('a stream’s packet allocates nothing', () => {
  for (const isMarked of [false, true]) {
    it(isMarked ? 'when its mark is followed' : 'when it is counted', () => {
      const { incoming, delays, work } = receive(isMarked);
      const perPacket = bytesPerPacket(work);
      assert.ok(perPacket < 1, `${perPacket} bytes per packet`);
      const packets = (warmUp + rounds) * perRound;
      assert.equal(incoming.receiver.receivedTotal, packets);
      assert.equal(incoming.isWatched, false);
      const [ledger] = incoming.identity?.read() ?? [];
      assert.equal(ledger?.receivedTotal, isMarked ? packets : undefined);
      assert.deepEqual([delays.size, incoming.identity?.wrongTotal ?? 0], [isMarked ? packets : 0, 0]);
    });
  }
});
