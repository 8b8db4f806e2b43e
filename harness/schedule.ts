/**
 * One scheduler for all groups of a run: it gives the executors' segments their instants. Segments that last a
 * fixed time follow each other without drift, however late the timers are.
 */
import { type Executor, nothingYet, type Outcome, type Segment } from './executors/executor.ts';

/** A segment with its group and its start, in milliseconds of the driver's clock. */
export interface Span {
  readonly group: string;
  readonly segment: Segment;
  readonly startMs: number;
}

/** What the scheduler needs of the world. */
export interface Driver {
  now(): number;
  /** Resolves at the instant, or at once when the run is aborted. */
  sleepUntil(instantMs: number): Promise<void>;
  /**
   * The segment begins: its joins and leaves are due at `startMs` + their offsets. Resolves with the instant from
   * which its time counts: later than `startMs` where a measurement had to be opened first.
   */
  begin(span: Span): Promise<number>;
  /** Every join that was due in the segment has succeeded or failed, or the run is aborted. */
  joined(span: Span): Promise<void>;
  /** The group's load has settled, or the time for that is over, or the run is aborted. */
  settled(span: Span): Promise<void>;
  /** The instant has come, or nothing that comes before it can change what the segment says, or the run is aborted. */
  decided(span: Span, instantMs: number): Promise<void>;
  /** The workers have nothing to do any more, or the time for that is over, or the run is aborted. */
  idle(span: Span): Promise<void>;
  /** Nothing of the group is due any more and nobody of it is in a session, or the run is aborted. */
  ended(span: Span): Promise<void>;
  end(span: Span): Promise<Outcome>;
  /** The group has no more segments, while others still may. */
  finished(group: string): void;
  aborted(): boolean;
}

export interface Entry {
  readonly group: string;
  readonly executor: Executor;
  /** This group starts after the first segment of that one, and ends with it. */
  readonly joins: string | null;
  /** From the start of the load to that of the group. */
  readonly delayMs: number;
}

/** When other groups may start and must end. */
interface Life {
  readonly started: PromiseWithResolvers<void>;
  readonly ended: PromiseWithResolvers<void>;
  over: boolean;
}

/** Runs all entries to their end, or to the abort. */
export async function runSchedule(entries: readonly Entry[], driver: Driver): Promise<void> {
  const lives = new Map<string, Life>();
  for (const { group } of entries) {
    lives.set(group, { started: Promise.withResolvers(), ended: Promise.withResolvers(), over: false });
  }
  await Promise.all(
    entries.map(async (entry) => {
      const own = lives.get(entry.group);
      const lead = entry.joins === null ? undefined : lives.get(entry.joins);
      try {
        await lead?.started.promise;
        await runEntry(entry, driver, own, lead);
      } finally {
        if (own !== undefined) own.over = true;
        own?.started.resolve();
        own?.ended.resolve();
        driver.finished(entry.group);
      }
    }),
  );
}

async function runEntry(
  entry: Entry,
  driver: Driver,
  own: Life | undefined,
  lead: Life | undefined,
): Promise<void> {
  let outcome: Outcome = nothingYet;
  let startMs = driver.now() + entry.delayMs;
  const over = (): boolean => driver.aborted() || lead?.over === true;
  if (entry.delayMs > 0) await driver.sleepUntil(startMs);
  while (!over()) {
    const next = entry.executor.next(outcome);
    if (next.done) return;
    const segment = next.value;
    const span: Span = { group: entry.group, segment, startMs };
    const fromMs = await driver.begin(span);
    const past = lastOf(span, fromMs, driver);
    await (lead === undefined || segment.until.kind === 'joined'
      ? past
      : Promise.race([past, lead.ended.promise]));
    outcome = await driver.end(span);
    own?.started.resolve();
    startMs = nextStartMs(span, fromMs) ?? driver.now();
  }
}

/** Measured segments close with a sweep, and what follows them begins after it; everything else follows on without drift. */
function nextStartMs({ segment: { until, measure }, startMs }: Span, fromMs: number): number | null {
  if (until.kind !== 'elapsed') return null;
  if (until.strict === true) return startMs + until.ms;
  return measure ? null : fromMs + until.ms;
}

/** Resolves when the segment is over by itself. */
function lastOf(span: Span, fromMs: number, driver: Driver): Promise<void> {
  const { until } = span.segment;
  if (until.kind === 'elapsed')
    return driver.sleepUntil((until.strict === true ? span.startMs : fromMs) + until.ms);
  if (until.kind === 'decided') return driver.decided(span, fromMs + until.ms);
  return driver[until.kind](span);
}
