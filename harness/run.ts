/**
 * One run, from a resolved scenario to a finished run directory. Reads as the order of its life: cores, directory,
 * target, fleet, load, drain, end; what was opened is closed in reverse, whatever happens.
 */
import type { BotEvent } from '../bots/messages.ts';
import { limitsOf } from '../reports/analysis/classify.ts';
import { percentileOf } from '../reports/analysis/histogram.ts';
import { nowMs } from './clock.ts';
import { Collector } from './collector.ts';
import { allowedCores, type Cores, claimCores, generatorCores } from './cores.ts';
import { drain } from './drain.ts';
import { LoadDriver, type Losses } from './driver.ts';
import { BenchError } from './errors.ts';
import { execute } from './executors/registry.ts';
import type { Fleet } from './fleet.ts';
import { forecast } from './forecast.ts';
import { Journal } from './journal.ts';
import { Judge } from './judge.ts';
import { manifestOf } from './manifest.ts';
import { PeerBook } from './peers.ts';
import { expectedLoad } from './plan.ts';
import type { Accounting, RunEvent, RunRecord, Sample } from './record.ts';
import { type Crew, checkRoom, recruit } from './recruit.ts';
import type { RunOptions } from './run-options.ts';
import { runSchedule } from './schedule.ts';
import { ScriptRun } from './script/run.ts';
import { hasSearch, searchOf } from './search-run.ts';
import { StatusBoard } from './status.ts';
import { openTarget } from './targets/open.ts';
import type { Target } from './targets/target.ts';
import { died, refused, TargetWatch } from './targets/watch.ts';
import { warningsOf } from './warnings.ts';

