/** Windows as hosts see them: readings once a second, of publishers and consumers alike. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ConsumerTerms, PlannedSource } from '../../../bots/quality/consumer-window.ts';
import { emptyQuality, type GroupQuality, QualityWatch } from '../../../bots/quality/watch.ts';
import type { BotStreamReading, StreamCounters } from '../../../bots/readings.ts';
import { botSpec, plainQuality, streamReading } from '../../support/bot-specs.ts';

const steady: PlannedSource = { fps: 15, isSteady: { audio: true, video: true } };
const spec = botSpec('viewer');
const publisher = botSpec('crowd-0');

function out(second: number, counters: Partial<StreamCounters>, changes: Partial<BotStreamReading> = {}) {
  return streamReading({
    direction: 'out',
    id: 'p',
    producer: 'p',
    atMs: second * 1000,
    counters,
    ...changes,
  });
}

/** A stream of 50 packets and 15 frames a second. */
function flow(second: number): Partial<StreamCounters> {
  return {
    receivedPacketsTotal: 50 * second,
    receivedBytesTotal: 25_000 * second,
    lostPacketsTotal: 0,
    framesDecodedTotal: 15 * second,
  };
}

function halved(second: number): Partial<StreamCounters> {
  return { ...flow(second), framesDecodedTotal: 7 * second };
}

function sent(second: number): Partial<StreamCounters> {
  return { sentPacketsTotal: 50 * second, sentBytesTotal: 25_000 * second, framesEncodedTotal: 15 * second };
}

function layers(second: number): BotStreamReading[] {
  return [5_000, 20_000, 60_000].map((bytes, at) =>
    out(second, { ...sent(second), sentBytesTotal: bytes * second }, { rid: `r${at}`, ssrc: at }),
  );
}

class Played {
  readonly quality: GroupQuality = emptyQuality();
  terms: ConsumerTerms | null = { peer: 'crowd-0', dueSinceMs: 0, spatial: null, temporal: null };
  readonly watch: QualityWatch;

  constructor(sources: Readonly<Record<string, PlannedSource>> = {}) {
    this.watch = new QualityWatch({ ...plainQuality, sources });
  }

  /** `source` null: the publisher is in another process. */
  second(
    second: number,
    counters: Partial<StreamCounters>,
    source: Partial<StreamCounters> | readonly BotStreamReading[] | null = sent(second),
    changes: Partial<BotStreamReading> = {},
  ): void {
    const atMs = second * 1000;
    const received = streamReading({ id: 'c', producer: 'p', atMs, counters, ...changes });
    const layers = source === null ? [] : Array.isArray(source) ? source : [out(second, source as object)];
    const terms = this.terms === null ? null : new Map([['c', this.terms]]);
    const bots = [
      { spec, streams: new Map([['in', received]]), terms },
      { spec: publisher, streams: new Map(layers.map((layer, at) => [`out${at}`, layer])), terms: null },
    ];
    this.watch.judge(bots, () => this.quality, atMs + 1);
  }

  get sums(): readonly [windows: number, violating: number, missed: number] {
    const { windowsTotal, violatingTotal, missedTotal } = this.quality.counts;
    return [windowsTotal, violatingTotal, missedTotal];
  }
}

