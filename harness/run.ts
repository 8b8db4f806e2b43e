/**
 * One run, from a resolved scenario to a finished run directory. Reads as the order of its life: cores, directory,
 * target, fleet, load, drain, end; what was opened is closed in reverse, whatever happens.
 */
import type { BotSpec } from '../bots/bot.ts';
import type { BotEvent } from '../bots/messages.ts';
import { percentileOf } from '../reports/analysis/histogram.ts';
import { accounting } from '../reports/analysis/sweep.ts';
import { aborted, nowMs, sleepMs } from './clock.ts';
import { Collector } from './collector.ts';
import { allowedCores, type Cores, claimCores } from './cores.ts';
import { LoadDriver, type Losses } from './driver.ts';
import type { Ending } from './ending.ts';
import { BenchError } from './errors.ts';
import { execute } from './executors/registry.ts';
import type { Fleet } from './fleet.ts';
import { forecast } from './forecast.ts';
import { Journal } from './journal.ts';
import { Judge } from './judge.ts';
import { manifestOf } from './manifest.ts';
import { PeerBook } from './peers.ts';
import { expectedLoad } from './plan.ts';
import type { Accounting, EventLine, RunRecord, Sample } from './record.ts';
import { type Crew, checkRoom, recruit } from './recruit.ts';
import type { Scenario } from './scenario.ts';
import { runSchedule } from './schedule.ts';
import { type Status, StatusBoard } from './status.ts';
import { openTarget } from './targets/open.ts';
import type { Target } from './targets/target.ts';
import { died, TargetWatch } from './targets/watch.ts';
import { warningsOf } from './warnings.ts';

export interface RunOptions {
  readonly scenario: Scenario;
  readonly id: string;
  /** Must not exist yet. */
  readonly directory: string;
  readonly startedAt: Date;
  readonly coresSfu: readonly number[] | null;
  readonly coresGenerator: readonly number[] | null;
  readonly worker: { readonly path: string; readonly kind: 'prebuilt' | 'built' | 'given' } | null;
  readonly browserPath: string | null;
  /** Whether the readings of each bot are kept too. */
  readonly raw?: boolean;
  readonly ending: Ending;
  /** What is being done now, before the load begins and after it ended. */
  readonly onStage: (stage: string) => void;
  readonly onStatus: (status: Status) => void;
}

export interface FinishedRun {
  readonly directory: string;
  readonly record: RunRecord;
}

const drainMs = 2_000;

/** @throws BenchError where nothing could be stored; everything later is in the record. */
export async function runScenario(options: RunOptions): Promise<FinishedRun> {
  const { scenario, ending } = options;
  const startMs = nowMs();
  const closers: (() => Promise<void> | void)[] = [];
  const cores = claimCores({
    workers: scenario.target.kind === 'mediasoup' ? Number(scenario.target.settings['workers'] ?? 1) : 0,
    embedded: scenario.target.kind === 'mediasoup',
    sfu: options.coresSfu,
    generator: options.coresGenerator,
    directory: options.directory,
  });
  closers.push(cores.release);
  let journal: Journal;
  try {
    checkRoom(scenario, cores.generator?.length ?? 1);
    journal = Journal.create({
      ...options,
      raw: options.raw ?? false,
      startMs,
      manifest: manifestOf(null, { browser: null, packets: null }, cores),
    });
  } catch (error) {
    for (const close of closers) await close();
    throw error;
  }
  const book = new PeerBook(scenario.groups);
  const judge = new Judge(scenario);
  let drained: Accounting | null = null;
  try {
    drained = await new Run(options, startMs, cores, journal, book, judge, closers).live();
  } catch (error) {
    ending.fail(error);
  } finally {
    options.onStage('ending');
    for (const close of closers.toReversed()) await close();
  }
  const { trials, manifest } = journal.record;
  for (const warning of warningsOf(trials, manifest, drained, scenario)) journal.warn(warning);
  journal.thresholds(judge.results());
  journal.finish(book, drained, percentileOf(book.joinMs, 95));
  return { directory: journal.directory, record: journal.record };
}

/** The moving parts of a run while it lives. */
class Run {
  readonly #options: RunOptions;
  readonly #startMs: number;
  readonly #cores: Cores;
  readonly #journal: Journal;
  readonly #book: PeerBook;
  readonly #judge: Judge;
  readonly #closers: (() => Promise<void> | void)[];
  readonly #losses: Losses = { hosts: 0, workers: 0 };
  readonly #board = new StatusBoard();
  #workers = 1;

  constructor(
    options: RunOptions,
    startMs: number,
    cores: Cores,
    journal: Journal,
    book: PeerBook,
    judge: Judge,
    closers: (() => Promise<void> | void)[],
  ) {
    this.#options = options;
    this.#startMs = startMs;
    this.#cores = cores;
    this.#journal = journal;
    this.#book = book;
    this.#judge = judge;
    this.#closers = closers;
  }

  /** Resolves with the sums of the drain, or null where there was none. */
  async live(): Promise<Accounting | null> {
    const { scenario, ending, onStage } = this.#options;
    onStage('starting the target');
    const target = await this.#target();
    if (ending.load.aborted) return null;
    const { fleet, specs } = await this.#crew(target);
    if (ending.load.aborted) return null;
    const driver = this.#driver(fleet, specs, () => collector);
    const collector = this.#collector(fleet, target, driver, forecast(scenario).durationMs);
    const entries = scenario.groups.map((group) => ({
      group: group.name,
      joins: group.joins,
      executor: execute(group),
    }));
    await runSchedule(entries, driver);
    this.#samples(this.#judge.sessions(nowMs() - this.#startMs, null));
    this.#judge.rest();
    return this.#drain(fleet, collector);
  }

