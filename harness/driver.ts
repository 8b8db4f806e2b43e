/**
 * Turns the scheduler's segments into joins and leaves of the fleet, and measured segments into trials: a sweep at
 * both ends of the hold, the samples between them, figures, and a state.
 */
import type { BotSpec } from '../bots/bot.ts';
import { classify } from '../reports/analysis/classify.ts';
import { trialFigures } from '../reports/analysis/figures.ts';
import { type Reception, reception, type Sweep } from '../reports/analysis/sweep.ts';
import { classifySettled, type Settled } from '../reports/analysis/unsettled.ts';
import { nowMs, sleepMs } from './clock.ts';
import { Conditions } from './conditions.ts';
import type { Change, Outcome } from './executors/executor.ts';
import { levelUnitOf } from './executors/registry.ts';
import { cameraFps } from './plan.ts';
import type { EventLine, Sample, TrialLimits, TrialPhase, TrialRecord } from './record.ts';
import type { Group } from './scenario.ts';
import type { Driver, Span } from './schedule.ts';
import { type Arrivals, arrivalsSince, Sessions, type SessionsOptions } from './sessions.ts';
import { Steadiness, type SteadinessOptions } from './steadiness.ts';

/** What the driver needs of the run around it. */
export interface DriverOptions extends SessionsOptions, Omit<SteadinessOptions, 'conditions'> {
  readonly startMs: number;
  readonly groups: readonly Group[];
  /** Null: nobody waits for it any more. */
  readonly sweep: (edge: 'opening' | 'closing') => Promise<Sweep | null>;
  readonly expectedConsumers: (asked: readonly BotSpec[]) => number;
  readonly limits: TrialLimits;
  readonly generatorCores: number;
  /** That the workers have to themselves; null where they are not pinned. */
  readonly sfuCores: number | null;
  readonly losses: Readonly<Losses>;
  /** Whether whoever runs it ended it before its time. */
  readonly isCut: () => boolean;
  readonly onEvent: (line: EventLine) => void;
  /** With what the bots received in it, against what was due to them. */
  readonly onTrial: (trial: TrialRecord, packets: Reception | null) => void;
  /** The first joins of the run are over, and every one of them failed on the SFU's side. */
  readonly onNobodyJoined: (refusal: string) => void;
}

/** Processes that died, over the run so far: what they held stays missing. */
export interface Losses {
  hosts: number;
  workers: number;
}

interface OpenTrial {
  readonly opening: Sweep | null;
  readonly samples: Sample[];
  /** As the book had them at its beginning. */
  readonly moves: number;
  readonly arrivals: Arrivals | null;
}

/** What is known of the step that a group is in. */
interface GroupStep {
  readonly phases: TrialPhase[];
  /** Whether its load had settled; undefined where that was not waited for. */
  settled: Settled | undefined;
  /** Hosts that were lost before it began: what they had is made ready again on others. */
  readonly hostsLostBefore: number;
}

