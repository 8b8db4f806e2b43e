/** What a bot sends and how it answers, without a network: the transport is a recorder. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nowMs } from '../../../bots/clock.ts';
import { RtcpCursor, rtcpType } from '../../../bots/engine/rtcp/compound.ts';
import { writeNack } from '../../../bots/engine/rtcp/nack.ts';
import { writePli } from '../../../bots/engine/rtcp/pli.ts';
import { readSenderReport, SenderReport } from '../../../bots/engine/rtcp/sender-report.ts';
import { ntpUnixOffsetMs } from '../../../bots/engine/rtp/extension-values.ts';
import { parseRtp, RtpHeader } from '../../../bots/engine/rtp/header.ts';
import { videoCassette } from '../../../bots/media/shelf.ts';
import { Emission } from '../../../bots/synthetic/emission.ts';
import type { Loop } from '../../../bots/synthetic/loop.ts';
import { markedVideo } from '../../../bots/synthetic/marked.ts';
import { type Material, recorded } from '../../../bots/synthetic/material.ts';
import type { NamedSource } from '../../../bots/synthetic/negotiation.ts';
import type { Transport } from '../../../bots/synthetic/transport.ts';

const source = { ssrc: 0xf000_0001, rtxSsrc: 0xf000_0002, rid: null };
/** Of a larger layer. */
const upper = { ssrc: 0xf000_0003, rtxSsrc: 0xf000_0004, rid: null };
const material = recorded(videoCassette({ width: 640, height: 360, fps: 30 }));

interface Packet {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly isKey: boolean;
}

function nextType(cursor: RtcpCursor): number {
  assert.ok(cursor.next());
  return cursor.type;
}

async function emit(
  sources: readonly NamedSource[] = [source],
  materials: readonly Material[] = [material],
): Promise<{
  readonly emission: Emission;
  readonly packets: Packet[];
  readonly reports: SenderReport[];
  readonly run: (ms: number) => void;
  readonly ask: (write: (bytes: Buffer) => number) => void;
}> {
  const outbox = Buffer.alloc(4096);
  const packets: Packet[] = [];
  const reports: SenderReport[] = [];
  const transport = {
    connected: Promise.resolve(),
    carry: () => undefined,
    keepBusy: () => undefined,
    nextTransportSequence: () => 1,
    carryRtp: (at: number, length: number) => {
      const header = new RtpHeader();
      assert.ok(parseRtp(header, outbox, at, length) > 0);
      const { ssrc, sequence, timestamp, payloadAt } = header;
      const isKey = outbox[payloadAt] === 0x90 && ((outbox[payloadAt + 4] ?? 1) & 1) === 0;
      packets.push({ ssrc, sequence, timestamp, isKey });
      return true;
    },
    carryRtcp: (at: number, length: number) => {
      const cursor = new RtcpCursor();
      assert.equal(cursor.open(outbox, at, length), 2);
      assert.equal(nextType(cursor), rtcpType.senderReport);
      const report = new SenderReport();
      assert.ok(readSenderReport(report, outbox, cursor.at, cursor.length, cursor.format) > 0);
      assert.equal(nextType(cursor), rtcpType.sourceDescription);
      reports.push(report);
      return true;
    },
  };
  const loop = { port: { outbox, claim: () => 0 }, sent: () => undefined } as unknown as Loop;
  const emission = new Emission({ loop, cname: 'bot-1', seed: 1 });
  emission.attach(transport as unknown as Transport);
  const stream = {
    kind: 'video' as const,
    sources,
    profileLevelId: null,
    payloadType: 101,
    rtxPayloadType: 102,
    clockRate: 90_000,
    extensions: [],
    parameters: { codecs: [] },
  };
  await emission.add({ id: 'p1', stream, materials, speech: 'constant' });
  let now = nowMs();
  const run = (ms: number): void => {
    for (const end = now + ms; now < end; now += 5) {
      emission.work(now);
      if (Math.floor(now / 100) !== Math.floor((now + 5) / 100)) emission.turn(now);
    }
  };
  const ask = (write: (bytes: Buffer) => number): void => {
    const bytes = Buffer.alloc(200);
    emission.rtcp(bytes, 0, write(bytes), now);
  };
  return { emission, packets, reports, run, ask };
}

function of(packets: readonly Packet[], ssrc: number): Packet[] {
  return packets.filter((packet) => packet.ssrc === ssrc);
}

/** Two layers whose key frames come where they are asked for only. */
async function layered(): Promise<
  Awaited<ReturnType<typeof emit>> & { keys: () => number[]; pli: (ssrc: number) => void }
> {
  const wish = { width: 320, height: 180, fps: 30, bitrateBps: 300_000, keyFrameIntervalMs: null };
  const small = markedVideo(wish, null);
  const emitted = await emit([source, upper], [small, small]);
  const keys = (): number[] =>
    [source, upper].map(({ ssrc }) => of(emitted.packets, ssrc).filter(({ isKey }) => isKey).length);
  const pli = (ssrc: number): void => emitted.ask((bytes) => writePli(bytes, 0, 1, ssrc));
  return { ...emitted, keys, pli };
}

/** Of the first frames. */
function stamps(packets: readonly Packet[]): number[] {
  return [...new Set(packets.map(({ timestamp }) => timestamp))].slice(0, 40);
}

