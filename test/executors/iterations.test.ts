import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Segment } from '../../harness/executors/executor.ts';
import { type IterationsShape, perVuIterations } from '../../harness/executors/per-vu-iterations.ts';
import { Quota } from '../../harness/executors/quota.ts';
import type { QuotaPlan } from '../../harness/executors/sessions.ts';
import { sharedIterations } from '../../harness/executors/shared-iterations.ts';
import { play, segmentsOf } from './play-sessions.ts';

const shape: IterationsShape = {
  vus: 3,
  iterations: 4,
  maxDurationMs: 600_000,
  sessionMs: null,
  gracefulStopMs: 30_000,
};

function quotaOf(segments: readonly Segment[]): QuotaPlan {
  const plan = segments[0]?.sessions;
  ok(plan?.kind === 'quota');
  return plan;
}

function each(fields: Partial<IterationsShape> = {}, joinRatePerSecond = 10): QuotaPlan {
  const own = { executor: 'per-vu-iterations', ...shape, ...fields } as const;
  return quotaOf(segmentsOf(perVuIterations({ joinRatePerSecond }, own)));
}

function all(fields: Partial<IterationsShape> = {}, joinRatePerSecond = 10): QuotaPlan {
  const own = { executor: 'shared-iterations', ...shape, ...fields } as const;
  return quotaOf(segmentsOf(sharedIterations({ joinRatePerSecond }, own)));
}

function perVu(starts: readonly { readonly vu: number }[], vus: number): number[] {
  return Array.from({ length: vus }, (_, vu) => starts.filter((start) => start.vu === vu).length);
}

const shapes = fc.record({
  vus: fc.integer({ min: 1, max: 12 }),
  iterations: fc.integer({ min: 1, max: 30 }),
  maxDurationMs: fc.integer({ min: 1_000, max: 20_000 }),
  sessionMs: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 5_000 })),
});
const lengths = fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 20 });

describe('per-vu-iterations', () => {
  it('is one segment that ends with the last session, and carries the plan', () => {
    deepEqual(
      segmentsOf(perVuIterations({ joinRatePerSecond: 2 }, { executor: 'per-vu-iterations', ...shape })),
      [
        {
          phase: 'ramp',
          step: 0,
          level: 3,
          peers: 3,
          changes: [],
          until: { kind: 'ended', afterMs: 600_000, graceMs: 30_000 },
          measure: false,
          sessions: {
            kind: 'quota',
            vus: 3,
            share: 'each',
            iterations: 4,
            spacingMs: 500,
            untilMs: 600_000,
            sessionMs: null,
          },
        },
      ],
    );
  });

  it('every VU has its number of sessions, however long they last', () => {
    const { starts, book, endMs } = play(each(), ({ vu }) => 1_000 * (vu + 1));
    deepEqual(perVu(starts, 3), [4, 4, 4]);
    deepEqual(
      starts.filter(({ vu }) => vu === 2).map(({ dueMs, iteration }) => [dueMs, iteration]),
      [
        [200, 0],
        [3_200, 1],
        [6_200, 2],
        [9_200, 3],
      ],
    );
    equal(endMs, 12_200);
    ok(book.isOver);
    equal(book.stop(), 0);
    deepEqual(book.counts, { due: 12, started: 12, dropped: 0, active: 0, mostActive: 3 });
  });
});

describe('shared-iterations', () => {
  it('whoever is free takes the next: faster VUs have more', () => {
    const { starts, book } = play(all({ iterations: 12 }), ({ vu }) => (vu === 0 ? 500 : 4_000));
    const [first = 0, ...others] = perVu(starts, 3);
    equal(starts.length, 12);
    ok(first > Math.max(...others) && Math.min(...others) > 0);
    equal(book.stop(), 0);
  });

  it('fewer sessions than VUs leave VUs without one', () => {
    const { starts, book } = play(all({ vus: 5, iterations: 2 }), () => 10_000);
    deepEqual(perVu(starts, 5), [1, 1, 0, 0, 0]);
    ok(book.isOver);
  });
});

describe('a quota of sessions', () => {
  for (const [name, planOf, quota] of [
    ['each', each, ({ vus, iterations }: IterationsShape) => vus * iterations],
    ['all', all, ({ iterations }: IterationsShape) => iterations],
  ] as const) {
    it(`of ${name}: begun + dropped = asked; nothing begins after the longest duration`, () => {
      fc.assert(
        fc.property(shapes, lengths, (fields, list) => {
          const plan = planOf(fields);
          let n = 0;
          const { starts, book } = play(plan, () => list[n++ % list.length] ?? 0);
          const asked = quota({ ...shape, ...fields });
          ok(starts.every(({ dueMs }) => dueMs < fields.maxDurationMs));
          ok(starts.every(({ iteration }) => plan.share === 'all' || iteration < fields.iterations));
          ok(book.isOver && book.counts.mostActive <= fields.vus);
          equal(starts.length + book.stop(), asked);
          equal(book.stop(), 0, 'once');
          const { due, started, dropped } = book.counts;
          deepEqual([due, started, dropped], [asked, starts.length, asked - starts.length]);
        }),
      );
    });
  }

  it('begins sessions that end at once a tenth of a second apart', () => {
    const { starts } = play(each({ vus: 1, iterations: 3 }), () => 0);
    deepEqual(
      starts.map(({ dueMs }) => dueMs),
      [0, 100, 200],
    );
  });

  it('takes who stays out after its session', () => {
    const book = new Quota(each({ vus: 1, sessionMs: 2_000 }));
    deepEqual(book.due(), { kind: 'start', vu: 0, iteration: 0, dueMs: 0, leaveMs: 2_000 });
    deepEqual(book.ended(0, 2_010), { kind: 'start', vu: 0, iteration: 1, dueMs: 2_010, leaveMs: 4_010 });
  });

  it('stops when told to, and hears of nobody twice', () => {
    const book = new Quota(each());
    book.due();
    equal(book.ended(7, 10), null);
    equal(book.stop(), 11);
    deepEqual([book.nextMs, book.isOver], [null, false]);
    equal(book.ended(0, 1_000), null);
    equal(book.ended(0, 1_000), null);
    deepEqual(book.counts, { due: 12, started: 1, dropped: 11, active: 0, mostActive: 1 });
    throws(() => book.due(), RangeError);
  });
});