export class LoadDriver implements Driver {
  readonly #options: DriverOptions;
  readonly #groups: ReadonlyMap<string, Group>;
  readonly #lead: string;
  readonly #open = new Map<string, OpenTrial>();
  readonly #steps = new Map<string, GroupStep>();
  readonly #current = new Map<string, Span>();
  readonly #sessions: Sessions;
  readonly #steadiness: Steadiness;
  readonly #conditions: Conditions;
  /** Groups of which a segment is over. */
  readonly #begun = new Set<string>();
  /** Groups that others do not depend on: an extra group ends with the one it joins. */
  #unfinished: number;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#sessions = new Sessions(options);
    this.#conditions = new Conditions(options.groups, options.limits);
    this.#steadiness = new Steadiness({ ...options, conditions: this.#conditions });
    this.#groups = new Map(options.groups.map((group) => [group.name, group]));
    this.#lead = (options.groups.find((group) => group.joins === null) ?? options.groups[0])?.name ?? '';
    this.#unfinished = options.groups.filter((group) => group.joins === null).length;
  }

  /** The leading group's segment: the one that is not extra to another. */
  get lead(): Span | null {
    return this.#current.get(this.#lead) ?? null;
  }

  now(): number {
    return nowMs();
  }

  sleepUntil(instantMs: number): Promise<void> {
    return sleepMs(instantMs - nowMs(), this.#options.signal);
  }

  aborted(): boolean {
    return this.#options.signal.aborted;
  }

  /** Samples go to every trial that is open. */
  collect(samples: readonly Sample[]): void {
    this.#steadiness.collect(samples);
    this.#conditions.collect(samples);
    for (const trial of this.#open.values()) trial.samples.push(...samples);
  }

  /** A second is over. */
  tick(): void {
    this.#conditions.tick();
    this.#steadiness.tick();
  }

  async begin(span: Span): Promise<number> {
    const { group, segment } = span;
    const { book, losses, onEvent, startMs } = this.#options;
    const before = this.#current.get(group)?.segment;
    this.#current.set(group, span);
    // Plateaus may begin a group, and follow each other.
    if (before === undefined || before.measure || ['join', 'ramp', 'drain'].includes(segment.phase)) {
      book.beginStep(group);
      this.#conditions.begin(group, segment);
      this.#steps.set(group, { phases: [], settled: undefined, hostsLostBefore: losses.hosts });
    }
    const { phase, step, level } = segment;
    onEvent({ t: Math.round(nowMs() - startMs), event: 'phase', group, phase, step, level });
    if (segment.phase === 'join') this.#sessions.again(group, span.startMs, segment.peers);
    for (const change of segment.changes) this.#change(span, change);
    const played = this.#groups.get(group);
    if (segment.sessions !== null && played !== undefined)
      this.#sessions.play(played, segment.sessions, span.startMs);
    if (!segment.measure) return span.startMs;
    this.#conditions.measure(group);
    const opening = await this.#options.sweep('opening');
    this.#open.set(group, {
      opening,
      samples: [],
      moves: book.moves,
      arrivals: this.#sessions.arrivals(group),
    });
    return nowMs();
  }

  async joined({ group }: Span): Promise<void> {
    await this.#sessions.joined(group);
  }

  async settled(span: Span): Promise<void> {
    const settled = await this.#steadiness.settled(span);
    const step = this.#steps.get(span.group);
    if (step !== undefined) step.settled = settled;
  }

  async decided(span: Span, instantMs: number): Promise<void> {
    const samples = this.#open.get(span.group)?.samples ?? [];
    const isUnsettled = this.#steps.get(span.group)?.settled?.settled === false;
    await this.#steadiness.decided(span, instantMs, { samples, isUnsettled });
  }

  async idle(span: Span): Promise<void> {
    await this.#steadiness.idle(span);
  }

  async ended({ group, segment: { until }, startMs }: Span): Promise<void> {
    if (until.kind === 'ended') await this.#sessions.ended(group, startMs + until.afterMs, until.graceMs);
  }

  /** What a bot was asked to do in that turn is over. */
  free(spec: BotSpec, turn: number, atMs: number): void {
    this.#sessions.free(spec, turn, atMs);
  }

  /** Bots whose host died. */
  lost(specs: readonly BotSpec[]): void {
    for (const spec of specs) this.#sessions.lost(spec);
  }

  async end(span: Span): Promise<Outcome> {
    const { group, segment } = span;
    const { book, startMs } = this.#options;
    const step = this.#steps.get(group);
    step?.phases.push({
      phase: segment.phase,
      startMs: Math.round(span.startMs - startMs),
      endMs: Math.round(nowMs() - startMs),
    });
    if (['join', 'ramp'].includes(segment.phase) || !this.#begun.has(group)) this.#firstJoins();
    this.#begun.add(group);
    const open = this.#open.get(group);
    const trial = open === undefined || step === undefined ? null : await this.#measure(span, open, step);
    return {
      connected: book.connected(group),
      failed: book.joinsOfStep(group).failed,
      trial,
      elapsedMs: nowMs() - span.startMs,
      disturbed: trial?.disturbed ?? this.#conditions.isDisturbed(group),
    };
  }

  /** A group that ends before the others takes its peers out; what is left at the end stays for the drain. */
  finished(group: string): void {
    if (this.#groups.get(group)?.joins === null) this.#unfinished -= 1;
    if (this.#unfinished === 0 || this.aborted()) return;
    // What others do from now on is no step of this one's.
    this.#current.delete(group);
    for (const spec of this.#options.book.there(group)) {
      this.#sessions.leave(spec.id, nowMs(), 0);
      this.#options.book.takeOut(spec.id);
    }
  }

  /** A target that lets nobody in has nothing that could be measured. */
  #firstJoins(): void {
    const { book, onNobodyJoined } = this.#options;
    if (book.joined === 0 && book.lastRefusal !== null && !this.aborted()) onNobodyJoined(book.lastRefusal);
  }

  #change({ group, startMs }: Span, { kind, peer, offsetMs, graceMs }: Change): void {
    const { specOf, book } = this.#options;
    const spec = specOf(group, peer);
    if (kind === 'join') return this.#sessions.join(spec, startMs + offsetMs);
    this.#sessions.leave(spec.id, startMs + offsetMs, graceMs);
    book.takeOut(spec.id);
  }

  async #measure(span: Span, open: OpenTrial, step: GroupStep): Promise<TrialRecord | null> {
    const { book, sweep, expectedConsumers, losses, limits, generatorCores, onTrial } = this.#options;
    const isCut = this.#options.isCut();
    const isDisturbed = this.#conditions.isDisturbed(span.group);
    this.#open.delete(span.group);
    const closing = await sweep('closing');
    if (open.opening === null || closing === null) return null;
    const workers = Math.max(1, closing.workers?.length ?? 1);
    const workerCores = Math.min(workers, this.#options.sfuCores ?? workers);
    const group = this.#groups.get(span.group);
    const asked = book.asked();
    const isMoving = book.moves !== open.moves;
    const askedConsumers = expectedConsumers(book.able());
    const joins = book.joinsOfStep(span.group);
    const arrivals = this.#sessions.arrivals(span.group);
    const figures = trialFigures({
      opening: open.opening,
      closing,
      samples: open.samples,
      joinMs: joins.joinMs,
      firstMediaMs: joins.firstMediaMs,
      firstFrameMs: joins.firstFrameMs,
      joinsFailed: joins.failed,
      ...this.#conditions.of(span.group),
      askedConsumers: isMoving ? null : askedConsumers,
    });
    const classified = classify(figures, {
      // Who is on the way in is not missing.
      askedPeers: asked.length - book.pending().length,
      connectedPeers: book.connected(),
      limits,
      generatorCores,
      workerCores,
      // A stream's first second has fewer frames; where streams come and go, their windows speak.
      sourceFps: isMoving ? null : cameraFps(this.#options.groups),
      hostsLost: losses.hosts - step.hostsLostBefore,
      botsCrashed: book.crashed(),
      joinsAsked: joins.joinMs.length + joins.failed,
      joinsFailed: joins.failed - joins.failedHere,
      joinsFailedHere: joins.failedHere,
      sessionsDropped: isMoving ? joins.dropped : 0,
      arrivals: arrivals === null ? null : arrivalsSince(open.arrivals, arrivals),
      workersLost: losses.workers,
      isDisturbed,
      isCut,
    });
    const judged = classifySettled(classified, step.settled, open.samples, limits);
    const { state, reasons, remedies, isOutside } = judged;
    const trial: TrialRecord = {
      group: span.group,
      step: span.segment.step,
      level: span.segment.level,
      levelUnit: group === undefined ? 'peers' : levelUnitOf(group),
      state,
      reasons,
      ...(remedies === undefined ? {} : { remedies }),
      settled: step.settled?.settled ?? null,
      ...(isDisturbed || (isOutside === true && this.#conditions.isSearching(span.group))
        ? { disturbed: true }
        : {}),
      ...(isCut ? { cut: true } : {}),
      phases: [...step.phases],
      asked: { peers: asked.length, consumers: askedConsumers },
      figures,
    };
    onTrial(trial, isMoving ? null : reception(open.opening, closing, askedConsumers));
    return trial;
  }
}
