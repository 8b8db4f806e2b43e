/** Sessions while a load runs: what the driver makes of plans, and of the words of bots. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BotSpec } from '../bots/bot.ts';
import { nowMs } from '../harness/clock.ts';
import type { ArrivalPlan, QuotaPlan } from '../harness/executors/sessions.ts';
import { PeerBook } from '../harness/peers.ts';
import { Sessions } from '../harness/sessions.ts';
import { group } from './executors/groups.ts';

const crowd = group({
  shape: {
    executor: 'per-vu-iterations',
    vus: 2,
    iterations: 2,
    maxDurationMs: 60_000,
    sessionMs: null,
    gracefulStopMs: 40,
  },
});

function spec(peer: number): BotSpec {
  return { id: `crowd-${peer}`, group: 'crowd', kind: 'synthetic', room: 'r' } as BotSpec;
}

/** Bots whose sessions last so long, unless they are told to end them. */
function stage(lastsMs: (bot: string) => number, ready: Promise<void> = Promise.resolve()) {
  const calls: string[] = [];
  const book = new PeerBook([crowd]);
  const abort = new AbortController();
  let dropped = 0;
  const sessions = new Sessions({
    specOf: (_group, peer) => spec(peer),
    book,
    join: (bot, dueMs, turn) => {
      calls.push(`join ${bot} ${turn}`);
      const at = { bot, group: 'crowd', kind: 'synthetic', atMs: nowMs() } as const;
      setTimeout(
        () => {
          book.receive({ ...at, event: 'joined', iteration: turn, dueMs, joinMs: 1 }, turn);
          setTimeout(() => end(bot, turn), lastsMs(bot)).unref();
        },
        Math.max(0, dueMs - nowMs()),
      );
    },
    leave: (bot, _dueMs, graceMs) => {
      calls.push(`leave ${bot} ${graceMs}`);
    },
    prepare: async (bot) => {
      calls.push(`prepare ${bot.id}`);
      await ready;
    },
    onDropped: (_group, count) => {
      dropped += count;
    },
    signal: abort.signal,
  });
  const end = (bot: string, turn: number): void =>
    sessions.free(spec(Number(bot.slice('crowd-'.length))), turn, nowMs());
  return { sessions, book, calls, end, abort, dropped: () => dropped };
}

const quota: QuotaPlan = {
  kind: 'quota',
  vus: 2,
  share: 'each',
  iterations: 2,
  spacingMs: 10,
  untilMs: 60_000,
  sessionMs: null,
};

function arrivals(fields: Partial<ArrivalPlan> = {}): ArrivalPlan {
  const pieces = [{ durationMs: 100, from: 0.05, to: 0.05 }];
  return {
    kind: 'arrivals',
    pieces,
    first: 'at-once',
    preAllocatedVus: 1,
    maxVus: 1,
    sessionMs: null,
    ...fields,
  };
}