describe('windows of a consumer', () => {
  it('are two seconds long; the first is its start, and not judged when something came', () => {
    const played = new Played();
    for (let second = 0; second <= 8; second += 1)
      played.second(second, second < 2 ? { receivedPacketsTotal: second } : flow(second - 1));
    assert.deepEqual(played.sums, [3, 0, 0]);
  });

  it('violate from their first one on when nothing comes of what was sent', () => {
    const played = new Played();
    for (let second = 0; second <= 4; second += 1) played.second(second, { receivedPacketsTotal: 0 });
    assert.deepEqual([played.sums, played.quality.counts.causeTotals.silence], [[2, 2, 0], 2]);
    assert.deepEqual(played.quality.worst, { bot: 'viewer', stream: 'c', causes: ['silence'] });
  });

  it('are none where the publisher sent nothing: muted by silence, DTX, or gone', () => {
    const played = new Played();
    for (let second = 0; second <= 10; second += 1)
      played.second(second, flow(Math.min(second, 4)), sent(Math.min(second, 4)));
    assert.deepEqual(played.sums, [1, 0, 0]);
  });

  it('are none while it is held back or paused, and begin anew behind that', () => {
    const played = new Played();
    const due = played.terms as ConsumerTerms;
    for (let second = 0; second <= 4; second += 1) played.second(second, flow(second));
    played.terms = { ...due, dueSinceMs: null };
    for (let second = 5; second <= 8; second += 1) played.second(second, flow(4));
    // Gone on between two readings: what lies before is not held against it.
    played.terms = { ...due, dueSinceMs: 8_500 };
    for (let second = 9; second <= 13; second += 1) played.second(second, flow(second - 4));
    assert.deepEqual(played.sums, [2, 0, 0]);
    played.terms = { ...due, dueSinceMs: 13_100 };
    for (let second = 14; second <= 18; second += 1) played.second(second, flow(second - 5));
    assert.deepEqual(played.sums, [3, 0, 0]);
  });

  it('compare frames with what the publisher really sent, and else with the plan', () => {
    for (const [source, planned, violating] of [
      [(second: number) => sent(second), {}, 1],
      [(second: number) => ({ ...sent(second), framesEncodedTotal: 7 * second }), { crowd: steady }, 0],
      [() => null, { crowd: steady }, 1],
      [() => null, {}, 0],
    ] as const) {
      const played = new Played(planned);
      for (let second = 0; second <= 4; second += 1) played.second(second, halved(second), source(second));
      assert.deepEqual(played.sums, [1, violating, 0]);
    }
  });

  it('know peers of later sessions by the plan of their scenario', () => {
    for (const [peer, violating] of [
      ['crowd-0', 1],
      ['crowd-0-3', 1],
      ['stranger-0', 0],
    ] as const) {
      const played = new Played({ crowd: steady });
      played.terms = { peer, dueSinceMs: 0, spatial: null, temporal: null };
      for (let second = 0; second <= 2; second += 1) played.second(second, { receivedPacketsTotal: 0 }, null);
      assert.deepEqual(played.sums, [violating, violating, 0], peer);
    }
  });

  it('leave it open whether discontinuous audio from elsewhere was sent, where nothing comes', () => {
    const played = new Played({ crowd: { fps: null, isSteady: { audio: false, video: true } } });
    for (let second = 0; second <= 4; second += 1)
      played.second(second, { receivedPacketsTotal: 0 }, null, { kind: 'audio' });
    assert.deepEqual(played.sums, [0, 0, 0]);
  });

  it('hold the bitrate against the layer that was asked for, or the best that was sent', () => {
    for (const [spatial, bytes, violating] of [
      [null, 60_000, 0],
      [null, 20_000, 1],
      [1, 20_000, 0],
      [1, 5_000, 1],
      [7, 60_000, 0],
    ] as const) {
      const played = new Played();
      played.terms = { peer: 'crowd-0', dueSinceMs: 0, spatial, temporal: null };
      for (let second = 0; second <= 4; second += 1)
        played.second(second, { ...flow(second), receivedBytesTotal: bytes * second }, layers(second));
      assert.deepEqual([spatial, bytes, ...played.sums], [spatial, bytes, 1, violating, 0]);
    }
  });

  it('hold no bitrate against speech with pauses', () => {
    for (const [isSteady, violating] of [
      [true, 1],
      [false, 0],
    ] as const) {
      const played = new Played({ crowd: { fps: null, isSteady: { audio: isSteady, video: true } } });
      for (let second = 0; second <= 4; second += 1)
        played.second(second, { ...flow(second), receivedBytesTotal: 1000 * second }, layers(second), {
          kind: 'audio',
        });
      assert.deepEqual(played.sums, [1, violating, 0]);
    }
  });

  it('that nobody could read are missed, and no violation', () => {
    const played = new Played();
    for (let second = 0; second <= 4; second += 1) played.second(second, flow(second));
    const due = played.terms as ConsumerTerms;
    const stale = streamReading({ id: 'c', producer: 'p', atMs: 4000, counters: flow(4) });
    for (let second = 5; second <= 11; second += 1)
      played.watch.judge(
        [{ spec, streams: new Map([['in', stale]]), terms: new Map([['c', due]]) }],
        () => played.quality,
        second * 1000,
      );
    assert.deepEqual(played.sums, [1, 0, 3]);
    for (let second = 12; second <= 14; second += 1) played.second(second, flow(second));
    assert.deepEqual(played.sums, [2, 0, 3]);
  });

  it('that passed while the whole host stood still are missed, too', () => {
    const played = new Played();
    for (const second of [0, 1, 2, 3, 4, 10]) played.second(second, flow(second));
    assert.deepEqual(played.sums, [2, 0, 2]);
  });

  it('of a bot that the SFU dropped violate until somebody takes it out', () => {
    const played = new Played();
    const streams = new Map([['in', streamReading({ id: 'c', atMs: 0 })]]);
    played.watch.drop({ spec, streams, terms: new Map() }, 0);
    const pass = (ms: number): void => played.watch.judge([], () => played.quality, ms);
    for (const ms of [1000, 2000, 4100]) pass(ms);
    assert.deepEqual(played.sums, [2, 2, 0]);
    played.watch.takeOut('viewer');
    pass(9000);
    assert.deepEqual(played.sums, [2, 2, 0]);
  });

  it('end with the publishers', () => {
    const played = new Played({ crowd: steady });
    played.watch.end();
    for (let second = 0; second <= 4; second += 1) played.second(second, { receivedPacketsTotal: 0 }, null);
    assert.deepEqual(played.sums, [0, 0, 0]);
  });

  it('cover the time of a steady stream once, however readings fall', () => {
    const gaps = fc.array(fc.integer({ min: 100, max: 1_100 }), { minLength: 5, maxLength: 60 });
    fc.assert(
      fc.property(gaps, (gapsMs) => {
        const played = new Played();
        let atMs = 0;
        for (const gapMs of [0, ...gapsMs]) {
          atMs += gapMs;
          played.second(atMs / 1000, flow(atMs / 1000));
        }
        const [windows, violating, missed] = played.sums;
        assert.deepEqual([violating, missed], [0, 0]);
        const most = Math.max(0, Math.floor(atMs / 1_850) - 1);
        const least = Math.floor(atMs / 2_950) - 1;
        assert.ok(windows <= most && windows >= least, `${windows} in ${atMs} ms`);
      }),
    );
  });
});
