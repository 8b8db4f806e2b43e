import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import {
  addBot,
  createTally,
  endSession,
  mark,
  observe,
  removeBot,
  type Tally,
  takeReadings,
} from '../../bots/aggregate.ts';
import type { BotStreamReading, GroupReading } from '../../bots/readings.ts';
import { botSpec, plainQuality, streamReading } from '../support/bot-specs.ts';

function row(tally: Tally, kind: 'audio' | 'video' = 'video'): GroupReading {
  const found = takeReadings(tally, 7).find((reading) => reading.kind === kind);
  assert.ok(found);
  return found;
}

function layer(rid: string, ssrc: number) {
  return streamReading({ direction: 'out', rid, ssrc, qualityLimitation: rid === 'r1' ? 'cpu' : 'none' });
}

function see(tally: Tally, id: string, streams: readonly BotStreamReading[]): void {
  observe(tally, id, { streams, closed: [] });
}

function received(id: string, packets: number) {
  return streamReading({ id, counters: { receivedPacketsTotal: packets } });
}

describe('aggregation', () => {
  it('has a row for every kind of media that a group has to do with, before anything flows', () => {
    const tally = createTally(plainQuality);
    addBot(tally, botSpec('a', { publish: { audio: null, video: null } }));
    addBot(
      tally,
      botSpec('b', {
        group: 'mute',
        publish: { audio: null, video: null },
        consume: { kinds: [], max: null },
      }),
    );
    assert.deepEqual(
      takeReadings(tally, 7).map(({ group, kind, atMs, peers }) => [group, kind, atMs, peers]),
      [
        ['crowd', 'audio', 7, 0],
        ['crowd', 'video', 7, 0],
        ['mute', 'audio', 7, 0],
      ],
    );
  });

  it('keeps the counters of streams, sessions and bots that are gone', () => {
    const tally = createTally(plainQuality);
    addBot(tally, botSpec('a'));
    see(tally, 'a', [received('x', 10), received('y', 5)]);
    see(tally, 'a', [received('y', 8)]);
    assert.equal(row(tally).counters.receivedPacketsTotal, 18);
    endSession(tally, 'a');
    assert.equal(row(tally).counters.receivedPacketsTotal, 18);
    see(tally, 'a', [received('z', 1)]);
    removeBot(tally, 'a');
    see(tally, 'a', [received('z', 100)]);
    assert.equal(row(tally).counters.receivedPacketsTotal, 19);
    assert.equal(row(tally).receiving, 0);
  });

  it('counts what closed streams had last, and none of them as one that is there', () => {
    const tally = createTally(plainQuality);
    addBot(tally, botSpec('a'));
    see(tally, 'a', [received('x', 10), received('y', 5)]);
    observe(tally, 'a', { streams: [received('y', 6)], closed: [received('x', 12), received('z', 3)] });
    assert.deepEqual([row(tally).counters.receivedPacketsTotal, row(tally).receiving], [21, 1]);
    see(tally, 'a', [received('y', 6)]);
    assert.equal(row(tally).counters.receivedPacketsTotal, 21);
  });

  it('counts peers, silent bots, layers of one stream and encoders that lack CPU', () => {
    const tally = createTally(plainQuality);
    for (const id of ['a', 'b', 'c']) addBot(tally, botSpec(id));
    mark(tally, 'a', { present: true });
    mark(tally, 'b', { present: true, unread: true, silent: true });
    mark(tally, 'c', { unread: true });
    see(tally, 'a', [layer('r0', 1), layer('r1', 2), received('x', 1)]);
    see(tally, 'b', [streamReading({ direction: 'out' })]);
    const { peers, unread, sending, receiving, cpuLimited } = row(tally);
    assert.deepEqual(
      { peers, unread, sending, receiving, cpuLimited },
      { peers: 2, unread: 1, sending: 1, receiving: 1, cpuLimited: 1 },
    );
  });

  it('takes trends once, where they mean something, and leaves out what has no value', () => {
    const tally = createTally(plainQuality);
    addBot(tally, botSpec('a'));
    see(tally, 'a', [
      streamReading({ trends: { fps: 14.9, jitterMs: 0.0004, availableBitrateBps: 5 } }),
      streamReading({
        id: 'out',
        direction: 'out',
        trends: { fps: 60, availableBitrateBps: 12_345_678, rttMs: 1.5 },
      }),
    ]);
    const { trends } = row(tally);
    assert.deepEqual(Object.keys(trends).sort(), ['availableBitrateBps', 'fps', 'jitterMs', 'rttMs']);
    const fps = trends.fps;
    assert.ok(fps);
    const histogram = decodeFromCompressedBase64(fps.hdr);
    assert.equal(histogram.totalCount, 1);
    assert.ok(Math.abs(histogram.mean / fps.scale - 14.9) < 0.02);
    const bitrate = trends.availableBitrateBps;
    assert.ok(bitrate);
    assert.ok(
      Math.abs(decodeFromCompressedBase64(bitrate.hdr).maxValue / bitrate.scale / 12_345_678 - 1) < 0.002,
    );
    assert.deepEqual(row(tally).trends, {});
  });

  it('counts what belongs to a session once, in its video, also when the session is over', () => {
    const tally = createTally(plainQuality);
    addBot(tally, botSpec('a'));
    const read = (padding: number): void =>
      observe(tally, 'a', { streams: [], closed: [], session: { paddingPacketsTotal: padding } });
    read(5);
    read(7);
    assert.equal(row(tally).counters.paddingPacketsTotal, 7);
    assert.equal(row(tally, 'audio').counters.paddingPacketsTotal, 0);
    endSession(tally, 'a');
    read(2);
    assert.equal(row(tally).counters.paddingPacketsTotal, 9);
    removeBot(tally, 'a');
    assert.equal(row(tally).counters.paddingPacketsTotal, 9);
  });

  it('takes over what all receivers of a group counted together, once', () => {
    const tally = createTally(plainQuality);
    for (const id of ['a', 'b']) addBot(tally, botSpec(id));
    let left: [number, number][] = [
      [1.25, 300],
      [40, 3],
    ];
    const none = { drain: () => undefined };
    const video = {
      drain: (take: (value: number, count: number) => void) => {
        for (const [value, count] of left) take(value, count);
        left = [];
      },
    };
    for (const id of ['a', 'b'])
      observe(tally, id, { streams: [], closed: [], oneWayMs: { audio: none, video } });
    const { oneWayMs } = row(tally).trends;
    assert.ok(oneWayMs);
    const histogram = decodeFromCompressedBase64(oneWayMs.hdr);
    assert.equal(histogram.totalCount, 303);
    assert.ok(Math.abs(histogram.getValueAtPercentile(99) / oneWayMs.scale - 1.25) < 0.002);
    assert.ok(Math.abs(histogram.maxValue / oneWayMs.scale - 40) < 0.05);
    assert.deepEqual(row(tally).trends, {});
  });

  it('sums to what every stream had last, however bots read, come and go', () => {
    const step = fc.oneof(
      fc.record({
        bot: fc.constantFrom('a', 'b'),
        packets: fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.nat(1000)),
      }),
      fc.record({ bot: fc.constantFrom('a', 'b'), end: fc.constant(true) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const tally = createTally(plainQuality);
        for (const id of ['a', 'b']) addBot(tally, botSpec(id));
        let past = 0;
        const now = new Map<string, number>();
        for (const step of steps) {
          const packets = 'packets' in step ? step.packets : {};
          for (const [key, count] of now)
            if (key.startsWith(step.bot) && !(key.slice(1) in packets)) {
              past += count;
              now.delete(key);
            }
          for (const [id, count] of Object.entries(packets)) now.set(step.bot + id, count);
          if ('packets' in step)
            see(
              tally,
              step.bot,
              Object.entries(packets).map(([id, count]) => received(id, count)),
            );
          else endSession(tally, step.bot);
          const expected = past + [...now.values()].reduce((sum, count) => sum + count, 0);
          assert.equal(row(tally).counters.receivedPacketsTotal, expected);
        }
      }),
      { numRuns: 50 },
    );
  });
});