describe('sessions of a plan', () => {
  it('begin when the last one of their VU is over, and the group ends with the last of all', async () => {
    const { sessions, book, calls, dropped } = stage(() => 20);
    sessions.play(crowd, quota, nowMs());
    await sessions.ended('crowd', nowMs() + 60_000, 40);
    const joins = calls.filter((call) => call.startsWith('join'));
    assert.deepEqual(joins.toSorted(), [
      'join crowd-0 0',
      'join crowd-0 1',
      'join crowd-1 0',
      'join crowd-1 1',
    ]);
    assert.deepEqual([book.joined, book.connected(), book.asked().length, dropped()], [4, 0, 0, 0]);
    assert.equal(calls.length, 4, 'nobody had to be told');
  });

  it('are told to end when their time is over, and what was not begun is dropped', async () => {
    const { sessions, calls, dropped, book } = stage(() => 60_000);
    sessions.play(crowd, { ...quota, untilMs: 50 }, nowMs());
    const told = sessions.ended('crowd', nowMs() + 50, 40);
    await new Promise((resolve) => setTimeout(resolve, 80));
    assert.deepEqual(calls.slice(2), ['leave crowd-0 40', 'leave crowd-1 40']);
    assert.deepEqual([dropped(), book.iterationsDropped], [2, 2]);
    for (const peer of [0, 1]) sessions.free(spec(peer), 0, nowMs());
    await told;
  });

  it('are over with their host, and a late word of it counts for nobody', async () => {
    const { sessions, calls, book } = stage(() => 60_000);
    sessions.play(crowd, { ...quota, vus: 1 }, nowMs());
    await new Promise((resolve) => setTimeout(resolve, 10));
    book.lose(['crowd-0']);
    sessions.lost(spec(0));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(calls, ['join crowd-0 0', 'prepare crowd-0', 'join crowd-0 1']);
    sessions.free(spec(0), 0, nowMs());
    assert.deepEqual(book.pending(), ['crowd-0']);
    sessions.free(spec(0), 1, nowMs());
    await sessions.ended('crowd', nowMs() + 60_000, 0);
  });

  it('whose bot is made ready first keep their end, and do not begin once they were taken out', async () => {
    const ready = Promise.withResolvers<void>();
    const { sessions, calls, book } = stage(() => 60_000, ready.promise);
    for (const peer of [0, 1]) book.ask(spec(peer), nowMs());
    book.lose(['crowd-0', 'crowd-1']);
    for (const peer of [0, 1]) sessions.join(spec(peer), nowMs());
    sessions.leave('crowd-0', nowMs(), 40);
    sessions.leave('crowd-1', nowMs(), 0);
    book.takeOut('crowd-1');
    assert.deepEqual(calls, ['prepare crowd-0', 'prepare crowd-1']);
    ready.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(calls.slice(2), ['join crowd-0 1', 'leave crowd-0 40']);
    sessions.free(spec(0), 1, nowMs());
    await sessions.ended('crowd', nowMs(), 0);
  });

  it('end at once when the run is aborted', async () => {
    const { sessions, abort, calls } = stage(() => 60_000);
    sessions.play(crowd, quota, nowMs());
    const ended = sessions.ended('crowd', nowMs() + 60_000, 60_000);
    abort.abort();
    await ended;
    assert.ok(calls.every((call) => call.startsWith('join')));
  });
});

describe('sessions without a plan', () => {
  it('that a ramp ended are waited for, within the time of their group', async () => {
    const { sessions, calls, end } = stage(() => 60_000);
    for (const peer of [0, 1]) sessions.join(spec(peer), nowMs());
    const startMs = nowMs();
    const ended = sessions.ended('crowd', startMs, 40);
    assert.deepEqual(calls.slice(2), ['leave crowd-0 40', 'leave crowd-1 40']);
    setTimeout(() => end('crowd-0', 0), 10);
    setTimeout(() => end('crowd-1', 0), 60);
    await ended;
    assert.ok(nowMs() - startMs >= 55, 'not before the last of them');
    await sessions.ended('crowd', nowMs(), 60_000);
    assert.ok(nowMs() - startMs < 5_000, 'nobody is there');
    assert.equal(calls.length, 4);
  });
});

describe('arrivals that nobody is free for', () => {
  it('are dropped, by the generator where it could have had more VUs', async () => {
    const { sessions, calls } = stage(() => 60_000);
    sessions.play(crowd, arrivals({ maxVus: 2 }), nowMs());
    await new Promise((resolve) => setTimeout(resolve, 150));
    const counts = sessions.arrivals('crowd');
    assert.deepEqual(counts, { due: 5, droppedByGenerator: 3, droppedByTarget: 0 });
    assert.deepEqual(calls, ['join crowd-0 0', 'prepare crowd-1', 'join crowd-1 0']);
  });

  it('are the SFU’s where it fails to let VUs in', async () => {
    const { sessions, book } = stage(() => 60_000);
    sessions.play(crowd, arrivals(), nowMs());
    const failure = { event: 'join-failed', iteration: 0, dueMs: 0, reason: 'timeout', message: '' } as const;
    book.receive({ bot: 'other', group: 'crowd', kind: 'synthetic', atMs: 0, ...failure });
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.deepEqual(sessions.arrivals('crowd'), { due: 5, droppedByGenerator: 0, droppedByTarget: 4 });
  });
});
