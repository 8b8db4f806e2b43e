import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Arrivals, arrivalInstants, dueOver } from '../../harness/executors/arrivals.ts';
import type { ArrivalPlan, RatePiece } from '../../harness/executors/sessions.ts';
import { play } from './play-sessions.ts';

const vus = { preAllocatedVus: 5, maxVus: 5, sessionMs: null } as const;

const pieces: fc.Arbitrary<RatePiece[]> = fc
  .array(
    fc.record({
      durationMs: fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.constant(0)),
      to: fc.oneof(fc.double({ min: 0, max: 0.1, noNaN: true }), fc.constantFrom(0, 0.01)),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .chain((list) =>
    fc.double({ min: 0, max: 0.1, noNaN: true }).map((first) => {
      let from = first;
      return list.map(({ durationMs, to }) => {
        const piece = { durationMs, from, to };
        from = to;
        return piece;
      });
    }),
  );

/** What the rate has added up to at an instant, by the trapezoids left of it. */
function dueAt(list: readonly RatePiece[], atMs: number): number {
  let sum = 0;
  let startMs = 0;
  for (const { durationMs, from, to } of list) {
    const t = Math.min(Math.max(0, atMs - startMs), durationMs);
    const rate = durationMs === 0 ? to : from + ((to - from) * t) / durationMs;
    sum += (t * (from + rate)) / 2;
    startMs += durationMs;
  }
  return sum;
}

describe('when arrivals are due', () => {
  for (const first of ['at-once', 'when-due'] as const) {
    it(`${first}: as many as the rate adds up to, at every instant, to one`, () => {
      fc.assert(
        fc.property(pieces, (list) => {
          const instants = [...arrivalInstants({ pieces: list, first })];
          const total = list.reduce((sum, { durationMs }) => sum + durationMs, 0);
          ok(Math.abs(instants.length - dueOver(list)) <= 1 + 1e-6);
          const ahead = first === 'at-once' ? 0 : 1;
          for (const [at, instant] of instants.entries()) {
            ok(instant >= (instants[at - 1] ?? 0), 'instants are in order');
            ok(instant <= total + 1e-6);
            ok(Math.abs(dueAt(list, instant) - (at + ahead)) < 1e-4, `${at + ahead} at ${instant}`);
          }
        }),
      );
    });
  }

  it('are as many as rate × duration, whatever the unit', () => {
    const numbers = fc.record({
      rate: fc.integer({ min: 1, max: 300 }),
      timeUnitMs: fc.constantFrom(1, 100, 1_000, 60_000),
      durationMs: fc.integer({ min: 1_000, max: 20_000 }),
    });
    fc.assert(
      fc.property(numbers, ({ rate, timeUnitMs, durationMs }) => {
        fc.pre((rate * durationMs) / timeUnitMs < 20_000);
        const perMs = rate / timeUnitMs;
        const instants = [
          ...arrivalInstants({ pieces: [{ durationMs, from: perMs, to: perMs }], first: 'at-once' }),
        ];
        equal(instants.length, Math.ceil((rate * durationMs) / timeUnitMs));
        ok((instants.at(-1) ?? 0) < durationMs);
      }),
    );
  });

  it('a rate of zero has none, and a jump needs no time', () => {
    deepEqual([...arrivalInstants({ pieces: [{ durationMs: 1e6, from: 0, to: 0 }], first: 'at-once' })], []);
    const jump = [
      { durationMs: 0, from: 0, to: 0.002 },
      { durationMs: 1_000, from: 0.002, to: 0.002 },
    ];
    deepEqual([...arrivalInstants({ pieces: jump, first: 'when-due' })], [500, 1_000]);
  });
});

const plans: fc.Arbitrary<ArrivalPlan> = fc
  .record({
    kind: fc.constant('arrivals' as const),
    pieces,
    first: fc.constantFrom('at-once' as const, 'when-due' as const),
    preAllocatedVus: fc.integer({ min: 0, max: 8 }),
    more: fc.integer({ min: 0, max: 8 }),
    sessionMs: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 2_000 })),
  })
  .map(({ more, ...plan }) => ({ ...plan, maxVus: plan.preAllocatedVus + more }));

