/**
 * Jitter as mediasoup has it and as our receiver has it, of the same packets: each is sent to a worker and, in the same
 * turn, to a socket of ours. Both follow RFC 3550, appendix A.8, and differ in two ways. mediasoup (3.27,
 * RtpStreamRecv::CalculateJitter) takes every packet, we and Chrome only those that begin a timestamp: packets of one
 * frame have one timestamp, so that their pacing is jitter to mediasoup. And mediasoup's arrival is when the worker
 * read the datagram, ours when the kernel got it: what a busy worker makes wait is jitter to mediasoup.
 * Measured: opus, which has a packet per timestamp, 0.995 to 1.000 of mediasoup's; video of two packets a frame, 6 ms
 * apart, 1.45 of it, and 0.999 to 1.000 by mediasoup's formula over our arrival times.
 */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { describe, it } from 'node:test';
import { createWorker, type types } from 'mediasoup';
import { nowMs } from '../../bots/clock.ts';
import { StreamReceiver } from '../../bots/engine/receive/stream-receiver.ts';
import { parseRtp, RtpHeader } from '../../bots/engine/rtp/header.ts';
import { createRtpTemplate, writeRtp } from '../../bots/engine/rtp/template.ts';
import { randomFrom } from '../../bots/random.ts';
import { openUdp } from '../../bots/udp/open.ts';
import { routerCodecs } from '../../harness/targets/mediasoup/codecs.ts';
import { workerInput } from '../support/running-node.ts';

interface Stream {
  readonly kind: 'audio' | 'video';
  readonly clockRate: number;
  readonly frameMs: number;
  readonly packetsPerFrame: number;
  /** Between packets of a frame. */
  readonly paceMs: number;
}

const audio: Stream = { kind: 'audio', clockRate: 48_000, frameMs: 60, packetsPerFrame: 1, paceMs: 0 };
const video: Stream = { kind: 'video', clockRate: 90_000, frameMs: 66, packetsPerFrame: 2, paceMs: 6 };
const frames = 400;
/** Each frame leaves up to so much late: enough that tenths of a millisecond of waiting are no percent of the jitter. */
const lateMs = 50;
const every = 10;
const ssrc = 4711;
const payloadBytes = 100;

/** Every packet, as mediasoup does it; clock units. */
class PacketJitter {
  value = 0;
  #transit: number | null = null;
  packet(arrivalMs: number, timestamp: number, clockRate: number): void {
    const transit = (arrivalMs * clockRate) / 1000 - timestamp;
    if (this.#transit !== null) this.value += (Math.abs(transit - this.#transit) - this.value) / 16;
    this.#transit = transit;
  }
}

function until(dueMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - nowMs())));
}

interface Looks {
  readonly theirs: number[];
  readonly ours: number[];
  /** Of each packet, by our arrival times. */
  readonly perPacket: number[];
}

function parametersOf(stream: Stream, router: types.Router): types.RtpParameters {
  const mimeType = stream.kind === 'audio' ? 'audio/opus' : 'video/vp8';
  const codec = router.rtpCapabilities.codecs?.find((each) => each.mimeType.toLowerCase() === mimeType);
  assert.ok(codec !== undefined);
  const { clockRate, channels } = codec;
  return {
    codecs: [{ mimeType: codec.mimeType, payloadType: 96, clockRate, ...(channels ? { channels } : {}) }],
    encodings: [{ ssrc }],
  };
}

async function played(stream: Stream, router: types.Router): Promise<Looks> {
  const listenInfo = { protocol: 'udp', ip: '127.0.0.1' } as const;
  const transport = await router.createPlainTransport({ listenInfo, comedia: true, rtcpMux: true });
  const producer = await transport.produce({
    kind: stream.kind,
    rtpParameters: parametersOf(stream, router),
  });
  const { port } = await openUdp('auto');
  const opening = port.open({ address: '127.0.0.1' });
  assert.ok(opening.state === 'open');
  const socket = createSocket('udp4');
  const header = new RtpHeader();
  const receiver = new StreamReceiver(ssrc, stream.clockRate);
  const packets = new PacketJitter();
  const take = (_handle: number, offset: number, length: number, arrivalMs: number): void => {
    assert.equal(parseRtp(header, port.inbox, offset, length) >= 0, true);
    header.arrivalMs = arrivalMs;
    receiver.record(header, length, false);
    packets.packet(arrivalMs, header.timestamp, stream.clockRate);
  };
  const template = createRtpTemplate({ ssrc, payloadType: 96, extensions: [] });
  const packet = Buffer.alloc(payloadBytes + 100);
  const random = randomFrom(7);
  const looks: Looks = { theirs: [], ours: [], perPacket: [] };
  const startMs = nowMs();
  let sequence = 0;
  for (let frame = 0; frame < frames; frame += 1) {
    const timestamp = (frame * stream.frameMs * stream.clockRate) / 1000;
    const dueMs = startMs + frame * stream.frameMs + random() * lateMs;
    for (let part = 0; part < stream.packetsPerFrame; part += 1) {
      await until(dueMs + part * stream.paceMs);
      const marker = part === stream.packetsPerFrame - 1;
      const length = writeRtp(template, packet, 0, marker, sequence & 0xffff, timestamp) + payloadBytes;
      sequence += 1;
      const copy = Buffer.from(packet.subarray(0, length));
      socket.send(copy, transport.tuple.localPort, '127.0.0.1');
      socket.send(copy, opening.port, '127.0.0.1');
    }
    port.poll(nowMs(), take);
    if (frame % every !== every - 1) continue;
    // All that was sent has arrived.
    await until(nowMs() + 2);
    port.poll(nowMs(), take);
    const [stat] = await producer.getStats();
    assert.equal(stat?.packetCount, receiver.receivedTotal);
    looks.theirs.push(stat.jitter);
    looks.ours.push((receiver.jitterMs * stream.clockRate) / 1000);
    looks.perPacket.push(packets.value);
  }
  socket.close();
  port.shut();
  transport.close();
  return looks;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

describe('jitter', { timeout: 120_000 }, () => {
  it('is mediasoup’s within 1 %, where both take the same packets', async (test) => {
    const worker = await createWorker({ workerBin: workerInput().workerBin, logLevel: 'none' });
    try {
      const router = await worker.createRouter({ mediaCodecs: [...routerCodecs] });
      const both = await Promise.all(
        [audio, video].map(async (stream) => ({ stream, ...(await played(stream, router)) })),
      );
      for (const { stream, theirs, ours, perPacket } of both) {
        const own = sum(ours) / sum(theirs);
        const same = sum(perPacket) / sum(theirs);
        const figures = JSON.stringify({ kind: stream.kind, theirs: theirs.at(-1), own, same });
        test.diagnostic(figures);
        assert.ok(Math.abs(same - 1) < 0.01, figures);
        if (stream.packetsPerFrame === 1) assert.ok(Math.abs(own - 1) < 0.01, figures);
      }
    } finally {
      worker.close();
    }
  });
});
