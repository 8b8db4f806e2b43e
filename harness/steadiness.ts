/**
 * What the scheduler waits for beside time: that a group's load has settled, and that the workers are idle and their
 * cores fast. Fed with the samples of all entities, and told when a second is over.
 */
import type { BotSpec } from '../bots/bot.ts';
import { isBadAlready } from '../reports/analysis/curtail.ts';
import {
  createSettling,
  promptSettling,
  type SettlingReading,
  settlingLimits,
} from '../reports/analysis/settling.ts';
import type { Settled } from '../reports/analysis/unsettled.ts';
import { nowMs, sleepMs } from './clock.ts';
import type { Conditions } from './conditions.ts';
import type { PeerBook } from './peers.ts';
import type { Sample, TrialLimits } from './record.ts';
import type { Span } from './schedule.ts';

/** Below that all workers together have nothing to do. */
const idleCpuCores = 0.05;
/** Seconds in succession. */
const idleReadings = 2;
/** Until a core that is slowed shows: it may be what a trial is bad by. */
const badReadings = 3;

export interface SteadinessOptions {
  readonly book: PeerBook;
  /** Whether the target tells of its workers. */
  readonly hasControl: boolean;
  readonly signal: AbortSignal;
  readonly conditions: Pick<Conditions, 'isDisturbed' | 'wouldDisturb'>;
  readonly expectedConsumers: (asked: readonly BotSpec[]) => number;
  readonly limits: TrialLimits;
}

export interface HoldInProgress {
  /** More of them come. */
  readonly samples: readonly Sample[];
  /** The wait for a steady load was given up. */
  readonly isUnsettled: boolean;
}

/** One second, over all workers and bots. */
type Second = Omit<SettlingReading, 'peers'>;

export class Steadiness {
  readonly #received = new Map<string, { readonly packets: number; readonly atMs: number }>();
  readonly #options: SteadinessOptions;
  readonly #watchers = new Set<(second: Second) => void>();
  #cpuCores: (number | null)[] = [];
  #packetRates: (number | null)[] = [];

  constructor(options: SteadinessOptions) {
    this.#options = options;
  }

  /** Any number of times a second. */
  collect(samples: readonly Sample[]): void {
    for (const { e, t, v } of samples) {
      const cpu = v['worker_cpu_cores'];
      if (cpu !== undefined) this.#cpuCores.push(typeof cpu === 'number' ? cpu : null);
      const packets = v['rtp_packets_received_total'];
      if (typeof packets === 'number') this.#packetRates.push(this.#rate(e, t, packets));
    }
  }

  /** A second is over: what did not come in it is missing. */
  tick(): void {
    const second = { cpuCores: sum(this.#cpuCores), packetsPerSecond: sum(this.#packetRates) };
    this.#cpuCores = [];
    this.#packetRates = [];
    for (const watch of this.#watchers) watch(second);
  }

  /** Resolves when the group's load has settled, or the time for that is over. */
  async settled(span: Span): Promise<Settled> {
    const { book, hasControl, conditions } = this.#options;
    const { group } = span;
    const peers = book.asked(group).length;
    // Nobody who is lost comes back, and what was disturbed has to be done again.
    const isPointless = (): boolean => book.lost(group) > 0 || conditions.isDisturbed(group);
    if (isPointless()) return { settled: false, unsteady: ['peers'] };
    const limits = book.asked().every(isSteadyFromTheFirst) ? promptSettling : settlingLimits;
    const settling = createSettling({ peers, measured: { cpu: hasControl, packets: true } }, limits);
    let settled = false;
    await this.#watch(limitOf(span), (second) => {
      settled = settling.add({ ...second, peers: book.connected(group) });
      return settled || isPointless();
    });
    return { settled, unsteady: settled ? [] : settling.unsteady() };
  }

  /** Resolves when the workers have nothing to do, and cores as fast as ever to do it, or the time for that is over. */
  async idle(span: Span): Promise<void> {
    const { conditions } = this.#options;
    let readings = 0;
    await this.#watch(limitOf(span), ({ cpuCores }) => {
      readings = cpuCores !== null && cpuCores < idleCpuCores ? readings + 1 : 0;
      return readings >= idleReadings && !conditions.wouldDisturb(span.group);
    });
  }

  /** Resolves at the instant, or before it where the trial is bad already, or has to be done again. */
  async decided({ group }: Span, instantMs: number, { samples, isUnsettled }: HoldInProgress): Promise<void> {
    const { book, conditions, expectedConsumers, limits } = this.#options;
    const consumers = expectedConsumers(book.able());
    const beganMs = nowMs();
    const holdMs = instantMs - beganMs;
    let readings = 0;
    await this.#watch(instantMs, () => {
      const heldMs = nowMs() - beganMs;
      // A peer that is lost does not come back: whoever is to blame, longer would say the same.
      const isOver =
        book.lost(group) > 0 || isBadAlready(samples, { consumers, holdMs, heldMs, isUnsettled }, limits);
      readings = isOver ? readings + 1 : 0;
      return readings >= badReadings || conditions.isDisturbed(group);
    });
  }

  /** Resolves when it is so, at the instant, or at the end of the load. */
  async #watch(instantMs: number, isSo: (second: Second) => boolean): Promise<void> {
    const so = new AbortController();
    const watch = (second: Second): void => {
      if (isSo(second)) so.abort();
    };
    this.#watchers.add(watch);
    await sleepMs(instantMs - nowMs(), AbortSignal.any([this.#options.signal, so.signal]));
    this.#watchers.delete(watch);
  }

  /** Null in the first second of an entity. */
  #rate(entity: string, atMs: number, packets: number): number | null {
    const before = this.#received.get(entity);
    this.#received.set(entity, { packets, atMs });
    if (before === undefined || atMs <= before.atMs) return null;
    return ((packets - before.packets) / (atMs - before.atMs)) * 1_000;
  }
}

/** A browser's encoder and the choice among layers take seconds to find their size; a single synthetic stream has it at once. */
function isSteadyFromTheFirst({ kind, publish: { video } }: BotSpec): boolean {
  return kind === 'synthetic' && (video?.layers ?? 1) === 1;
}

function limitOf({ segment: { until }, startMs }: Span): number {
  return startMs + ('limitMs' in until ? until.limitMs : 0);
}

function sum(values: readonly (number | null)[]): number | null {
  if (values.length === 0) return null;
  return values.reduce<number | null>(
    (total, value) => (total === null || value === null ? null : total + value),
    0,
  );
}