describe('who takes an arrival', () => {
  it('a free VU or nobody: dropped = due − started, and never more at once than there may be', () => {
    fc.assert(
      fc.property(
        plans,
        fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1 }),
        fc.integer({ min: 0, max: 1_000 }),
        (plan, lengths, prepareMs) => {
          const lasts = (n: number): number => lengths[n % lengths.length] ?? 0;
          let n = 0;
          const { starts, drops, book } = play(plan, () => lasts(n++), { prepareMs });
          const due = [...arrivalInstants(plan)];
          const { active, mostActive, ...counts } = book.counts;
          deepEqual(counts, { due: due.length, started: starts.length, dropped: drops.length });
          equal(starts.length + drops.length, due.length);
          deepEqual(
            [...starts.map(({ dueMs }) => dueMs), ...drops].toSorted((a, b) => a - b),
            due.toSorted((a, b) => a - b),
          );
          ok(active === 0 && mostActive <= plan.maxVus && book.isOver);
        },
      ),
    );
  });

  it('is dropped only while every VU that there is is in a session', () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 2_000 }), (plan, lastsMs) => {
        const { starts, drops } = play({ ...plan, preAllocatedVus: plan.maxVus }, () => lastsMs);
        for (const dropMs of drops) {
          const busy = starts.filter(
            ({ dueMs }) => dueMs <= dropMs && dropMs < dueMs + (plan.sessionMs ?? lastsMs),
          );
          equal(busy.length, plan.maxVus);
        }
      }),
    );
  });

  it('enough VUs by Little’s law drop nothing', () => {
    const numbers = fc.record({
      rate: fc.integer({ min: 1, max: 50 }),
      sessionMs: fc.integer({ min: 1, max: 4_000 }),
    });
    fc.assert(
      fc.property(numbers, ({ rate, sessionMs }) => {
        const most = Math.ceil((rate * sessionMs) / 1_000) + 1;
        const flat = [{ durationMs: 10_000, from: rate / 1_000, to: rate / 1_000 }];
        const { drops, book } = play(
          {
            kind: 'arrivals',
            pieces: flat,
            first: 'at-once',
            preAllocatedVus: most,
            maxVus: most,
            sessionMs,
          },
          () => 0,
        );
        deepEqual(drops, []);
        ok(book.counts.mostActive >= most - 2, 'and no more than two of them are too many');
      }),
    );
  });

  it('fills rooms from the first: the free VU of the lowest number', () => {
    const book = new Arrivals({
      kind: 'arrivals',
      pieces: [{ durationMs: 1_000, from: 0.01, to: 0.01 }],
      first: 'at-once',
      preAllocatedVus: 3,
      maxVus: 3,
      sessionMs: 250,
    });
    deepEqual(book.due(), { kind: 'start', vu: 0, iteration: 0, dueMs: 0, leaveMs: 250 });
    const vuOf = (): unknown => {
      const decided = book.due();
      return decided.kind === 'start' ? [decided.vu, decided.iteration] : decided.kind;
    };
    deepEqual([vuOf(), vuOf(), vuOf()], [[1, 0], [2, 0], 'drop']);
    book.ended(2, 310);
    book.ended(1, 320);
    book.ended(1, 320);
    deepEqual([vuOf(), vuOf(), vuOf()], [[1, 1], [2, 1], 'drop']);
    deepEqual(book.counts, { due: 7, started: 5, dropped: 2, active: 3, mostActive: 3 });
  });

  it('prepares one more VU at a time, and loses the arrival that asked for it, as k6 does', () => {
    const book = new Arrivals({
      kind: 'arrivals',
      pieces: [{ durationMs: 1_000, from: 0.01, to: 0.01 }],
      first: 'at-once',
      preAllocatedVus: 0,
      maxVus: 2,
      sessionMs: null,
    });
    const prepare = (): unknown => {
      const decided = book.due();
      return decided.kind === 'drop' ? decided.prepare : `VU ${decided.vu}`;
    };
    deepEqual([prepare(), prepare()], [0, null]);
    book.prepared();
    deepEqual([book.allocated, prepare(), prepare()], [1, 'VU 0', 1]);
    book.prepared();
    book.prepared();
    deepEqual([book.allocated, prepare(), prepare()], [2, 'VU 1', null]);
  });

  it('stops when told to: nothing is due any more, and what was not due is not dropped', () => {
    const book = new Arrivals({
      kind: 'arrivals',
      pieces: [{ durationMs: 1_000, from: 0.01, to: 0.01 }],
      first: 'at-once',
      ...vus,
    });
    book.due();
    equal(book.stop(), 0);
    deepEqual([book.nextMs, book.isOver, book.counts.due], [null, false, 1]);
    book.ended(0, 50);
    ok(book.isOver);
    throws(() => book.due(), RangeError);
  });
});