export interface FinishedRun {
  readonly directory: string;
  readonly record: RunRecord;
  /** What the scenario's `setup` returned, as JSON; null for nothing. */
  readonly setupData: string | null;
}

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
  const run = new Run(options, startMs, cores, journal, book, judge, closers);
  let drained: Accounting | null = null;
  try {
    drained = await run.live();
  } catch (error) {
    ending.fail(error);
  } finally {
    options.onStage('ending');
    for (const close of closers.toReversed()) await close();
  }
  const { trials, manifest } = journal.record;
  for (const warning of warningsOf(trials, manifest, drained, scenario, book.iterationsDropped))
    journal.warn(warning);
  journal.thresholds(judge.results());
  journal.script(run.script.outcomes);
  journal.finish(book, drained, percentileOf(book.joinMs, 95));
  return { directory: journal.directory, record: journal.record, setupData: run.script.setupData };
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
  readonly script: ScriptRun;
  #workers = 1;
  #driver: LoadDriver | null = null;
  /** Of the leading group, once there is one. */
  #step: () => number | null = () => null;

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
    this.script = new ScriptRun({
      ...options,
      startMs,
      step: () => this.#step(),
      onSamples: (samples) => {
        journal.samples(samples);
        judge.takeOwn(samples);
      },
      onWarning: (message) => this.#event({ event: 'run-warning', message }),
    });
  }

  /** Resolves with the sums of the drain, or null where there was none. */
  async live(): Promise<Accounting | null> {
    const { scenario, ending, onStage } = this.#options;
    onStage('starting the target');
    const target = await this.#target();
    if (ending.load.aborted || !(await this.script.setup())) return null;
    // Before the crew: what is opened last is closed first, and everybody has left by then.
    this.#closers.push(() => this.script.teardown());
    const crew = await this.#crew(target);
    const { fleet } = crew;
    if (ending.load.aborted) return null;
    const driver = this.#load(crew, target, () => collector);
    this.#driver = driver;
    const collector = this.#collector(fleet, target, driver, forecast(scenario).durationMs);
    const entries = scenario.groups.map((group) => ({
      group: group.name,
      joins: group.joins,
      executor: execute(group, searchOf(group, this.#options, this.#journal)),
      delayMs: group.startMs,
    }));
    await runSchedule(entries, driver);
    this.#samples(this.#judge.sessions(nowMs() - this.#startMs, null));
    this.#judge.rest();
    onStage('draining');
    return drain(fleet, collector, ending);
  }

  async #target(): Promise<Target> {
    const { scenario, worker, ending } = this.#options;
    const target = await openTarget(scenario.target, {
      worker,
      cores: this.#cores.sfu,
      onWorkerDeath: (index, message) => {
        this.#losses.workers += 1;
        this.#event({ event: 'worker-died', worker: index, message });
        const isLast = this.#losses.workers >= this.#workers;
        const death = died(`${isLast ? 'every' : 'a'} worker of the target died: ${message}`);
        // With a worker less it is another target than the one that was searched.
        if (isLast || hasSearch(scenario)) ending.fail(death);
        else ending.note(death);
      },
      onNodeDeath: (message) => {
        this.#losses.workers = this.#workers;
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
      setupData: this.script.setupData,
      onValues: (host, readings, isFull) => this.script.take(host, readings, isFull),
      onEvent: (event, turn) => this.#botEvent(event, turn),
      onFree: (bot, turn, atMs) => this.#driver?.free(bot, turn, atMs),
      onWarning: (message) => this.#event({ event: 'run-warning', message }),
      onHostDeath: (host, bots, message, left) => {
        this.#losses.hosts += 1;
        this.#event({ event: 'host-died', host, message });
        this.#book.lose(bots.map((bot) => bot.id));
        this.#driver?.lost(bots);
        if (left === 0 || hasSearch(scenario)) ending.fail(new BenchError('GENERATOR_LOST', message));
      },
      // Whatever is opened is closed, also when the rest of it fails.
      onFleet: (fleet) => this.#closers.push(() => fleet.close(ending.everything.aborted ? 0 : undefined)),
      signal: ending.load,
    });
    this.#journal.manifest(manifestOf(target, crew.fleet, this.#cores));
    return crew;
  }

  #load({ fleet, specOf, prepare }: Crew, target: Target, collector: () => Collector): LoadDriver {
    const { scenario, ending } = this.#options;
    return new LoadDriver({
      startMs: this.#startMs,
      groups: scenario.groups,
      specOf,
      book: this.#book,
      join: (bot, dueMs, turn) => fleet.join(bot, dueMs, turn),
      leave: (bot, dueMs, graceMs) => fleet.leave(bot, dueMs, graceMs),
      prepare,
      sweep: (edge) => collector().sweep(edge),
      expectedConsumers: (asked) => expectedLoad(asked).consumers,
      limits: limitsOf(scenario.quality),
      hasControl: target.control !== null,
      generatorCores: this.#cores.generator?.length ?? allowedCores().length,
      sfuCores: this.#cores.sfu?.length ?? null,
      losses: this.#losses,
      isCut: () => ending.isCut,
      signal: ending.load,
      onEvent: (line) => this.#journal.event(line),
      onTrial: (trial, packets) => {
        this.#journal.trial(trial);
        this.#samples([this.#judge.trial(nowMs() - this.#startMs, trial, packets)]);
      },
      onDropped: (group, sessions) => this.#judge.drop(group, sessions),
      onNobodyJoined: (refusal) => ending.fail(refused(refusal)),
    });
  }

  #collector(fleet: Fleet, target: Target, driver: LoadDriver, planned: number): Collector {
    const { onStatus } = this.#options;
    const loadStartMs = nowMs();
    const watch = new TargetWatch(this.#options.scenario.target.kind === 'mediasoup' ? 'ours' : 'elsewhere');
    this.#step = () => driver.lead?.segment.step ?? null;
    const collector: Collector = Collector.create({
      fleet,
      control: target.control,
      generator: generatorCores(this.#cores),
      startMs: this.#startMs,
      step: this.#step,
      onSamples: (samples) => {
        this.#samples(samples);
        driver.collect(samples);
      },
      onRaw: this.#options.raw === true ? (readings) => this.#journal.raw(readings) : null,
      onViolations: (all) => all.forEach((violations) => this.#event(violations)),
      onNode: (readings, reason) => {
        const death = watch.observe(readings, reason);
        if (death !== null) this.#options.ending.fail(death);
      },
      onTick: () => {
        driver.tick();
        const sinceMs = nowMs() - loadStartMs;
        this.#judgeNow(sinceMs, this.#step());
        onStatus(this.#board.read(collector.now, this.#book, driver.lead, sinceMs, planned));
      },
      signal: this.#options.ending.everything,
    });
    this.#closers.push(() => collector.close());
    return collector;
  }

  #samples(samples: readonly Sample[]): void {
    this.#journal.samples(samples);
    this.#judge.take(samples);
    const last = samples.at(-1);
    if (last !== undefined) this.script.see(last);
  }

  #judgeNow(sinceMs: number, step: number | null): void {
    this.#samples(this.#judge.sessions(nowMs() - this.#startMs, step));
    const words = this.#judge.abort(sinceMs);
    if (words === null) return;
    this.#event({ event: 'run-warning', message: words });
    this.#options.ending.abort();
  }

  #botEvent(event: BotEvent, turn: number): void {
    this.#book.receive(event, turn);
    this.#judge.receive(event);
    this.script.receive(event);
    this.#journal.event({ t: Math.round(event.atMs - this.#startMs), ...event });
  }

  #event(event: RunEvent): void {
    this.#journal.event({ t: Math.round(nowMs() - this.#startMs), ...event });
  }
}
