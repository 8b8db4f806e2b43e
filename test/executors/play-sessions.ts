/** Plays a plan of sessions in virtual time, as a driver would, and checks what must always hold. */
import { equal, ok } from 'node:assert/strict';
import { bookOf } from '../../harness/executors/book.ts';
import { type Executor, nothingYet, type Segment } from '../../harness/executors/executor.ts';
import type { SessionBook, SessionPlan, Start } from '../../harness/executors/sessions.ts';

export interface Played {
  readonly starts: readonly Start[];
  readonly drops: readonly number[];
  readonly book: SessionBook;
  readonly endMs: number;
}

interface Waiting {
  readonly atMs: number;
  readonly happen: () => void;
}

/**
 * @param lastsMs how long a session that ends by itself lasts
 * @param prepareMs how long it takes to prepare a VU
 */
export function play(plan: SessionPlan, lastsMs: (start: Start) => number, { prepareMs = 0 } = {}): Played {
  const book = bookOf(plan);
  const most = plan.kind === 'arrivals' ? plan.maxVus : plan.vus;
  const starts: Start[] = [];
  const drops: number[] = [];
  const busy = new Set<number>();
  const waiting: Waiting[] = [];
  let nowMs = 0;
  const begin = (start: Start): void => {
    ok(!busy.has(start.vu), `VU ${start.vu} is in a session already`);
    ok(start.vu >= 0 && start.vu < most, `there is no VU ${start.vu}`);
    equal(start.iteration, starts.filter(({ vu }) => vu === start.vu).length);
    busy.add(start.vu);
    starts.push(start);
    const atMs = start.leaveMs ?? start.dueMs + lastsMs(start);
    waiting.push({
      atMs,
      happen: () => {
        busy.delete(start.vu);
        const next = book.ended(start.vu, atMs);
        if (next !== null) ok(next.dueMs >= atMs, 'nobody begins before the last one is over');
        if (next !== null) begin(next);
      },
    });
  };
  while (true) {
    const next = waiting.toSorted((a, b) => a.atMs - b.atMs)[0];
    const dueMs = book.nextMs;
    const atMs = Math.min(next?.atMs ?? Number.POSITIVE_INFINITY, dueMs ?? Number.POSITIVE_INFINITY);
    if (atMs === Number.POSITIVE_INFINITY) break;
    ok(atMs >= nowMs, 'instants are in order');
    nowMs = atMs;
    if (next !== undefined && next.atMs <= (dueMs ?? Number.POSITIVE_INFINITY)) {
      waiting.splice(waiting.indexOf(next), 1);
      next.happen();
    } else {
      const decided = book.due();
      equal(decided.dueMs, dueMs);
      if (decided.kind === 'start') begin(decided);
      else {
        drops.push(decided.dueMs);
        if (decided.prepare !== null) {
          ok(decided.prepare < most);
          waiting.push({ atMs: nowMs + prepareMs, happen: () => book.prepared() });
        }
      }
    }
    equal(book.counts.active, busy.size);
    ok(busy.size <= most, 'never more than there may be');
  }
  return { starts, drops, book, endMs: nowMs };
}

/** Segments of an executor, whatever becomes of them. */
export function segmentsOf(executor: Executor): Segment[] {
  const segments: Segment[] = [];
  for (let next = executor.next(nothingYet); !next.done; next = executor.next(nothingYet))
    segments.push(next.value);
  return segments;
}
