/**
 * All bot hosts of a run. The fleet knows which host has which bot; the bots themselves live in the hosts. Peers of
 * one room may be spread over hosts: they meet on the target only.
 */
import type { BotKind, BotSpec } from '../bots/bot.ts';
import type { BotEvent, HostSettings, SyntheticHealth } from '../bots/messages.ts';
import type { BotStreamReading, GroupReading } from '../bots/readings.ts';
import type { ScriptReading } from '../bots/script/book.ts';
import { nowMs, sleepMs } from './clock.ts';
import { HostProcess } from './host-process.ts';

/** Hosts have bots of one kind: browsers shall not take turns with packets in one event loop. */
export interface HostPlan {
  readonly kind: BotKind;
  readonly settings: HostSettings;
  /** Leaves the core to others that want it: browsers are late by a frame, packets by their figures. */
  readonly yields: boolean;
}

export interface FleetOptions {
  readonly hosts: readonly HostPlan[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onEvent: (event: BotEvent, turn: number) => void;
  /** What a bot was asked to do in that turn is over: it can be asked to join again. */
  readonly onFree: (bot: BotSpec, turn: number, atMs: number) => void;
  /** What the scenario's functions measured; whether they gave too many sets of tags. */
  readonly onValues: (host: number, readings: readonly ScriptReading[], isFull: boolean) => void;
  readonly onHostDeath: (host: number, bots: readonly BotSpec[], message: string) => void;
}

export interface HostReading {
  readonly host: number;
  readonly pid: number;
  readonly groups: readonly GroupReading[];
  readonly streams: readonly BotStreamReading[];
  readonly loopLagMs: number | null;
  readonly lateLooks: readonly [number, number] | null;
  readonly synthetic: SyntheticHealth | null;
}

const startTimeoutMs = 20_000;
const closeGraceMs = 1_800;

export class Fleet {
  readonly #hosts: readonly HostProcess[];
  readonly #options: FleetOptions;
  readonly #kinds: readonly BotKind[];
  readonly #places = new Map<string, { readonly spec: BotSpec; readonly host: HostProcess }>();
  #next = 0;

  private constructor(hosts: readonly HostProcess[], options: FleetOptions) {
    this.#hosts = hosts;
    this.#options = options;
    this.#kinds = options.hosts.map(({ kind }) => kind);
  }

  static async create(options: FleetOptions): Promise<Fleet> {
    const hosts: HostProcess[] = [];
    const fleet = new Fleet(hosts, options);
    const starts = options.hosts.map(({ settings, yields }, index) =>
      HostProcess.create({
        index,
        settings,
        yields,
        env: options.env,
        startTimeoutMs,
        onEvent: options.onEvent,
        onFree: (bot, turn, atMs) => fleet.#free(bot, turn, atMs),
        onValues: (readings, isFull) => options.onValues(index, readings, isFull),
        onDeath: (message) => options.onHostDeath(index, fleet.#botsOf(index), message),
      }),
    );
    const settled = await Promise.allSettled(starts);
    for (const start of settled) if (start.status === 'fulfilled') hosts.push(start.value);
    const failure = settled.find((start) => start.status === 'rejected');
    if (failure !== undefined) {
      await fleet.close();
      throw failure.reason;
    }
    return fleet;
  }

  get pids(): readonly number[] {
    return this.#hosts.filter((host) => host.alive).map((host) => host.pid);
  }

  get hostsAlive(): number {
    return this.pids.length;
  }

  get browser(): string | null {
    return this.#hosts.find((host) => host.browser !== null)?.browser ?? null;
  }

  /** What carries and protects the packets of synthetic bots; null without any. */
  get packets(): string | null {
    return this.#hosts.find((host) => host.packets !== null)?.packets ?? null;
  }

  /** Launches what the bots need; returns the bots for which that failed, with the reason. */
  async prepare(
    specs: readonly BotSpec[],
    timeoutMs: number,
  ): Promise<readonly { readonly bot: string; readonly message: string }[]> {
    for (const spec of specs) {
      const same = this.#hosts.filter((host) => this.#kinds[host.index] === spec.kind);
      const living = same.filter(({ alive }) => alive);
      const fitting = living.length > 0 ? living : same;
      const host = fitting[this.#next % fitting.length];
      this.#next += 1;
      if (host !== undefined) this.#places.set(spec.id, { spec, host });
    }
    const answers = await Promise.all(
      this.#hosts.map(async (host) => {
        const bots = specs.filter((spec) => this.#places.get(spec.id)?.host === host);
        if (bots.length === 0) return [];
        const answer = await host.ask({ type: 'prepare', bots }, 'prepared', timeoutMs);
        return answer?.failed ?? bots.map(({ id }) => ({ bot: id, message: 'the bot host did not answer' }));
      }),
    );
    return answers.flat();
  }

  /** A bot whose host is gone fails to join when it is due. `turn`: how often it was asked before. */
  join(bot: string, dueMs: number, turn: number): void {
    const place = this.#places.get(bot);
    if (place?.host.alive !== false) return place?.host.send({ type: 'join', bot, dueMs, turn });
    void this.#failToJoin(place.spec, dueMs, turn);
  }

  /** Tells a bot to end its session, and takes it out of it so much later. */
  leave(bot: string, dueMs: number, graceMs: number): void {
    this.#places.get(bot)?.host.send({ type: 'leave', bot, dueMs, graceMs });
  }

  /** Hosts that do not answer in time are missing from the result. */
  async read(streams: boolean, timeoutMs: number): Promise<readonly HostReading[]> {
    const answers = await Promise.all(
      this.#hosts.map(async (host) => {
        const answer = await host.ask({ type: 'read', streams }, 'readings', timeoutMs);
        if (answer === null) return [];
        const { groups, loopLagMs, lateLooks, synthetic } = answer;
        const { index, pid } = host;
        return [{ host: index, pid, groups, streams: answer.streams ?? [], loopLagMs, lateLooks, synthetic }];
      }),
    );
    return answers.flat();
  }

  async stopPublishing(timeoutMs: number): Promise<void> {
    await Promise.all(
      this.#hosts.map((host) => host.ask({ type: 'stop-publishing' }, 'publishing-stopped', timeoutMs)),
    );
  }

  /** Everybody leaves and every host ends, in bounded time. Idempotent. */
  async close(graceMs = closeGraceMs): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.close(graceMs)));
  }

  async #failToJoin({ id: bot, group, kind }: BotSpec, dueMs: number, turn: number): Promise<void> {
    await sleepMs(dueMs - nowMs());
    const message = 'its bot host is gone';
    const failure = { event: 'join-failed', iteration: 0, dueMs, reason: 'crashed', message } as const;
    this.#options.onEvent({ bot, group, kind, atMs: nowMs(), ...failure }, turn);
    this.#free(bot, turn, nowMs());
  }

  #free(bot: string, turn: number, atMs: number): void {
    const place = this.#places.get(bot);
    if (place !== undefined) this.#options.onFree(place.spec, turn, atMs);
  }

  #botsOf(host: number): readonly BotSpec[] {
    return [...this.#places.values()].filter((place) => place.host.index === host).map((place) => place.spec);
  }
}