describe('an emission', () => {
  it('reports each second on what it sent, in one time for RTP and NTP', async () => {
    const { run, packets, reports } = await emit();
    run(3050);
    assert.ok(reports.length >= 3 && reports.length <= 4, `${reports.length} reports`);
    const [first, second] = reports;
    assert.ok(first !== undefined && second !== undefined);
    const ntpMs = second.ntpMs - first.ntpMs;
    const rtpMs = ((second.rtpTimestamp - first.rtpTimestamp) >>> 0) / 90;
    assert.ok(Math.abs(ntpMs - rtpMs) < 0.1 && Math.abs(ntpMs - 1000) < 110, `${ntpMs} and ${rtpMs}`);
    assert.ok(Math.abs(second.ntpMs - ntpUnixOffsetMs - Date.now()) < 10_000);
    assert.ok(second.packetCount > 40 && second.packetCount < packets.length);
    assert.ok(second.octetCount > 40_000);
  });

  it('answers NACK by RTX, and PLI by a key frame', async () => {
    const { run, packets, ask, emission } = await emit();
    run(500);
    const sequences = of(packets, source.ssrc)
      .slice(3, 5)
      .map(({ sequence }) => sequence);
    ask((bytes) => writeNack(bytes, 0, 1, source.ssrc, Uint16Array.from(sequences), 2));
    assert.equal(of(packets, source.rtxSsrc).length, 2);
    const keys = of(packets, source.ssrc).filter(({ isKey }) => isKey).length;
    ask((bytes) => writePli(bytes, 0, 1, source.ssrc));
    run(60);
    assert.equal(of(packets, source.ssrc).filter(({ isKey }) => isKey).length, keys + 1);
    ask((bytes) => writePli(bytes, 0, 1, 4711));
    const [reading] = emission.read();
    assert.deepEqual([reading?.counters.nacksReceivedTotal, reading?.counters.plisReceivedTotal], [1, 1]);
    assert.equal(reading?.counters.sentPacketsTotal, packets.length);
  });

  it('sends layers of one instant, each with its own clock and reports', async () => {
    const small = recorded(videoCassette({ width: 320, height: 180, fps: 30 }));
    const named = [
      { ...source, rid: 'r0' },
      { ...upper, rid: 'r1' },
    ];
    const { run, packets, reports, emission } = await emit(named, [small, material]);
    run(1550);
    const [low, high] = named.map(({ ssrc }) => of(packets, ssrc));
    assert.ok(low !== undefined && high !== undefined);
    const offset = ((low[0]?.timestamp ?? 0) - (high[0]?.timestamp ?? 0)) >>> 0;
    assert.deepEqual(
      stamps(low),
      stamps(high).map((timestamp) => (timestamp + offset) >>> 0),
    );
    // The clocks relate by what the reports say (RFC 3550 §6.4.1).
    const about = (ssrc: number): SenderReport | undefined =>
      reports.findLast((report) => report.ssrc === ssrc);
    const [first, second] = [about(source.ssrc), about(upper.ssrc)];
    assert.ok(first !== undefined && second !== undefined);
    const apart = (first.rtpTimestamp - second.rtpTimestamp - offset) | 0;
    assert.ok(Math.abs(apart - (first.ntpMs - second.ntpMs) * 90) < 2, `${apart}`);
    const read = emission.read();
    assert.deepEqual(
      read.map(({ id, rid, width, height }) => [id, rid, width, height]),
      [
        ['p1', 'r0', 320, 180],
        ['p1', 'r1', 640, 360],
      ],
    );
    assert.ok(read.every(({ counters }) => (counters.framesEncodedTotal ?? 0) > 40));
  });

  it('answers whoever wants a key frame with one of all layers', async () => {
    const { run, keys, pli } = await layered();
    run(1000);
    const before = keys();
    pli(upper.ssrc);
    run(60);
    assert.deepEqual(
      keys(),
      before.map((count) => count + 1),
    );
  });

  it('drops what is asked for within 300 ms of what it answered last, by whichever layer, and for good', async () => {
    const { run, keys, pli, emission } = await layered();
    run(1000);
    const [low = 0, high = 0] = keys();
    const more = (): number[] => keys().map((count, layer) => count - (layer === 0 ? low : high));
    pli(source.ssrc);
    // Somebody joins before the next frame: that frame is for them, too.
    run(10);
    pli(upper.ssrc);
    run(90);
    assert.deepEqual(more(), [1, 1]);
    // Somebody joins after it, and has to wait until the SFU asks again.
    pli(source.ssrc);
    run(100);
    pli(upper.ssrc);
    run(95);
    pli(upper.ssrc);
    run(700);
    assert.deepEqual(more(), [1, 1]);
    // As mediasoup does, a second after it asked.
    pli(source.ssrc);
    run(60);
    assert.deepEqual(more(), [2, 2]);
    assert.deepEqual(
      emission.read().map(({ counters }) => counters.plisReceivedTotal),
      [3, 3],
    );
  });

  it('counts the 300 ms from what it answered, not from what it dropped', async () => {
    const { run, keys, pli } = await layered();
    run(1000);
    const [before = 0] = keys();
    for (const waitMs of [200, 100, 60]) {
      pli(source.ssrc);
      run(waitMs);
    }
    assert.equal((keys()[0] ?? 0) - before, 2);
  });

  it('mutes one kind of media, before it began too', async () => {
    const { run, packets, emission } = await emit();
    emission.mute('audio', true);
    run(300);
    emission.mute('video', true);
    run(100);
    const { length } = packets;
    assert.ok(length > 5);
    run(300);
    assert.equal(packets.length, length);
    emission.mute('video', false);
    run(100);
    assert.ok(packets[length]?.isKey);
  });

  it('is silent once it was stopped, retransmissions included', async () => {
    const { run, packets, ask, emission } = await emit();
    run(300);
    emission.stop();
    const { length } = packets;
    const [last] = packets.slice(-1);
    run(300);
    ask((bytes) => writeNack(bytes, 0, 1, source.ssrc, Uint16Array.of(last?.sequence ?? 0), 1));
    assert.equal(packets.length, length);
    assert.equal(emission.work(nowMs()), Number.POSITIVE_INFINITY);
  });
});
