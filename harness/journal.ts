/**
 * The run's record as it grows, and its writer. A disk that fails ends the run; it never ends the process, since
 * what was written before is the user's.
 */
import { limitsOf } from '../reports/analysis/classify.ts';
import { withTags } from '../reports/analysis/thresholds/tags.ts';
import { nowMs } from './clock.ts';
import type { Ending } from './ending.ts';
import { type Metric, metrics } from './metrics.ts';
import type { PeerBook } from './peers.ts';
import {
  type Accounting,
  type EventLine,
  type Manifest,
  type RunRecord,
  type RunWarning,
  type Sample,
  schemaVersion,
  type ThresholdRecord,
  type TrialRecord,
} from './record.ts';
import type { Scenario } from './scenario.ts';
import type { SearchRecord } from './search-record.ts';
import { type RawReading, RunWriter } from './store.ts';

export interface JournalOptions {
  readonly id: string;
  readonly directory: string;
  readonly scenario: Scenario;
  readonly startedAt: Date;
  readonly startMs: number;
  readonly manifest: Manifest;
  /** Whether the readings of each bot are kept too. */
  readonly raw: boolean;
  readonly ending: Ending;
}

/** As events; all of them are counted. */
const exceptionsAtMost = 200;

export class Journal {
  readonly #writer: RunWriter;
  readonly #options: JournalOptions;
  readonly #eventCounts = new Map<string, number>();
  readonly record: RunRecord;

  private constructor(writer: RunWriter, options: JournalOptions) {
    this.#writer = writer;
    this.#options = options;
    const { id, scenario, startedAt, manifest } = options;
    this.record = {
      schemaVersion,
      id,
      name: scenario.name,
      pid: process.pid,
      state: 'running',
      verdict: null,
      exitCode: null,
      startedAt: startedAt.toISOString(),
      endedAt: null,
      durationMs: null,
      manifest,
      scenario,
      scenarioHash: scenario.hash,
      seed: scenario.seed,
      metrics: { ...withTags(metrics), ...ownMetrics(scenario) },
      limits: limitsOf(scenario.quality),
      trials: [],
      warnings: scenario.warnings.map((message) => ({ message, advice: '' })),
      failure: null,
      accounting: null,
      summary: null,
    };
  }

  /** @throws BenchError when the directory cannot be made or written. */
  static create(options: JournalOptions): Journal {
    const journal = new Journal(RunWriter.create(options.directory, options.raw), options);
    journal.#writer.record(journal.record);
    return journal;
  }

  get directory(): string {
    return this.#writer.directory;
  }

  samples(samples: readonly Sample[]): void {
    this.#guard(() => this.#writer.samples(samples));
  }

  raw(readings: readonly RawReading[]): void {
    this.#guard(() => this.#writer.raw(readings));
  }

  event(line: EventLine): void {
    const count = (this.#eventCounts.get(line.event) ?? 0) + 1;
    this.#eventCounts.set(line.event, count);
    // A function that throws at once does so ten times a second and bot.
    if (line.event === 'threw' && count > exceptionsAtMost) return;
    this.#guard(() => this.#writer.event(line));
  }

  trial(trial: TrialRecord): void {
    this.record.trials.push(trial);
    this.save();
  }

  thresholds(results: readonly ThresholdRecord[]): void {
    this.record.thresholds = results;
  }

  /** Of the scenario's functions, in runs that had any to tell of. */
  script(told: Required<Pick<RunRecord, 'checks' | 'exceptions' | 'ownMetrics'>>): void {
    const { checks, exceptions, ownMetrics } = told;
    if (checks.length > 0) this.record.checks = checks;
    if (exceptions.length > 0) this.record.exceptions = exceptions;
    if (ownMetrics.length > 0) this.record.ownMetrics = ownMetrics;
  }

  search(search: SearchRecord): void {
    this.record.search = search;
    this.save();
  }

  warn(warning: RunWarning): void {
    this.record.warnings.push(warning);
  }

  manifest(manifest: Manifest): void {
    this.record.manifest = manifest;
    this.save();
  }

  save(): void {
    this.#guard(() => this.#writer.record(this.record));
  }

  /** The last word: state, verdict, exit code, sums. */
  finish(book: PeerBook, accounting: Accounting | null, joinP95Ms: number | null): void {
    const { record } = this;
    record.accounting = accounting;
    record.summary = {
      joins: book.joined,
      joinsFailed: book.failed,
      iterations: book.iterations,
      iterationsDropped: book.iterationsDropped,
      peersAsked: book.askedMost,
      peersReached: book.connectedMost,
      joinP95Ms,
      events: Object.fromEntries(this.#eventCounts),
    };
    record.endedAt = new Date().toISOString();
    record.durationMs = Math.round(nowMs() - this.#options.startMs);
    this.#resolve();
    // Writing may be what fails: the outcome is settled again so that the caller's exit code says so.
    this.save();
    this.#resolve();
    this.#writer.close();
  }

  #resolve(): void {
    const { record } = this;
    const end = this.#options.ending.resolve(record.trials, record.thresholds, record.search);
    record.state = end.state;
    record.verdict = end.verdict;
    record.exitCode = end.exitCode;
    record.failure = end.failure;
  }

  #guard(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#options.ending.fail(error);
    }
  }
}

function ownMetrics({ script }: Scenario): Record<string, Metric & { readonly tags: readonly string[] }> {
  const meaning = 'of the scenario itself';
  const tags = ['scenario', 'bot', 'host', 'step'];
  return Object.fromEntries(script.metrics.map(({ name, ...own }) => [name, { ...own, meaning, tags }]));
}
