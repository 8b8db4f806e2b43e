/** What the SFU says about streams and what the bots say about the same ones, with packets lost on purpose on each leg. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { types } from 'mediasoup';
import { protocol, protocolOf } from '../../bots/engine/demultiplex.ts';
import { randomFrom } from '../../bots/random.ts';
import type { BotStreamReading, StreamCounters } from '../../bots/readings.ts';
import { Loop } from '../../bots/synthetic/loop.ts';
import { openUdp } from '../../bots/udp/open.ts';
import { smallVideo } from '../support/bot-specs.ts';
import { type LossyOptions, LossyUdp } from '../support/lossy-udp.ts';
import { type SyntheticPeer, type SyntheticRoom, syntheticRoom } from '../support/synthetic-peer.ts';

const publishers = 2;
const viewers = 4;
const beginMs = 2000;
const lossMs = 25_000;
/** The last reports of both sides are a second apart at most. */
const drainMs = 2500;
const settings = { verify: 'all', payload: 'marked', udp: 'auto' } as const;

interface Played {
  readonly room: SyntheticRoom;
  readonly lossy: LossyUdp;
  readonly senders: readonly SyntheticPeer[];
  readonly receivers: readonly SyntheticPeer[];
  readonly consumers: readonly types.Consumer[];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A room in which so many packets are lost for a while, and then none, until everybody has said what came. */
async function played(
  loss: Omit<LossyOptions, 'seed'>,
  consumed: (consumer: types.Consumer) => void = () => undefined,
): Promise<Played> {
  const opened = await openUdp('auto');
  const lossy = LossyUdp.create(opened.port, { seed: 11, ...loss });
  lossy.isOn = false;
  const room = await syntheticRoom(settings, Loop.of({ ...opened, port: lossy }));
  const senders: SyntheticPeer[] = [];
  const receivers: SyntheticPeer[] = [];
  const consumers: types.Consumer[] = [];
  for (let index = 0; index < publishers; index += 1) {
    const sender = await room.join(`p${index}`, smallVideo);
    for (const kind of ['audio', 'video'] as const) await sender.endpoint.publish(kind);
    senders.push(sender);
  }
  for (let index = 0; index < viewers; index += 1) {
    const receiver = await room.join(`v${index}`, null);
    for (const { producers } of senders)
      for (const producer of producers.values()) {
        const consumer = await receiver.consume(producer);
        consumers.push(consumer);
        consumed(consumer);
      }
    receivers.push(receiver);
  }
  await pause(beginMs);
  lossy.isOn = true;
  await pause(lossMs);
  lossy.isOn = false;
  await pause(1000);
  for (const { endpoint } of senders) await endpoint.stopSending();
  await pause(drainMs);
  return { room, lossy, senders, receivers, consumers };
}

async function read(peers: readonly SyntheticPeer[], id: string): Promise<BotStreamReading> {
  for (const { endpoint } of peers) {
    const found = (await endpoint.read()).streams.find((stream) => stream.id === id);
    if (found !== undefined) return found;
  }
  return assert.fail(`no bot has ${id}`);
}

async function outboundOf(consumer: types.Consumer): Promise<types.ConsumerStat> {
  const stats = await consumer.getStats();
  return stats.find(({ type }) => type === 'outbound-rtp') ?? assert.fail('no outbound-rtp');
}

function whole(counters: Readonly<Partial<StreamCounters>>): StreamCounters {
  return counters as StreamCounters;
}

/** Within one percent, or one. */
function assertClose(one: number, other: number, what: string): void {
  assert.ok(
    Math.abs(one - other) <= Math.max(1, 0.01 * Math.max(one, other)),
    `${what}: ${one} and ${other}`,
  );
}

describe('the SFU and the bots', () => {
  it('agree about consumers, to the packet that was lost on the way to them', {
    timeout: 120_000,
  }, async (test) => {
    const random = randomFrom(3);
    // Whose RTX is lost as well: there, only a key frame helps.
    const unrepaired = new Set<number>();
    const filter = (bytes: Buffer, at: number, length: number): boolean =>
      protocolOf(bytes, at, length) === protocol.rtp &&
      (unrepaired.has(bytes.readUInt32BE(at + 8)) || random() < 0.02);
    const { room, lossy, receivers, consumers } = await played(
      { receiveLoss: 1, sendLoss: 0, filter },
      ({ rtpParameters }) => {
        const rtx = rtpParameters.encodings?.[0]?.rtx?.ssrc;
        if (unrepaired.size < 2 && rtx !== undefined) unrepaired.add(rtx);
      },
    );
    const sums = { sent: 0, lost: 0, recovered: 0, nacks: 0, plis: 0 };
    try {
      for (const consumer of consumers) {
        const stat = await outboundOf(consumer);
        const { counters, kind, ssrc, marks = [] } = await read(receivers, consumer.id);
        const ours = whole(counters);
        const what = `${kind} ${consumer.id} ${JSON.stringify({ ...counters, marks })}`;
        const dropped = lossy.dropped.filter((each) => each.ssrc === ssrc).length;
        assert.equal(ours.receivedPacketsTotal + ours.lostPacketsTotal, stat.packetCount, what);
        assert.equal(ours.lostPacketsTotal, dropped, what);
        assert.equal(stat.packetsLost, dropped, what);
        assertClose(stat.nackCount, ours.nacksSentTotal, `NACKs: ${what}`);
        if (kind === 'video') assertClose(stat.pliCount, ours.plisSentTotal, `PLIs: ${what}`);
        assert.ok(stat.packetsRetransmitted >= ours.recoveredPacketsTotal, what);
        const [ledger = assert.fail(what)] = marks;
        assert.equal(ledger.last - ledger.first + 1, ledger.receivedTotal + ledger.gapsTotal, what);
        assert.deepEqual([marks.length, ledger.gapsTotal, ledger.skippedTotal], [1, dropped, 0], what);
        assert.equal(ledger.recoveredTotal, ours.recoveredPacketsTotal, what);
        assert.equal(ours.foreignMarksTotal, 0, what);
        sums.sent += stat.packetCount;
        sums.lost += dropped;
        sums.recovered += ours.recoveredPacketsTotal;
        sums.nacks += stat.nackCount;
        sums.plis += stat.pliCount;
      }
      assert.ok(sums.lost > 100 && sums.nacks > 50 && sums.plis > 3, JSON.stringify(sums));
      test.diagnostic(JSON.stringify(sums));
    } finally {
      await room.close();
    }
  });

  it('agree about producers, some of whose packets never reached the SFU', {
    timeout: 120_000,
  }, async (test) => {
    const { room, lossy, senders } = await played({ receiveLoss: 0, sendLoss: 0.02 });
    try {
      for (const { producers } of senders) {
        for (const producer of producers.values()) {
          const [stat = assert.fail('no statistic')] = await producer.getStats();
          const { counters } = await read(senders, producer.id);
          const ours = whole(counters);
          const what = `${producer.kind} ${JSON.stringify({ ...counters, stat })}`;
          const rtx = producer.rtpParameters.encodings?.[0]?.rtx?.ssrc;
          const [dropped, droppedAgain] = [stat.ssrc, rtx].map(
            (ssrc) => lossy.dropped.filter((each) => each.ssrc === ssrc).length,
          ) as [number, number];
          const repeated = stat.packetsRetransmitted + droppedAgain;
          assert.ok(dropped > 5, what);
          assert.equal(
            ours.sentPacketsTotal - repeated - dropped + stat.packetsRepaired,
            stat.packetCount,
            `${dropped}, ${droppedAgain} dropped: ${what}`,
          );
          assertClose(stat.nackCount, ours.nacksReceivedTotal, `NACKs: ${what}`);
          if (producer.kind === 'video') assertClose(stat.pliCount, ours.plisReceivedTotal, `PLIs: ${what}`);
          // Jitter is another leg's here, and mediasoup's formula another: jitter.verify.ts has both of the same packets.
          test.diagnostic(JSON.stringify({ kind: producer.kind, dropped, nacks: stat.nackCount }));
        }
      }
    } finally {
      await room.close();
    }
  });
});
