import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Executor, nothingYet, type Outcome, type Segment } from '../harness/executors/executor.ts';
import { type Driver, type Entry, runSchedule, type Span } from '../harness/schedule.ts';

/** Virtual time: sleepers wake in order; nothing waits for a wall clock. */
class VirtualDriver implements Driver {
  readonly log: {
    group: string;
    phase: string;
    step: number;
    startMs: number;
    fromMs: number;
    endMs: number;
  }[] = [];
  readonly outcomes: Outcome[] = [];
  readonly over: string[] = [];
  abortAtMs = Number.POSITIVE_INFINITY;
  /** Timers are this late, and sweeps take this long. */
  lateMs = 0;
  sweepMs = 0;
  joinMs = 100;
  /** The last session of a group is over so long after the start of its segment. */
  sessionsMs = 400;
  settlingMs = 700;
  idleMs = 300;
  #nowMs = 0;
  #sleepers: { atMs: number; wake: () => void }[] = [];
  readonly #from = new Map<Span, number>();

  now(): number {
    return this.#nowMs;
  }

  sleepUntil(instantMs: number): Promise<void> {
    const atMs = Math.max(this.#nowMs, Math.min(instantMs + this.lateMs, this.abortAtMs));
    return new Promise((wake) => this.#sleepers.push({ atMs, wake }));
  }

  async begin(span: Span): Promise<number> {
    let fromMs = span.startMs;
    if (span.segment.measure) {
      await this.sleepUntil(this.#nowMs + this.sweepMs);
      fromMs = this.#nowMs;
    }
    this.#from.set(span, fromMs);
    return fromMs;
  }

  joined(span: Span): Promise<void> {
    return this.sleepUntil(span.startMs + (span.segment.changes.at(-1)?.offsetMs ?? 0) + this.joinMs);
  }

  decided(_span: Span, instantMs: number): Promise<void> {
    return this.sleepUntil(instantMs);
  }

  settled(span: Span): Promise<void> {
    return this.sleepUntil(span.startMs + this.settlingMs);
  }

  idle(span: Span): Promise<void> {
    return this.sleepUntil(span.startMs + this.idleMs);
  }

  ended(span: Span): Promise<void> {
    return this.sleepUntil(span.startMs + this.sessionsMs);
  }

  async end(span: Span): Promise<Outcome> {
    const { group, segment, startMs } = span;
    const fromMs = this.#from.get(span) ?? Number.NaN;
    this.log.push({ group, phase: segment.phase, step: segment.step, startMs, fromMs, endMs: this.#nowMs });
    return { ...nothingYet, connected: segment.peers };
  }

  finished(group: string): void {
    this.over.push(group);
  }

  aborted(): boolean {
    return this.#nowMs >= this.abortAtMs;
  }

  /** Runs until nobody sleeps any more. */
  async run(entries: readonly Entry[]): Promise<void> {
    const done = new AbortController();
    const end = runSchedule(entries, this).finally(() => done.abort());
    while (!done.signal.aborted) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#sleepers.sort((a, b) => a.atMs - b.atMs).shift();
      if (next === undefined) continue;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
    }
    await end;
  }
}

function segment(phase: Segment['phase'], ms: number | null, more: Partial<Segment> = {}): Segment {
  const until: Segment['until'] = ms === null ? { kind: 'joined' } : { kind: 'elapsed', ms };
  return { phase, step: 0, level: 1, peers: 1, changes: [], until, measure: false, sessions: null, ...more };
}

function* segments(list: readonly Segment[], outcomes: Outcome[] = []): Executor {
  for (const next of list) outcomes.push(yield next);
}

describe('the scheduler', () => {
  it('gives segments of fixed length their instants without drift, however late timers are', async () => {
    const driver = new VirtualDriver();
    driver.lateMs = 7;
    await driver.run([
      {
        group: 'a',
        joins: null,
        delayMs: 0,
        executor: segments([segment('ramp', 100), segment('ramp', 100), segment('ramp', 100)]),
      },
    ]);
    assert.deepEqual(
      driver.log.map(({ startMs }) => startMs),
      [0, 100, 200],
    );
  });

  it('lets a measured segment last as long as asked, from the end of its opening sweep', async () => {
    const driver = new VirtualDriver();
    driver.sweepMs = 30;
    await driver.run([
      {
        group: 'a',
        joins: null,
        delayMs: 0,
        executor: segments([segment('settle', 50), segment('hold', 200, { measure: true })]),
      },
    ]);
    const hold = driver.log[1];
    assert.deepEqual([hold?.startMs, hold?.fromMs, hold?.endMs], [50, 80, 280]);
  });

  it('holds a strict segment to the clock: its sweeps move neither its end nor what follows', async () => {
    const driver = new VirtualDriver();
    driver.sweepMs = 30;
    const until = { kind: 'elapsed', ms: 200, strict: true } as const;
    const hold = segment('hold', 200, { measure: true, until });
    await driver.run([
      { group: 'a', joins: null, delayMs: 0, executor: segments([hold, hold, segment('ramp', 50)]) },
    ]);
    assert.deepEqual(
      driver.log.map(({ startMs, endMs }) => [startMs, endMs]),
      [
        [0, 200],
        [200, 400],
        [400, 450],
      ],
    );
  });

  it('tells the executor how each segment went', async () => {
    const outcomes: Outcome[] = [];
    const driver = new VirtualDriver();
    const list = [segment('join', null, { peers: 3 }), segment('hold', 10, { peers: 4 })];
    await driver.run([{ group: 'a', joins: null, delayMs: 0, executor: segments(list, outcomes) }]);
    assert.deepEqual(
      outcomes.map(({ connected }) => connected),
      [3, 4],
    );
  });

  it('starts a joining group after the first segment of the one it joins, and ends it with that', async () => {
    const driver = new VirtualDriver();
    await driver.run([
      {
        group: 'extra',
        joins: 'main',
        delayMs: 0,
        executor: segments([segment('join', null), segment('hold', 100_000)]),
      },
      {
        group: 'main',
        joins: null,
        delayMs: 0,
        executor: segments([segment('join', null), segment('hold', 500)]),
      },
    ]);
    const extra = driver.log.filter(({ group }) => group === 'extra');
    assert.equal(extra[0]?.startMs, 100);
    assert.equal(extra.at(-1)?.endMs, 600);
    assert.deepEqual(driver.over.toSorted(), ['extra', 'main']);
  });

  it('never starts a joining group whose main group was aborted before its first segment ended', async () => {
    const driver = new VirtualDriver();
    driver.abortAtMs = 50;
    await driver.run([
      { group: 'extra', joins: 'main', delayMs: 0, executor: segments([segment('join', null)]) },
      {
        group: 'main',
        joins: null,
        delayMs: 0,
        executor: segments([segment('ramp', 100), segment('hold', 500)]),
      },
    ]);
    assert.deepEqual(
      driver.log.map(({ group, phase }) => `${group} ${phase}`),
      ['main ramp'],
    );
  });

  it('ends every group at the abort, whatever the plan', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat({ max: 500 }), { minLength: 1, maxLength: 8 }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.nat({ max: 1500 }),
        async (groups, abortAtMs) => {
          const driver = new VirtualDriver();
          driver.abortAtMs = abortAtMs;
          await driver.run(
            groups.map((times, index) => ({
              group: `g${index}`,
              joins: null,
              delayMs: 0,
              executor: segments(times.map((ms) => segment('ramp', ms))),
            })),
          );
          assert.equal(driver.over.length, groups.length);
          for (const { startMs, endMs } of driver.log) {
            assert.ok(startMs <= endMs);
            assert.ok(startMs < Math.max(1, abortAtMs), `segment at ${startMs} begun after ${abortAtMs}`);
          }
          for (const [index, times] of groups.entries()) {
            const ran = driver.log.filter(({ group }) => group === `g${index}`);
            let startMs = 0;
            for (const [at, entry] of ran.entries()) {
              assert.equal(entry.startMs, startMs);
              startMs += times[at] ?? 0;
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
