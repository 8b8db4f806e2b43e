/**
 * Every packet of every publisher, at every consumer: from the first one that the worker forwarded until two seconds
 * after the publishers fell silent, each came once or is one that was dropped on purpose. 200 consumers, 60 s.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { types } from 'mediasoup';
import { sequenceDistance } from '../../bots/engine/bytes.ts';
import type { BotStreamReading } from '../../bots/readings.ts';
import { Loop } from '../../bots/synthetic/loop.ts';
import { openUdp } from '../../bots/udp/open.ts';
import { smallVideo } from '../support/bot-specs.ts';
import { LossyUdp } from '../support/lossy-udp.ts';
import { keepBooks, type PacketBook } from '../support/packet-books.ts';
import { type SyntheticPeer, syntheticRoom } from '../support/synthetic-peer.ts';

const publishers = 2;
const viewers = 50;
const playMs = 60_000;
const drainMs = 2000;
const video = { ...smallVideo, width: 640, height: 360, fps: 30, maxBitrateBps: 400_000 };
const settings = { verify: 'all', payload: 'marked', udp: 'auto' } as const;
const books = keepBooks();

/** One consumer, by all who counted it. */
interface Account {
  readonly kind: string;
  readonly book: PacketBook;
  /** The bot's. */
  readonly reading: BotStreamReading;
  /** Packets that the worker says it sent under the stream's own SSRC. */
  readonly sentBySfu: number;
  /** Packets that its publisher sent. */
  readonly published: number;
  /** Sequence numbers that the network dropped, without wrap as the book has them. */
  readonly dropped: readonly number[];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function streamsOf(peers: readonly SyntheticPeer[]): Promise<Map<string, BotStreamReading>> {
  const readings = await Promise.all(peers.map(({ endpoint }) => endpoint.read()));
  return new Map(readings.flatMap(({ streams }) => streams.map((stream) => [stream.id, stream] as const)));
}

function droppedOf(lossy: LossyUdp, ssrc: number, { sequences: [first = 0] }: PacketBook): number[] {
  return lossy.dropped
    .filter((each) => each.ssrc === ssrc)
    .map(({ sequence }) => first + sequenceDistance(first & 0xffff, sequence));
}

/** A room of marked publishers and of viewers who consume all of them. */
async function accounts(receiveLoss: number): Promise<Account[]> {
  const opened = await openUdp('auto');
  const lossy = LossyUdp.create(opened.port, { seed: 7, receiveLoss, sendLoss: 0 });
  const room = await syntheticRoom(settings, Loop.of({ ...opened, port: lossy }));
  try {
    const senders: SyntheticPeer[] = [];
    for (let index = 0; index < publishers; index += 1) {
      const sender = await room.join(`p${index}`, video);
      for (const kind of ['audio', 'video'] as const) await sender.endpoint.publish(kind);
      senders.push(sender);
    }
    const receivers: SyntheticPeer[] = [];
    const consumers: types.Consumer[] = [];
    for (let index = 0; index < viewers; index += 1) {
      const receiver = await room.join(`v${index}`, null);
      for (const { producers } of senders)
        for (const producer of producers.values()) consumers.push(await receiver.consume(producer));
      receivers.push(receiver);
    }
    await pause(playMs);
    for (const { endpoint } of senders) await endpoint.stopSending();
    await pause(drainMs);
    assert.equal(opened.port.dropsTotal() ?? 0, 0, 'this machine dropped datagrams by itself');
    const [sent, received] = [await streamsOf(senders), await streamsOf(receivers)];
    const accountOf = async (consumer: types.Consumer): Promise<Account> => {
      const { id, producerId, kind } = consumer;
      const [book, reading, own] = [books.get(id), received.get(id), sent.get(producerId)];
      assert.ok(book !== undefined && reading !== undefined && own !== undefined);
      const stat = (await consumer.getStats()).find(({ type }) => type === 'outbound-rtp');
      assert.equal(own.counters.nacksReceivedTotal, 0, 'nothing was lost on the way to the worker');
      return {
        kind,
        book,
        reading,
        sentBySfu: stat?.packetCount ?? Number.NaN,
        published: own.counters.sentPacketsTotal ?? Number.NaN,
        dropped: droppedOf(lossy, reading.ssrc, book),
      };
    };
    return await Promise.all(consumers.map(accountOf));
  } finally {
    await room.close();
  }
}

/** What holds for every consumer, whether packets were dropped or not. */
function assertAccounted({ kind, book, reading, sentBySfu, published, dropped }: Account): void {
  const { counters, marks = [] } = reading;
  const { numbers, sequences, restored } = book;
  const [first = -1, last = -1] = [numbers[0], numbers.at(-1)];
  const [begin = 0, end = 0] = [sequences[0], sequences.at(-1)];
  const within = dropped.filter((sequence) => sequence > begin && sequence < end);
  const what = `${kind} ${reading.id}: ${JSON.stringify({ counters, marks, dropped: dropped.length })}`;
  assert.deepEqual([book.unmarked, book.sources.size], [0, 1], what);
  // Each once: one publisher's number belongs to one of the SFU's, for all of them alike.
  assert.equal(new Set(numbers).size, numbers.length, what);
  assert.ok(
    numbers.every((number, index) => number - (sequences[index] as number) === first - begin),
    what,
  );
  // Packet by packet: what did not come is what was dropped.
  assert.deepEqual(book.gaps, within, what);
  const tail = dropped.filter((sequence) => sequence > end).length;
  assert.equal(last, published - 1 - tail, what);
  assert.equal(sentBySfu, numbers.length + dropped.length, what);
  // What RTX brought had been dropped, and came once.
  const droppedNumbers = new Set(within.map((sequence) => sequence - begin + first));
  assert.ok(
    restored.every((number) => droppedNumbers.has(number) || number > last),
    what,
  );
  // The bot's own books say the same.
  assert.equal(counters.receivedPacketsTotal, numbers.length, what);
  assert.equal(counters.lostPacketsTotal, within.length, what);
  assert.equal(counters.foreignMarksTotal, 0, what);
  const [ledger] = marks;
  assert.deepEqual(
    marks.length === 1 && [ledger?.first, ledger?.receivedTotal, ledger?.gapsTotal, ledger?.skippedTotal],
    [first, numbers.length, within.length, 0],
    what,
  );
  assert.equal(counters.recoveredPacketsTotal, ledger?.recoveredTotal, what);
}

function tell(test: TestContext, all: readonly Account[]): Readonly<Record<string, number>> {
  const sum = (of: (account: Account) => number): number =>
    all.reduce((total, account) => total + of(account), 0);
  const totals = {
    consumers: all.length,
    identities: sum(({ book }) => book.numbers.length),
    dropped: sum(({ dropped }) => dropped.length),
    lost: sum(({ reading }) => reading.counters.lostPacketsTotal ?? Number.NaN),
    lostVideo: sum(({ kind, reading }) => (kind === 'video' ? (reading.counters.lostPacketsTotal ?? 0) : 0)),
    recovered: sum(({ reading }) => reading.counters.recoveredPacketsTotal ?? Number.NaN),
  };
  test.diagnostic(JSON.stringify(totals));
  return totals;
}

describe('every identity at 200 consumers, every packet opened', { timeout: 300_000 }, () => {
  it('comes once, and none is lost', async (test) => {
    const all = await accounts(0);
    for (const account of all) assertAccounted(account);
    const { consumers, identities = 0, lost, recovered } = tell(test, all);
    assert.deepEqual([consumers, lost, recovered], [200, 0, 0]);
    // Audio has 50 packets a second, this video more.
    assert.ok(identities > 200 * 50 * (playMs / 1000) * 0.9);
  });

  it('comes once or is in the drop log, where one in fifty is dropped', async (test) => {
    const all = await accounts(0.02);
    for (const account of all) assertAccounted(account);
    const {
      consumers,
      identities = 0,
      dropped = 0,
      lost = 0,
      lostVideo = 0,
      recovered = 0,
    } = tell(test, all);
    assert.equal(consumers, 200);
    assert.ok(Math.abs(dropped / (identities + dropped) - 0.02) < 0.001);
    // All but what was dropped before the first or after the last packet of its stream.
    assert.ok(lost <= dropped && lost > dropped * 0.99);
    // Audio has no RTX; of video nothing is missing in the end, but for what was dropped again at the very end.
    assert.ok(recovered <= lostVideo && recovered > lostVideo * 0.99);
  });
});
