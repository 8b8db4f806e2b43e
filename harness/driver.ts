/**
 * Turns the scheduler's segments into joins and leaves of the fleet, and measured segments into trials: a sweep at
 * both ends of the hold, the samples between them, figures, and a state.
 */
import type { BotSpec } from '../bots/bot.ts';
import { classify } from '../reports/analysis/classify.ts';
import { trialFigures } from '../reports/analysis/figures.ts';
import { type Reception, reception, type Sweep } from '../reports/analysis/sweep.ts';
import { nowMs, sleepMs } from './clock.ts';
import type { Outcome } from './executors/executor.ts';
import type { PeerBook } from './peers.ts';
import type { EventLine, Sample, TrialPhase, TrialRecord } from './record.ts';
import type { Group } from './scenario.ts';
import type { Driver, Span } from './schedule.ts';

/** What the driver needs of the run around it. */
export interface DriverOptions {
  readonly startMs: number;
  readonly groups: readonly Group[];
  readonly specOf: (group: string, peer: number) => BotSpec;
  readonly book: PeerBook;
  readonly join: (bot: string, dueMs: number) => void;
  readonly leave: (bot: string, dueMs: number) => void;
  readonly sweep: (edge: 'opening' | 'closing') => Promise<Sweep>;
  readonly expectedConsumers: (asked: readonly BotSpec[]) => number;
  readonly generatorCores: number;
  readonly losses: Readonly<Losses>;
  /** Ends the load early. */
  readonly signal: AbortSignal;
  /** Whether it was the user who ended it. */
  readonly interrupted: () => boolean;
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
  readonly opening: Sweep;
  readonly samples: Sample[];
}

/** How long past its deadline a join may stay without a word from its host. */
const silenceMs = 3_000;

export class LoadDriver implements Driver {
  readonly #options: DriverOptions;
  readonly #groups: ReadonlyMap<string, Group>;
  readonly #lead: string;
  readonly #open = new Map<string, OpenTrial>();
  readonly #phases = new Map<string, TrialPhase[]>();
  readonly #current = new Map<string, Span>();
  /** Groups that others do not depend on: an extra group ends with the one it joins. */
  #unfinished: number;

  constructor(options: DriverOptions) {
    this.#options = options;
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
    for (const trial of this.#open.values()) trial.samples.push(...samples);
  }

  async begin(span: Span): Promise<number> {
    const { group, segment } = span;
    const { book, onEvent, startMs } = this.#options;
    this.#current.set(group, span);
    if (segment.phase === 'join' || segment.phase === 'ramp') {
      book.beginStep(group);
      this.#phases.set(group, []);
    }
    onEvent({
      t: Math.round(nowMs() - startMs),
      event: 'phase',
      group,
      phase: segment.phase,
      step: segment.step,
      level: segment.level,
    });
    for (const change of segment.changes) this.#change(span, change.kind, change.peer, change.offsetMs);
    if (!segment.measure) return span.startMs;
    const opening = await this.#options.sweep('opening');
    this.#open.set(group, { opening, samples: [] });
    return nowMs();
  }

  async joined(span: Span): Promise<void> {
    const { book, signal } = this.#options;
    const deadline = book.deadlineMs(span.group) + silenceMs;
    const wake = new AbortController();
    const quiet = AbortSignal.any([signal, wake.signal]);
    await Promise.race([book.settled(span.group), sleepMs(deadline - nowMs(), quiet)]);
    wake.abort();
    if (!signal.aborted) book.lose(book.pending(span.group));
  }

  async end(span: Span): Promise<Outcome> {
    const { group, segment } = span;
    const { book, startMs } = this.#options;
    const phases = this.#phases.get(group) ?? [];
    phases.push({
      phase: segment.phase,
      startMs: Math.round(span.startMs - startMs),
      endMs: Math.round(nowMs() - startMs),
    });
    this.#phases.set(group, phases);
    if (segment.phase === 'join') this.#firstJoins();
    const open = this.#open.get(group);
    if (open !== undefined) await this.#measure(span, open, phases);
    return { connected: book.connected(group), failed: book.joinsOfStep(group).failed };
  }

  /** A group that ends before the others takes its peers out; what is left at the end stays for the drain. */
  finished(group: string): void {
    if (this.#groups.get(group)?.joins === null) this.#unfinished -= 1;
    if (this.#unfinished === 0 || this.aborted()) return;
    for (const spec of this.#options.book.asked(group)) {
      this.#options.leave(spec.id, nowMs());
      this.#options.book.takeOut(spec.id);
    }
  }

  /** A target that lets nobody in has nothing that could be measured. */
  #firstJoins(): void {
    const { book, onNobodyJoined } = this.#options;
    if (book.joined === 0 && book.lastRefusal !== null && !this.aborted()) onNobodyJoined(book.lastRefusal);
  }

  #change(span: Span, kind: 'join' | 'leave', peer: number, offsetMs: number): void {
    const { specOf, book, join, leave } = this.#options;
    const spec = specOf(span.group, peer);
    const dueMs = span.startMs + offsetMs;
    if (kind === 'join') {
      book.ask(spec, dueMs);
      join(spec.id, dueMs);
    } else {
      leave(spec.id, dueMs);
      book.takeOut(spec.id);
    }
  }

  async #measure(span: Span, open: OpenTrial, phases: readonly TrialPhase[]): Promise<void> {
    const { book, sweep, expectedConsumers, losses, generatorCores, onTrial } = this.#options;
    const interrupted = this.#options.interrupted();
    this.#open.delete(span.group);
    const closing = await sweep('closing');
    const group = this.#groups.get(span.group);
    const asked = book.asked();
    const askedConsumers = expectedConsumers(asked);
    const joins = book.joinsOfStep(span.group);
    const figures = trialFigures({
      opening: open.opening,
      closing,
      samples: open.samples,
      joinMs: joins.joinMs,
      firstMediaMs: joins.firstMediaMs,
      firstFrameMs: joins.firstFrameMs,
      joinsFailed: joins.failed,
      askedConsumers,
    });
    const { state, reasons } = classify(figures, {
      askedPeers: asked.length,
      connectedPeers: book.connected(),
      generatorCores,
      sourceFps: group?.media.video?.fps ?? null,
      hostsLost: losses.hosts,
      botsCrashed: book.crashed(),
      joinsFailed: joins.failed,
      workersLost: losses.workers,
      interrupted,
    });
    const trial: TrialRecord = {
      group: span.group,
      step: span.segment.step,
      level: span.segment.level,
      levelUnit: group?.shape.executor === 'staircase' ? group.shape.levelUnit : 'peers',
      state,
      reasons,
      phases: [...phases],
      asked: { peers: asked.length, consumers: askedConsumers },
      figures,
    };
    onTrial(trial, reception(open.opening, closing, askedConsumers));
  }
}