  async #target(): Promise<Target> {
    const { scenario, worker, ending } = this.#options;
    const target = await openTarget(scenario.target, {
      worker,
      cores: this.#cores.sfu,
      onWorkerDeath: (index, message) => {
        this.#losses.workers += 1;
        this.#event({ event: 'worker-died', worker: index, message });
        if (this.#losses.workers >= this.#workers)
          ending.fail(died(`every worker of the target died: ${message}`));
      },
      onNodeDeath: (message) => {
        this.#event({ event: 'node-died', message });
        ending.fail(died(`the target’s process died: ${message}`));
      },
    });
    this.#closers.push(() => target.close());
    this.#workers = target.description?.workers.length ?? 1;
    return target;
  }

  async #crew(target: Target): Promise<Crew> {
    const { ending, scenario, browserPath, onStage } = this.#options;
    onStage('launching the bots');
    const crew = await recruit({
      scenario,
      target,
      browserPath,
      cores: this.#cores.generator?.length ?? 1,
      onEvent: (event) => this.#botEvent(event),
      onWarning: (message) => this.#event({ event: 'run-warning', message }),
      onHostDeath: (host, bots, message, left) => {
        this.#losses.hosts += 1;
        this.#event({ event: 'host-died', host, message });
        this.#book.lose(bots.map((bot) => bot.id));
        if (left === 0) ending.fail(new BenchError('GENERATOR_LOST', message));
      },
      // Whatever is opened is closed, also when the rest of it fails.
      onFleet: (fleet) => this.#closers.push(() => fleet.close(ending.everything.aborted ? 0 : undefined)),
      signal: ending.load,
    });
    this.#journal.manifest(manifestOf(target, crew.fleet, this.#cores));
    return crew;
  }

  #driver(
    fleet: Fleet,
    specs: ReadonlyMap<string, readonly BotSpec[]>,
    collector: () => Collector,
  ): LoadDriver {
    const { scenario, ending } = this.#options;
    return new LoadDriver({
      startMs: this.#startMs,
      groups: scenario.groups,
      specOf: (group, peer) => {
        const spec = specs.get(group)?.[peer];
        if (spec === undefined) throw new RangeError(`peer ${peer} of ${group} is not in the plan`);
        return spec;
      },
      book: this.#book,
      join: (bot, dueMs) => fleet.join(bot, dueMs),
      leave: (bot, dueMs) => fleet.leave(bot, dueMs),
      sweep: (edge) => collector().sweep(edge),
      expectedConsumers: (asked) => expectedLoad(asked).consumers,
      generatorCores: this.#cores.generator?.length ?? allowedCores().length,
      losses: this.#losses,
      signal: ending.load,
      interrupted: () => ending.interrupted,
      onEvent: (line) => this.#journal.event(line),
      onTrial: (trial, packets) => {
        this.#journal.trial(trial);
        this.#samples([this.#judge.trial(nowMs() - this.#startMs, trial, packets)]);
      },
      onNobodyJoined: (refusal) =>
        ending.fail(
          new BenchError('TARGET_REFUSED', `none of the first bots could join: ${refusal}`, {
            hint: 'does the target speak mediasoup-demo’s signalling at this address, and can its media ports be reached?',
          }),
        ),
    });
  }

  #collector(fleet: Fleet, target: Target, driver: LoadDriver, planned: number): Collector {
    const { onStatus } = this.#options;
    const loadStartMs = nowMs();
    const watch = new TargetWatch();
    const collector: Collector = Collector.create({
      fleet,
      control: target.control,
      startMs: this.#startMs,
      step: () => driver.lead?.segment.step ?? null,
      onSamples: (samples) => {
        this.#samples(samples);
        driver.collect(samples);
      },
      onRaw: this.#options.raw === true ? (readings) => this.#journal.raw(readings) : null,
      onNode: (readings, reason) => {
        const death = watch.observe(readings, reason);
        if (death !== null) this.#options.ending.fail(death);
      },
      onTick: () => {
        const sinceMs = nowMs() - loadStartMs;
        this.#judgeNow(sinceMs, driver.lead?.segment.step ?? null);
        onStatus(this.#board.read(collector.now, this.#book, driver.lead, sinceMs, planned));
      },
    });
    this.#closers.push(() => collector.close());
    return collector;
  }

  /** Publishers stop, two seconds, then the last reading of everything on both sides. */
  async #drain(fleet: Fleet, collector: Collector): Promise<Accounting | null> {
    const { ending, onStage } = this.#options;
    if (ending.everything.aborted || fleet.hostsAlive === 0) return null;
    onStage('draining');
    await Promise.race([fleet.stopPublishing(drainMs), aborted(ending.everything)]);
    await sleepMs(drainMs, ending.everything);
    if (ending.everything.aborted) return null;
    return accounting(await collector.sweep('closing'));
  }

  #samples(samples: readonly Sample[]): void {
    this.#journal.samples(samples);
    this.#judge.take(samples);
  }

  #judgeNow(sinceMs: number, step: number | null): void {
    this.#samples(this.#judge.sessions(nowMs() - this.#startMs, step));
    const words = this.#judge.abort(sinceMs);
    if (words === null) return;
    this.#event({ event: 'run-warning', message: words });
    this.#options.ending.abort();
  }

  #botEvent(event: BotEvent): void {
    this.#book.receive(event);
    this.#judge.receive(event);
    this.#journal.event({ t: Math.round(event.atMs - this.#startMs), ...event });
  }

  #event(event: DistributiveOmit<EventLine, 't'>): void {
    this.#journal.event({ t: Math.round(nowMs() - this.#startMs), ...event });
  }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
