import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { randomFrom, seedOf } from '../../../../bots/random.ts';
import { Link, type LinkConditions } from '../../../../bots/udp/shaped/link.ts';

const free: LinkConditions = { delayMs: 0, jitterMs: 0, lossRatio: 0, rateBps: null, queueMs: 200 };

function linkOf(changes: Partial<LinkConditions>, seed = 1): Link {
  return new Link({ ...free, ...changes }, (purpose) => randomFrom(seedOf(seed, purpose)));
}

/** A packet of so many bytes each `everyMs`: when each came out. */
function drive(link: Link, count: number, everyMs: number, bytes = 972): number[] {
  return Array.from({ length: count }, (_, index) => link.pass(index * everyMs, bytes));
}

const conditions = fc.record({
  delayMs: fc.integer({ min: 0, max: 500 }),
  jitterMs: fc.integer({ min: 0, max: 200 }),
  lossRatio: fc.double({ min: 0, max: 1, noNaN: true }),
  rateBps: fc.option(fc.integer({ min: 10_000, max: 100_000_000 }), { nil: null }),
  queueMs: fc.integer({ min: 0, max: 1000 }),
});

const packets = fc.array(
  fc.record({
    afterMs: fc.double({ min: 0, max: 100, noNaN: true }),
    bytes: fc.integer({ min: 0, max: 1500 }),
  }),
  { maxLength: 200 },
);

describe('a link', () => {
  it('without conditions lets everything through at once', () => {
    assert.deepEqual(drive(linkOf({}), 5, 7), [0, 7, 14, 21, 28]);
  });

  it('keeps packets in their order, late by what it was told and no more', () => {
    fc.assert(
      fc.property(conditions, packets, fc.integer(), (given, sent, seed) => {
        const link = linkOf(given, seed);
        let [nowMs, beforeMs] = [0, Number.NEGATIVE_INFINITY];
        for (const { afterMs, bytes } of sent) {
          nowMs += afterMs;
          const atMs = link.pass(nowMs, bytes);
          if (Number.isNaN(atMs)) continue;
          // Slack for rounding alone.
          assert.ok(atMs >= beforeMs - 1e-6, `${atMs} before ${beforeMs}`);
          const turnMs = given.rateBps === null ? 0 : given.queueMs + ((bytes + 28) * 8000) / given.rateBps;
          assert.ok(atMs >= nowMs + given.delayMs - 1e-6);
          assert.ok(atMs <= nowMs + given.delayMs + given.jitterMs + turnMs + 1e-6);
          beforeMs = atMs;
        }
      }),
    );
  });

  it('loses the share that it was told, and the same packets again for the same seed', () => {
    const count = 100_000;
    const lost = drive(linkOf({ lossRatio: 0.02 }), count, 1).map(Number.isNaN);
    const share = lost.filter(Boolean).length / count;
    // Four standard deviations of a binomial.
    assert.ok(Math.abs(share - 0.02) < 4 * Math.sqrt((0.02 * 0.98) / count), `${share}`);
    assert.deepEqual(drive(linkOf({ lossRatio: 0.02 }), count, 1).map(Number.isNaN), lost);
    // Neither jitter nor another rhythm changes which ones.
    const shaken = drive(linkOf({ lossRatio: 0.02, jitterMs: 30 }), count, 7).map(Number.isNaN);
    assert.deepEqual(shaken, lost);
    assert.notDeepEqual(drive(linkOf({ lossRatio: 0.02 }, 2), count, 1).map(Number.isNaN), lost);
  });

  it('carries its rate, and drops what would wait too long', () => {
    // 1,000 bytes with headers each 4 ms are 2 Mb/s, through a link of 1 Mb/s.
    const out = drive(linkOf({ rateBps: 1_000_000, queueMs: 100 }), 5000, 4).filter(
      (ms) => !Number.isNaN(ms),
    );
    const seconds = ((out.at(-1) ?? 0) - (out[0] ?? 0)) / 1000;
    assert.ok(
      Math.abs(((out.length - 1) * 8000) / seconds / 1_000_000 - 1) < 0.001,
      `${out.length} in ${seconds} s`,
    );
    const steady = linkOf({ rateBps: 1_000_000, queueMs: 100 });
    const waits = drive(steady, 5000, 4).map((atMs, index) => atMs - index * 4);
    assert.ok(Math.max(...waits.filter((ms) => !Number.isNaN(ms))) <= 108);
  });

  it('wanders over all of its jitter', () => {
    const extra = drive(linkOf({ delayMs: 40, jitterMs: 20 }), 20_000, 33).map(
      (atMs, index) => atMs - index * 33 - 40,
    );
    const mean = extra.reduce((sum, ms) => sum + ms, 0) / extra.length;
    assert.ok(Math.abs(mean - 10) < 0.3, `${mean} ms in the mean`);
    assert.ok(Math.min(...extra) < 1 && Math.max(...extra) > 19);
    const changes = extra.slice(1).map((ms, index) => Math.abs(ms - (extra[index] ?? 0)));
    // Values apart by more than the range are independent: |U − V| of two uniform ones is a third of it.
    const jitterMs = changes.reduce((sum, ms) => sum + ms, 0) / changes.length;
    assert.ok(jitterMs > 3 && jitterMs < 8, `${jitterMs} ms from packet to packet`);
  });
});
