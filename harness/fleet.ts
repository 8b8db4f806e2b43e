/**
 * All bot hosts of a run. The fleet knows which host has which bot; the bots themselves live in the hosts. Peers of
 * one room may be spread over hosts: they meet on the target only.
 */
import type { BotKind, BotSpec } from '../bots/bot.ts';
import type { BotEvent, HostSettings, SyntheticHealth } from '../bots/messages.ts';
import type { BotStreamReading, GroupReading } from '../bots/readings.ts';
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
  readonly onEvent: (event: BotEvent) => void;
  readonly onHostDeath: (host: number, bots: readonly BotSpec[], message: string) => void;
}

export interface HostReading {
  readonly host: number;
  readonly groups: readonly GroupReading[];
  readonly streams: readonly BotStreamReading[];
  readonly loopLagMs: number | null;
  readonly synthetic: SyntheticHealth | null;
}

const startTimeoutMs = 20_000;
const closeGraceMs = 1_800;

export class Fleet {
  readonly #hosts: readonly HostProcess[];
  readonly #kinds: readonly BotKind[];
  readonly #places = new Map<string, { readonly spec: BotSpec; readonly host: HostProcess }>();
  #next = 0;

  private constructor(hosts: readonly HostProcess[], kinds: readonly BotKind[]) {
    this.#hosts = hosts;
    this.#kinds = kinds;
  }

  static async create(options: FleetOptions): Promise<Fleet> {
    const hosts: HostProcess[] = [];
    const fleet = new Fleet(
      hosts,
      options.hosts.map(({ kind }) => kind),
    );
    const starts = options.hosts.map(({ settings, yields }, index) =>
      HostProcess.create({
        index,
        settings,
        yields,
        env: options.env,
        startTimeoutMs,
        onEvent: options.onEvent,
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
      const fitting = this.#hosts.filter((host) => this.#kinds[host.index] === spec.kind);
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

  join(bot: string, dueMs: number): void {
    this.#places.get(bot)?.host.send({ type: 'join', bot, dueMs });
  }

  leave(bot: string, dueMs: number): void {
    this.#places.get(bot)?.host.send({ type: 'leave', bot, dueMs });
  }

  /** Hosts that do not answer in time are missing from the result. */
  async read(streams: boolean, timeoutMs: number): Promise<readonly HostReading[]> {
    const answers = await Promise.all(
      this.#hosts.map(async (host) => {
        const answer = await host.ask({ type: 'read', streams }, 'readings', timeoutMs);
        if (answer === null) return [];
        const { groups, loopLagMs, synthetic } = answer;
        return [{ host: host.index, groups, streams: answer.streams ?? [], loopLagMs, synthetic }];
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

  #botsOf(host: number): readonly BotSpec[] {
    return [...this.#places.values()].filter((place) => place.host.index === host).map((place) => place.spec);
  }
}
