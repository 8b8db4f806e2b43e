/** What a run is judged by: its thresholds, and the readings that only thresholds and samples have, no probe. */
import type { BotEvent } from '../bots/messages.ts';
import type { Reception } from '../reports/analysis/sweep.ts';
import type { ThresholdResult } from '../reports/analysis/thresholds/evaluate.ts';
import { SessionTally } from '../reports/analysis/thresholds/sessions.ts';
import { ThresholdWatch } from '../reports/analysis/thresholds/watch.ts';
import type { Sample, ThresholdRecord, TrialRecord } from './record.ts';
import type { Group, Scenario } from './scenario.ts';

export class Judge {
  readonly #watch: ThresholdWatch;
  readonly #sessions = new SessionTally();
  /** Cumulative, by group, as every rate is. */
  readonly #delivered = new Map<string, readonly [received: number, due: number]>();
  #aborting: ThresholdResult | null = null;
  #resting = false;

  constructor({ thresholds, tags, groups }: Pick<Scenario, 'thresholds' | 'tags' | 'groups'>) {
    const scenarios = Object.fromEntries(groups.map((group) => [group.name, group.tags]));
    this.#watch = new ThresholdWatch(thresholds, { run: tags, scenarios });
  }

  receive(event: BotEvent): void {
    this.#sessions.receive(event);
  }

  /** Sessions were due that no VU was free for. */
  drop({ name, bot }: Pick<Group, 'name' | 'bot'>, sessions: number): void {
    this.#sessions.drop(name, bot, sessions);
  }

  take(samples: readonly Sample[]): void {
    if (!this.#resting) this.#watch.take(samples);
  }

  /** What the scenario measured by itself counts to the end: it says what it means to say. */
  takeOwn(samples: readonly Sample[]): void {
    this.#watch.take(samples);
  }

  /** The load is over: what is read while bots fall silent says nothing about the SFU. */
  rest(): void {
    this.#resting = true;
  }

  /** What joins and sessions came to since the last call. */
  sessions(t: number, s: number | null): readonly Sample[] {
    return this.#sessions.drain(Math.round(t), s);
  }

  /** What only a whole trial says. */
  trial(t: number, trial: TrialRecord, packets: Reception | null): Sample {
    const [received, due] = this.#delivered.get(trial.group) ?? [0, 0];
    const delivered = [received + (packets?.received ?? 0), due + (packets?.due ?? 0)] as const;
    this.#delivered.set(trial.group, delivered);
    return {
      t: Math.round(t),
      e: `trial:${trial.group}`,
      s: trial.step,
      v: {
        delivery_ratio: packets === null ? null : delivered,
        worker_us_per_packet: trial.figures.workerUsPerPacket,
      },
    };
  }

  /**
   * Whether a threshold wants the run to end now: its words, once.
   * @param atMs since the start of the load
   */
  abort(atMs: number): string | null {
    if (this.#resting || this.#aborting !== null) return null;
    const { abort } = this.#watch.look(atMs);
    if (abort === null) return null;
    this.#aborting = abort;
    const { metric, expression } = abort.threshold;
    return `threshold ${metric}: ${expression} failed with ${abort.observed}, and ends the run (abortOnFail)`;
  }

  results(): readonly ThresholdRecord[] {
    const { results } = this.#watch.look(Number.POSITIVE_INFINITY);
    // What ended the run has failed, whatever the rest of its values would make of it.
    const aborting = this.#aborting;
    const last = results.map((result) => (result.threshold === aborting?.threshold ? aborting : result));
    return last.map((result) => ({
      metric: result.threshold.metric,
      expression: result.threshold.expression,
      state: result.state,
      observed: result.observed,
      reason: result.state === 'inconclusive' ? result.reason : null,
      aborted: result === aborting,
    }));
  }
}
